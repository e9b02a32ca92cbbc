from __future__ import annotations

from training.generation.duplicates import distinct_indices

BILL = "I got a bill for {amount} for my visit on {date} but my insurance should have covered it"
PAIN = "my tooth hurts when I drink something cold, do I need to come in"
MOVE = "can we move my cleaning to next week, something came up at work"


def test_the_same_words_count_once_however_they_are_spaced_and_capitalised() -> None:
    assert distinct_indices([BILL, PAIN, BILL.upper(), f"  {PAIN.replace(' ', '  ')} "], 1.0) == [0, 1]


def test_nearly_the_same_words_count_once_and_the_first_is_kept() -> None:
    assert distinct_indices([PAIN, BILL, BILL.replace("visit", "visits") + "!", MOVE], 0.85) == [0, 1, 3]


def test_other_words_are_kept() -> None:
    assert distinct_indices([BILL, PAIN, MOVE], 0.85) == [0, 1, 2]


def test_what_is_like_a_message_left_out_is_kept_if_it_is_not_like_one_kept() -> None:
    first, second, third = (" ".join(f"word{n}" for n in range(start, start + 20)) for start in (0, 4, 8))
    assert distinct_indices([first, second], 0.7) == [0]
    assert distinct_indices([second, third], 0.7) == [0]
    assert distinct_indices([first, second, third], 0.7) == [0, 2]


def test_nothing_and_one_are_no_duplicates() -> None:
    assert distinct_indices([], 0.85) == []
    assert distinct_indices([BILL], 0.85) == [0]
