"""What two models do with the same messages besides naming the intent, which no accuracy of intents shows."""

from __future__ import annotations

from typing import Any

import pytest

from classifier import INTENTS, Understanding
from intake.vocabulary import Disposition, TriageLevel
from training.data.corpus import CorpusMessage
from training.refresh.assessment import find_objections
from training.refresh.behavior import compare_behavior, compare_urgency
from training.refresh.settings import Rule

RULE = Rule(loss=0.005, possible_loss=0.02, significance=0.05, resamples=200)
EMERGENCY, SAME_DAY, ROUTINE = TriageLevel
MESSAGES = [
    message
    for message in (
        CorpusMessage("a crown hurts", "clinical_concern", "", "sms", "writers", level=ROUTINE),
        CorpusMessage("my bill", "billing_inquiry", "", "sms", "writers", level=ROUTINE, writer="meadowlark"),
        CorpusMessage("my other bill", "billing_inquiry", "", "sms", "writers", level=ROUTINE),
        CorpusMessage("swollen gum", "clinical_concern", "", "sms", "writers", level=SAME_DAY),
        CorpusMessage("mi cuenta", "billing_inquiry", "", "sms", "writers", level=ROUTINE, language="es"),
        CorpusMessage("meine Rechnung", None, "", "sms", "writers", language="other"),
        CorpusMessage("buy our pens", "out_of_scope", "", "sms", "writers", level=ROUTINE),
        CorpusMessage("she chokes", "clinical_concern", "", "sms", "writers", level=EMERGENCY),
    )
    for _ in range(20)
]


def read_rightly(message: CorpusMessage, **changes: Any) -> Understanding:
    known: dict[str, Any] = {
        "intent": message.label if message.label in INTENTS else "complaint",
        "confidence": 0.9,
        "probabilities": {},
        "triage": message.level or ROUTINE,
        "danger": None,
        "language": message.language,
        "disposition": Disposition.ROUTE if message.label in INTENTS else Disposition.OUT_OF_SCOPE,
        "model_version": "0" * 12,
    }
    return Understanding(**known | changes)


RIGHT = [read_rightly(message) for message in MESSAGES]


def worse_at(new: list[Understanding]) -> dict[str, int]:
    found = compare_behavior(RIGHT, new, MESSAGES, ["meadowlark"], 200)
    return {
        name: round(-difference.gain * difference.messages) for name, difference in found.items() if difference.gain
    }


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        (
            {"triage": EMERGENCY},
            {
                "everyday messages that raise no alarm": 20,
                "near misses that raise no alarm": 20,
                "other routine messages that raise no alarm": 60,
                "messages routed to the right team": 80,
            },
        ),
        (
            {"triage": ROUTINE},
            {"same-day matters seen the same day": 20},
        ),
        (
            {"language": "en"},
            {"Spanish messages taken for Spanish": 20, "messages in other languages taken for neither": 20},
        ),
        (
            {"language": "es"},
            {"English messages taken for English": 120, "messages in other languages taken for neither": 20},
        ),
        ({"disposition": Disposition.REVIEW}, {"messages routed to the right team": 80}),
        ({"disposition": Disposition.ROUTE}, {"messages of no intent kept from every team": 20}),
        (
            {"intent": "price_shopper"},
            {"messages routed to the right team": 80, "messages kept from a wrong team": 80},
        ),
    ],
    ids=["alarms always", "alarms never", "all English", "all Spanish", "routes nothing", "routes spam", "wrong team"],
)
def test_each_thing_that_a_model_does_worse_is_found(changes: dict[str, Any], lost: dict[str, int]) -> None:
    assert worse_at([read_rightly(message, **changes) for message in MESSAGES]) == lost


def test_a_model_that_pages_for_everything_says_only_english_and_routes_nothing_is_not_proposed() -> None:
    bad = [read_rightly(m, triage=EMERGENCY, language="en", disposition=Disposition.REVIEW) for m in MESSAGES]
    urgency = compare_urgency(RIGHT, bad, MESSAGES, 200)

    objections = find_objections([], urgency, compare_behavior(RIGHT, bad, MESSAGES, ["meadowlark"], 200), [], RULE)

    assert (urgency.messages, urgency.new) == (20, 1.0), "the recall of emergencies can only gain from that"
    assert "it has fewer near misses that raise no alarm (100.0% before, 0.0% now)" in objections
    assert "it has fewer Spanish messages taken for Spanish (100.0% before, 0.0% now)" in objections
    assert "it has fewer messages routed to the right team (100.0% before, 0.0% now)" in objections
