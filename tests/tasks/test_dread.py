"""Threats of lawyers, fear of the authorities, and what a nurse must see today, from the text to who is told."""

from __future__ import annotations

import pytest
import structlog

from inbox.models import Decision, Delivery, Notification
from tests.service import Service
from tests.told_classifier import EMERGENCY, PERSON, SAME_DAY, sure_of, tell


def told(service: Service) -> dict[str, str]:
    return {row.team: row.priority for row in service.rows(Notification)}


def send(service: Service, text: str) -> str:
    """Return the reply to a text."""
    service.text(text)
    service.work()
    return str(service.rows(Delivery)[-1].body)


@pytest.mark.parametrize("intent", ["existing_patient_question", "new_patient_inquiry", "complaint"])
@pytest.mark.parametrize("text", ["send the records by friday or we file a motion", "les mandamos un citatorio"])
def test_a_lawyers_demand_is_the_managers_and_nothing_cheerful_answers(
    service: Service, text: str, intent: str
) -> None:
    tell(service, {text: sure_of(intent)})
    reply = send(service, text)

    assert told(service)["manager"] == "high"
    [decision] = service.rows(Decision)
    assert (decision.route, str(decision.reply).removesuffix("_es")) == ("complaint", "review")
    assert "hank" not in reply
    assert "racias" not in reply


def test_the_team_of_what_is_asked_is_told_of_the_demand_too(service: Service) -> None:
    text = "fix my bill or you will hear from my lawyer"
    tell(service, {text: sure_of("billing_inquiry")})
    send(service, text)

    assert {"manager", "billing"} <= told(service).keys()


def test_a_clinical_concern_stays_with_the_nurses_and_the_manager_is_told(service: Service) -> None:
    text = "my stitches are red and warm, im calling my lawyer"
    tell(service, {text: sure_of("clinical_concern")})
    reply = send(service, text)

    assert "nurse" in reply
    assert {"clinical", "manager"} <= told(service).keys()


def test_a_paralegal_who_asks_for_records_goes_where_such_questions_go(service: Service) -> None:
    text = "Hi this is a paralegal at Boyd & Finch calling for records of a client, where do I send the release"
    tell(service, {text: sure_of("existing_patient_question")})
    send(service, text)

    assert told(service) == {"front_desk": "normal"}


@pytest.mark.parametrize("text", ["do u report to ICE", "I have no papers, is it safe to come", "no tengo papeles"])
def test_who_fears_the_authorities_is_answered_by_a_person_at_the_front_desk(service: Service, text: str) -> None:
    tell(service, {text: {"disposition": "review", "confidence": 0.3}})
    reply = send(service, text)

    assert told(service) == {"front_desk": "normal"}
    assert "http" not in reply
    assert any(words in reply for words in ("A person will answer you", "Una persona le va a responder"))


def test_nothing_stored_in_the_clear_or_logged_tells_who_fears_them(service: Service) -> None:
    asked, feared = "can someone call me", "will you tell immigration about me"
    tell(service, {asked: PERSON})
    with structlog.testing.capture_logs() as logs:
        for text in (asked, feared):
            send(service, text)

    kept = [(row.route, row.reply, row.team, row.priority, row.why) for row in service.rows(Decision)]
    assert kept[0] == kept[1]
    lines = [line for line in logs if line["event"] == "message_handled"]
    assert [line["route"] for line in lines] == ["person", "person"]
    assert "immigration" not in str(logs)


@pytest.mark.parametrize(
    "text", ["insulin, like 1 day left, lost my insurance", "my roomate tested pos for TB. do i need to come in"]
)
def test_what_must_not_wait_goes_to_the_nurses_today(service: Service, text: str) -> None:
    reply = send(service, text)

    assert "nurse will look at this" in reply
    assert "http" not in reply
    assert told(service)["clinical"] == "high"


@pytest.mark.parametrize(
    "text", ["I have no papers and I can't breathe", "i will sue you, my chest hurts so bad and my arm is numb"]
)
def test_an_emergency_beside_it_is_one(service: Service, text: str) -> None:
    tell(service, {text: EMERGENCY})
    send(service, text)

    assert [row.route for row in service.rows(Decision)] == ["urgent"]


def test_a_same_day_matter_beside_fear_is_one(service: Service) -> None:
    text = "no papers, is it safe to come, my tooth is swollen"
    tell(service, {text: SAME_DAY})
    send(service, text)

    assert [row.route for row in service.rows(Decision)] == ["same_day"]
