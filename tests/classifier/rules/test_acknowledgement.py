"""An acknowledgement gets no answer and is shown to nobody, so nothing else may be taken for one."""

from __future__ import annotations

import pytest

from classifier.rules.acknowledgement import is_acknowledgement
from tests.classifier import corpus
from tests.classifier.hostile import HOSTILE_TEXTS


@pytest.mark.parametrize(
    "text",
    [
        "ok thx",
        "👍",
        "👍🏽👍🏽",
        "❤️",
        "See you then",
        "see you tuesday at 3pm!",
        "got it, thank you so much!",
        "THANKS!!!",
        "Thank you, Maria",
        "Thanks Dr. Patel",
        "ok great, ty 😊",
        "Mil gracias, me salvan la vida con esto",
        "ok gracias, feliz navidad a todos, que Dios los cuide",
        "thanks and merry christmas everyone",
        "Received, with thanks",
        "perfect. see you tomorrow",
        "no worries, all good",
        "nope that's it, thanks",
        "I got the forms, thank you",
        'Liked "Your visit is confirmed"',
        "Thanks for your help!\n\nSent from my iPhone",
        "Thanks -- Maria Lopez, (202) 555-0123",
        "Great, you too, have a good weekend",
        "Thanks Nurse Tammy, see you then",
        "ok thanks - José O'Brien",
        "Thank you Maria Lopez. See you Tuesday",
    ],
)
def test_thanks_agreement_and_leave_taking_need_no_answer(text: str) -> None:
    assert is_acknowledgement(text)


@pytest.mark.parametrize(
    "text",
    [
        # More is said than thanks.
        "ok thanks but it still hurts",
        "Thanks. Bleeding",
        "Thanks. Chest pain",
        "thanks, running late",
        "got it, also I need a refill",
        "ok cancel it",
        "gracias por todo, que Dios los cuide",
        "que Dios los bendiga a todos",
        "mil gracias pero sigue con fiebre",
        "OK Cancel",
        "thanks! call me",
        "Thank You Please Help",
        "Thanks, Help Me",
        "ok thanks - Dying",
        "Thank you, Dizzy",
        "Thanks Bleeding",
        "Thanks Tammy Collapsed",
        "Thanks - Maria Seizing, 202-555-0123",
        "Thanks Dr Please Hurry",
        "Hi Blood. ok",
        # An answer to a question of ours.
        "yes",
        "no",
        "yes please",
        "no thanks",
        "Y",
        "C",
        "1",
        "sure",
        "yep 2pm works",
        # A question.
        "ok?",
        "thanks, what time?",
        "see you then, right?",
        # A request the carrier or the practice must act on.
        "STOP",
        "HELP",
        "help",
        # A feeling that somebody should ask about.
        "thanks 😭",
        "ok 🤮",
        "🩸",
        "Goodbye. Thank you for everything",
        "Thank you Goodbye",
        "Thanks, Farewell",
        "thank you for everything, take care of yourselves",
        # Nothing at all, or too little.
        "",
        "   ",
        "...",
        "hi",
        "Hi Maria",
        "never mind",
        "x x x",
        "Maria Lopez",
        "bestest",
        "thanksgiving hours",
        "okra",
    ],
)
def test_anything_that_says_asks_or_answers_more_is_an_ordinary_message(text: str) -> None:
    assert not is_acknowledgement(text)


def test_a_long_message_is_never_an_acknowledgement() -> None:
    assert is_acknowledgement("thanks " * 30)
    assert not is_acknowledgement("thanks " * 40)


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_hostile_text_is_no_acknowledgement(text: str) -> None:
    assert not is_acknowledgement(text)


def test_no_message_with_an_intent_is_swallowed() -> None:
    swallowed = [line for line in corpus.intent_lines() if is_acknowledgement(line.text)]

    assert swallowed == []


def test_nothing_else_out_of_scope_is_swallowed() -> None:
    swallowed = [
        line for line in corpus.out_of_scope_lines() if line.kind != "acknowledgement" and is_acknowledgement(line.text)
    ]

    assert swallowed == []


def test_most_of_the_acknowledgements_it_was_not_written_from_are_recognised() -> None:
    # The tables were written from the even lines of the file; the odd ones are the honest measure.
    lines = list(corpus.out_of_scope_lines())
    unseen = [line for line in lines[::2] if line.kind == "acknowledgement"]

    recognised = sum(is_acknowledgement(line.text) for line in unseen)

    assert recognised / len(unseen) >= 0.4
