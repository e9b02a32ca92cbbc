"""A message is cut where it may turn to something else, and never into parts too short to say anything."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.text.message_parts import LEAST_WORDS, MOST_PARTS, split_parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "Can you move my cleaning to the week after? The last statement lists two X-rays, I had one.",
            ["Can you move my cleaning to the week after?", "The last statement lists two X-rays, I had one."],
        ),
        (
            "hi i need to move my tuesday visit to friday and also what is this bill you sent me",
            ["hi i need to move my tuesday visit to friday", "and also what is this bill you sent me"],
        ),
        (
            "Necesito cambiar mi cita del viernes por la tarde y quería saber por qué me llegó una factura",
            ["Necesito cambiar mi cita del viernes por la tarde", "y quería saber por qué me llegó una factura"],
        ),
        (
            "please cancel my visit on the third\nmy son needs his shot record for camp",
            ["please cancel my visit on the third", "my son needs his shot record for camp"],
        ),
    ],
    ids=["sentences", "a turn without a period", "Spanish", "lines"],
)
def test_a_message_is_cut_into_sentences_and_clauses(text: str, parts: list[str]) -> None:
    assert split_parts(text) == parts


def test_a_short_part_belongs_to_the_next_and_the_last_to_the_one_before() -> None:
    text = "Hi there. Can I come in on Monday at nine? My back is much better since Tuesday. Thanks!"

    assert split_parts(text) == [
        "Hi there. Can I come in on Monday at nine?",
        "My back is much better since Tuesday. Thanks!",
    ]


@pytest.mark.parametrize("text", ["Can I come in on Monday at nine?", "Hi. Monday? Thanks.", "ok"])
def test_a_message_of_one_sentence_is_one_part(text: str) -> None:
    assert split_parts(text) == [text]


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_a_message_of_nothing_has_no_part(text: str) -> None:
    assert split_parts(text) == []


@given(st.lists(st.sampled_from(["my", "bill.", "and", "also", "\n", "but", "pain?", ",", "so"]), max_size=300))
def test_no_word_is_lost_and_no_part_is_too_short_or_one_too_many(words: list[str]) -> None:
    text = " ".join(words)
    parts = split_parts(text)

    assert re.findall(r"\w+", " ".join(parts)) == re.findall(r"\w+", text)
    assert len(parts) <= MOST_PARTS
    assert len(parts) == 1 or all(len(part.split()) >= LEAST_WORDS for part in parts) or not parts


@pytest.mark.parametrize("text", [" " * 50_000, ". " * 25_000, "and also " * 5_000, ' -"' * 16_000, "." + '"' * 50_000])
def test_a_strangers_text_keeps_no_worker_busy(text: str) -> None:
    started = time.process_time()
    split_parts(text)
    assert time.process_time() - started < 1
