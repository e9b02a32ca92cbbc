"""Which transcriptions of voicemails read as English that somebody said."""

from __future__ import annotations

import pytest

from classifier.text.plain_english import reads_as_english


@pytest.mark.parametrize(
    "text",
    [
        "calling about the colonoscopy prep, I lost the paper",
        "hi it's Ruth I'm calling because I misplaced the sheet for my MRI",
        "the pharmacy said they never got it, could you call them",
        "I left my glasses at your office on Monday",
        "Hello, my daughter has a question about the form that you gave us",
        "returning your call about my husband's knee brace, it is still too big",
        "Hi it's Dan again, never mind the Christmas question, thank you",
        "never mind, thank you",
        "this is Rosa Diaz again, no need to call me back",
        "disregard my last message, thanks",
    ],
)
def test_what_somebody_said_reads_as_english(text: str) -> None:
    assert reads_as_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "see when us tardes key arrow sub air see are set on new s pass ee n tays",
        "Oh la many yamo rosa key air oh una seat a para may ania",
        "bueno star days a blah Carlos me do well a la rod e ya",
        "Grassy us por favor yam a may a less same arrow",
        "Me duele mucho la muela y quiero una cita",
        "Hello this is Maria key arrow oh una seat a para may ania, thank you",
        "Oh la so pattern tell a four no mass ten go un dolor and el pet show this day a year no pway doe thank you",
        "thank you",
        "okay",
        "",
    ],
)
def test_what_nobody_said_does_not(text: str) -> None:
    assert not reads_as_english(text)
