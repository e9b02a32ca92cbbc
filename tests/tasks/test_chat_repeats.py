"""Who writes in the chat always reads that it arrived, also where the usual reply was shown a moment ago."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inbox.models import Delivery
from intake.vocabulary import Silence
from tasks.routing.decide import decide
from tests.chat_client import ChatClient
from tests.service import Service
from tests.tasks.routing.test_decide import PRACTICE, facts
from tests.told_classifier import sure_of, tell

BOOK, MOVE = "I'd like to book a checkup", "actually make it wednesday"
RECENT = timedelta(seconds=20)
EARLIER = timedelta(minutes=5)


def repeats(ages: Mapping[str, timedelta], intent: str = "appointment_request", **known: Any) -> tuple[object, ...]:
    plan = decide(replace(facts(intent), in_chat=True, reply_ages=dict(ages), **known), PRACTICE)
    return (plan.route, plan.reply, plan.silence)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_reply_that_was_shown_is_followed_by_a_short_one(language: str) -> None:
    twin = "_es" if language == "es" else ""
    shown = {f"appointment_request{twin}": EARLIER}

    assert repeats(shown, language=language) == ("appointment_request", f"follow_up{twin}", None)


def test_the_short_one_is_shown_again_but_not_twice_a_minute() -> None:
    shown = {"appointment_request": EARLIER}

    assert repeats(shown | {"follow_up": EARLIER})[1] == "follow_up"
    assert repeats(shown | {"follow_up": RECENT}) == ("appointment_request", None, Silence.REPEATED)


def test_a_text_gets_no_reply_twice() -> None:
    again = facts("appointment_request", reply_ages={"appointment_request": EARLIER})

    assert decide(again, PRACTICE).silence is Silence.REPEATED


def test_soon_after_an_emergency_its_words_are_shown_again() -> None:
    assert repeats({"urgent": EARLIER, "urgent_again": EARLIER})[1] == "urgent_again"


@pytest.mark.parametrize(("intent", "is_clinical"), [("clinical_concern", True), ("appointment_request", False)])
def test_what_may_be_about_health_names_911_again(intent: str, *, is_clinical: bool) -> None:
    plan = decide(replace(facts(intent), in_chat=True, reply_ages={intent: EARLIER}), PRACTICE)

    assert (plan.reply, plan.is_clinical) == ("follow_up", is_clinical)


def test_whoever_changes_their_mind_in_the_chat_reads_that_it_was_added(service: Service) -> None:
    tell(service, {BOOK: sure_of("appointment_request"), MOVE: sure_of("appointment_request")})
    chat = ChatClient(service.url)
    for number, text in enumerate((BOOK, MOVE)):
        chat.send(text, f"m{number}")
        service.work()

    assert [row.reply for row in service.rows(Delivery)] == ["appointment_request", "follow_up"]
    assert "We added this to what you wrote before" in chat.texts()[-1][1]
