"""What is read of a message before it is decided upon."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from classifier.rules.aftermath import Update
from inbox.models import Decision, Message, now
from tasks.routing.decide import Facts
from tasks.routing.facts import gather_facts
from tests.service import Service
from tests.tasks.routing.test_follow_ups import let_time_pass, say
from tests.told_classifier import EMERGENCY, OUT_OF_SCOPE, sure_of, tell

AN_HOUR = timedelta(hours=1)
FIRST, FINE = "it's about my son", "he's fine now, sorry for the panic"
ALARM, ROUTINE = sure_of("clinical_concern", **EMERGENCY), sure_of("clinical_concern")


def facts_of_last(service: Service) -> Facts:
    context = service.context
    with service.edit() as session:
        message = session.get_one(Message, len(service.rows(Message)))
        practice = context.practices.by_slug(message.conversation.practice)
        assert practice is not None
        return gather_facts(session, message, message.classification, practice, 0.0, now())


@pytest.mark.parametrize(
    ("first", "update"), [(ALARM, Update.OVER), (ROUTINE, None)], ids=["an emergency", "an ordinary message"]
)
def test_good_news_is_looked_for_only_after_an_emergency(
    service: Service, first: dict[str, Any], update: Update | None
) -> None:
    tell(service, {FIRST: first, FINE: OUT_OF_SCOPE})
    say(service, FIRST, FINE)

    assert facts_of_last(service).update is update


def test_good_news_long_after_an_emergency_is_an_ordinary_message(service: Service) -> None:
    tell(service, {FIRST: ALARM, FINE: OUT_OF_SCOPE})
    say(service, FIRST)
    let_time_pass(service, 3 * AN_HOUR)
    say(service, FINE)

    assert facts_of_last(service).update is None
    assert service.rows(Decision)[-1].route == "follow_up"


@pytest.mark.parametrize("text", [FINE, "he's fine", "false alarm", "calling 911 now", "todo bien ya"])
def test_good_news_in_another_conversation_has_no_effect(service: Service, text: str) -> None:
    tell(service, {FIRST: sure_of("appointment_request"), text: sure_of("billing_inquiry", language="en")})
    say(service, FIRST, text)

    decision = service.rows(Decision)[-1]
    assert facts_of_last(service).update is None
    assert (decision.route, decision.reply, decision.team) == ("billing_inquiry", "billing_inquiry", "billing")
