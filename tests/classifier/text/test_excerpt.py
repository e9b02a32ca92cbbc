"""However long and hostile a text is, the work that it makes is bounded, and no danger in it goes unnoticed."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier import Classifier
from classifier.text.excerpt import FIRST, LAST, MOST_WINDOWS, SIGNED, choose_windows
from classifier.text.normalise import flattened, without_accents
from classifier.text.shortening import MOST_CHARACTERS, shorten_text
from intake.vocabulary import DangerKind, Disposition, TriageLevel
from tests.classifier import tiny_model
from tests.classifier.hostile import HOSTILE_TEXTS

LENGTH, OVERLAP = 10, 2
# Letters that the tiny model does not know are all the same to it, so that these need words that it does.
WORDS = ("new", "question", "book", "bill", "rude", "filler")
POSSIBLE = "my chest feels tight"
CERTAIN = "i cant breathe"


class CountingSession:
    """The network, counting the windows that it is given."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.windows = 0

    def run(self, outputs: Sequence[str], inputs: Mapping[str, NDArray[np.int64]]) -> Any:
        """Runs the network."""
        self.windows += len(inputs["input_ids"])
        return self._real.run(outputs, inputs)


@pytest.fixture(scope="module")
def counted(classifier: Classifier) -> tuple[Classifier, CountingSession]:
    """The shipped model, and what counts its work."""
    session = CountingSession(classifier._session)
    return Classifier(classifier.info, session, classifier._tokenizer), session


def random_text(length: int, alphabet: Sequence[str]) -> str:
    return "".join(random.Random(7).choices(alphabet, k=length))


FLOODS = {
    "random characters": random_text(8000, string.printable),
    "random letters": random_text(8000, f"{string.ascii_lowercase}  "),
    "one word": random_text(8000, string.ascii_lowercase),
    "a repeated character": "a" * 8000,
    "spaces": " \t\n\u00a0" * 2000,
    "emoji": random_text(8000, [chr(code) for code in range(0x1F300, 0x1F600)]),
    "mixed scripts": random_text(8000, "aжعあ中אé "),
    "ligatures that grow": "\ufdfa" * 8000,
    "an email of random characters": random_text(50_000, string.printable),
}


@pytest.mark.parametrize("name", FLOODS)
def test_no_text_makes_the_network_read_more_than_six_windows(
    counted: tuple[Classifier, CountingSession], name: str
) -> None:
    classifier, session = counted
    session.windows = 0

    [understood] = classifier.classify([FLOODS[name]])

    assert session.windows <= MOST_WINDOWS == 6
    assert understood.disposition in (Disposition.REVIEW, Disposition.OUT_OF_SCOPE)


def test_a_text_of_which_only_part_is_read_goes_to_a_person(counted: tuple[Classifier, CountingSession]) -> None:
    long, short = counted[0].classify([FLOODS["random letters"], "How much is a cleaning?"])

    assert (long.partly_read, long.disposition) == (True, Disposition.REVIEW)
    assert not short.partly_read


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_no_text_is_screened_beyond_fifty_thousand_characters(text: str) -> None:
    shown, is_whole = shorten_text(text)

    assert len(shown) <= MOST_CHARACTERS + 3
    assert is_whole or (shown[:1000] == text[:1000] and shown[-1000:] == text[-1000:])


def test_a_flood_of_spaces_hides_nothing() -> None:
    assert shorten_text(f"{' ' * 100_000}help{chr(10) * 100_000}me") == (" help me", True)


def test_marks_in_a_row_are_sorted_a_thousand_at_a_time() -> None:
    # Sorting all of them at once takes seconds: it moves each of the second kind past each of the first.
    marks = "\u0301\u0316" * 10_000

    assert flattened(f"e{marks}").count("\u0316\u0301") < 20 * 2
    assert without_accents(f"e{marks} est\u00e1") == "e esta"


# ---- which windows


def chosen_starts(count: int, signed: Sequence[int] = ()) -> list[int]:
    read = choose_windows(range(count), LENGTH, OVERLAP, lambda start, _end: start in signed)
    return sorted(window[0] for window in read.windows)


def test_the_first_and_the_last_windows_are_read() -> None:
    assert chosen_starts(200) == [0, 8, 184, 190]


def test_windows_with_a_possible_danger_are_read_too() -> None:
    assert chosen_starts(200, signed=[80, 104]) == [0, 8, 80, 104, 184, 190]


def test_a_text_of_six_windows_is_read_whole() -> None:
    read = choose_windows(range(LENGTH + 5 * (LENGTH - OVERLAP)), LENGTH, OVERLAP, None)

    assert read.is_whole
    assert len(read.windows) == MOST_WINDOWS


def test_a_danger_in_a_window_too_many_is_reported() -> None:
    two = choose_windows(range(200), LENGTH, OVERLAP, lambda start, _end: start in (80, 104))
    three = choose_windows(range(200), LENGTH, OVERLAP, lambda start, _end: start in (80, 104, 120))

    assert (two.is_whole, two.has_unread_sign) == (False, False)
    assert (len(three.windows), three.has_unread_sign) == (FIRST + LAST + SIGNED, True)


def test_looking_for_dangers_ends_with_the_one_too_many() -> None:
    asked: list[int] = []

    def has_sign(start: int, _end: int) -> bool:
        asked.append(start)
        return True

    choose_windows(range(10_000), LENGTH, OVERLAP, has_sign)

    assert len(asked) == SIGNED + 1


# ---- what it means


def long_text(middle: str) -> str:
    """A text of many windows with something in its middle."""
    words = random.Random(3).choices(WORDS, k=400)
    return " ".join([*words[:200], ".", middle, ".", *words[200:]])


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The tiny model with every column, which agrees to a possible danger only if it sees one, too."""
    english = tiny_model.KNOWING_ENGLISH | {"emergency_with_sign": 0.3}
    return Classifier.load(tiny_model.write_knowing(tmp_path_factory.mktemp("knowing"), languages={"en": english}))


def test_a_certain_sign_anywhere_in_a_long_text_is_an_emergency(knowing: Classifier) -> None:
    [understood] = knowing.classify([long_text(CERTAIN)])

    assert understood.partly_read
    assert (understood.triage, understood.danger) == (TriageLevel.EMERGENCY, DangerKind.OTHER)


def test_the_network_is_asked_about_a_possible_danger_in_the_middle(knowing: Classifier) -> None:
    agreed, denied = knowing.classify([long_text(f"now {POSSIBLE}"), long_text(POSSIBLE)])

    assert agreed.triage is TriageLevel.EMERGENCY
    assert denied.triage is TriageLevel.ROUTINE


def test_possible_dangers_that_the_network_is_not_asked_about_are_an_emergency(knowing: Classifier) -> None:
    [understood] = knowing.classify([" ".join(long_text(POSSIBLE) for _ in range(SIGNED + 3))])

    assert understood.triage is TriageLevel.EMERGENCY
