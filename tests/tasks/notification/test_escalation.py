"""An urgent message goes from contact to contact until someone acknowledges it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from inbox.models import AlarmEnd, AuditEntry, Escalation, Message, Notification, now
from inbox.practices.live import LivePractices
from intake.practices import EscalationStep, Practice, Practices, TeamSettings
from intake.settings import Settings
from intake.vocabulary import NoticeText, Team
from tasks import jobs
from tasks.context import use
from tasks.notification.alarms import acknowledge
from tasks.notification.escalation_policy import NEVER, Unpaged, next_step_at, why_untold
from tasks.notification.models import notify_step
from tasks.notification.targets import CONSOLE, key_of, personal_address, settings_of_notice, targets_for, team_settings
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.standins.twilio import TwilioStandIn
from tests.tasks.conftest import StartService
from tests.world import DEMO_NUMBER

URGENT = "I have crushing chest pain"
ON_CALL = "+12025550112"
BOSS = "+12025550113"
MOMENT = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
STEPS = [
    EscalationStep(team="on_call", after_minutes=10),
    EscalationStep(number=BOSS, after_minutes=25),
]


def toml(hook: HookReceiver) -> str:
    """The on-call team is notified by text, then the manager at the hook, then a number."""
    return f"""
teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }}, manager = {{ notify = ["{hook.apprise_url("/manager")}"] }} }}
escalation = [{{ team = "manager", after_minutes = 10 }}, {{ number = "{BOSS}", after_minutes = 25 }}]
"""


@pytest.fixture
def service(start_service: StartService, hook: HookReceiver) -> Service:
    return start_service(toml(hook))


def urgent(service: Service) -> Escalation:
    service.text(URGENT)
    service.work()
    [escalation] = service.rows(Escalation)
    return escalation


def practice_of(service: Service) -> Practice:
    return service.context.practices.require("demo")


def later(service: Service, minutes: float) -> None:
    """Moves escalations forward in time, and reconciles."""
    with service.edit() as session:
        for row in session.scalars(select(Escalation)):
            row.created_at -= timedelta(minutes=minutes)
            if row.next_step_at != NEVER:
                row.next_step_at -= timedelta(minutes=minutes)
    service.reconcile()


def test_an_alarm_of_a_practice_that_left_the_file_is_reported_each_time_it_waits(service: Service) -> None:
    escalation = urgent(service)
    with service.edit() as session:
        session.get_one(Escalation, escalation.id).practice = "removed"

    with capture_logs() as logged:
        later(service, 15)

    [found] = [entry for entry in logged if entry["event"] == "alarm_without_practice"]
    assert (found["log_level"], found["escalation_id"], found["practice"]) == ("error", escalation.id, "removed")


def texts_to(twilio: TwilioStandIn, number: str) -> Sequence[str]:
    return [message.body for message in twilio.messages if message.to == number]


def acts(service: Service) -> list[tuple[str, object]]:
    return [(entry.action, entry.detail.get("step")) for entry in service.rows(AuditEntry)]


# ---- when the next contact is due


@pytest.mark.parametrize(("taken", "minutes"), [(0, 10), (1, 15)])
def test_each_contact_has_its_time_since_it_was_told(taken: int, minutes: int) -> None:
    assert next_step_at(STEPS, taken, MOMENT, MOMENT) == MOMENT + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("open_for", "minutes"), [(25, 15), (119, 15), (120, 30), (9000, 30)], ids=["first", "last soon", "later", "days"]
)
def test_the_last_contact_is_due_again_and_after_two_hours_more_rarely(open_for: int, minutes: int) -> None:
    raised = MOMENT - timedelta(minutes=open_for)

    assert next_step_at(STEPS, 2, MOMENT, raised) == MOMENT + timedelta(minutes=minutes)


def test_of_contacts_that_are_due_together_the_last_repeats_after_the_delay_of_all() -> None:
    together = [*STEPS, STEPS[-1]]

    assert next_step_at(together, 3, MOMENT, MOMENT) == MOMENT + timedelta(minutes=15)


def test_without_contacts_nobody_is_ever_due() -> None:
    assert next_step_at([], 0, MOMENT, MOMENT) == NEVER


def practice_with_steps() -> Practice:
    """A practice whose on-call team may receive what patients write."""
    return Practice.model_validate(
        {
            "slug": "demo",
            "name": "Maple Street",
            "phone": "+12025550100",
            "phone_numbers": [DEMO_NUMBER],
            "time_zone": "America/New_York",
            "teams": {"on_call": {"notify": [f"sms:{ON_CALL}"], "include_text": True}},
            "escalation": STEPS,
        }
    )


def test_a_step_tells_its_team_or_its_number() -> None:
    practice = practice_with_steps()

    assert team_settings(practice, Team.ON_CALL, 1).notify == [f"sms:{ON_CALL}"]
    assert team_settings(practice, Team.ON_CALL, 2).notify == [f"sms:{BOSS}"]


def test_a_step_can_tell_a_person_by_email() -> None:
    step = EscalationStep(email="Boss@Maple.example", after_minutes=5)
    practice = practice_with_steps().model_copy(update={"escalation": [step]})

    assert team_settings(practice, Team.ON_CALL, 1).notify == ["mailto:boss@maple.example"]


def test_a_waiting_notice_still_goes_to_its_address_when_the_steps_have_moved() -> None:
    practice = practice_with_steps()
    moved = practice.model_copy(update={"escalation": STEPS[::-1]})
    boss, on_call = key_of(f"sms:{BOSS}"), key_of(f"sms:{ON_CALL}")

    assert settings_of_notice(moved, Team.ON_CALL, 2, boss).notify == [f"sms:{BOSS}"]
    assert settings_of_notice(moved, Team.ON_CALL, 1, on_call).notify == [f"sms:{ON_CALL}"]
    assert settings_of_notice(moved, Team.ON_CALL, 1, on_call).include_text is NoticeText.FULL
    gone = practice.model_copy(update={"escalation": []})
    assert boss not in targets_for(settings_of_notice(gone, Team.ON_CALL, 2, boss))


def test_a_number_is_never_sent_what_the_patient_wrote() -> None:
    assert team_settings(practice_with_steps(), Team.ON_CALL, 1).include_text is NoticeText.FULL
    assert team_settings(practice_with_steps(), Team.ON_CALL, 2).include_text is NoticeText.OFF


@pytest.mark.parametrize("step", [-1, 0, 1, 3])
def test_no_other_step_leads_to_a_person(step: int) -> None:
    assert personal_address(practice_with_steps(), step) is None


# ---- from contact to contact


def test_on_call_is_told_by_text_with_a_link_and_how_to_acknowledge(service: Service, twilio: TwilioStandIn) -> None:
    code = urgent(service).code

    [told] = texts_to(twilio, ON_CALL)
    assert told == (
        f"[urgent] Urgent message at Maple Street. Reply ACK {code} to acknowledge."
        " https://intake.example.com/staff/escalations/1"
    )


def test_nobody_else_is_told_before_it_is_time(service: Service, twilio: TwilioStandIn, hook: HookReceiver) -> None:
    urgent(service)
    later(service, 9)

    assert hook.notifications == []
    assert service.rows(Escalation)[0].step == 0


def test_unless_somebody_acknowledges_the_next_contact_is_told_and_then_the_one_after(
    service: Service, twilio: TwilioStandIn, hook: HookReceiver
) -> None:
    urgent(service)
    later(service, 10)
    [notice] = hook.notifications
    assert notice.path == "/manager"
    assert notice.body["title"] == "[urgent] Unacknowledged urgent message at Maple Street"
    assert texts_to(twilio, BOSS) == []

    later(service, 15)

    assert len(texts_to(twilio, BOSS)) == len(hook.notifications) == len(texts_to(twilio, ON_CALL)) == 1
    assert acts(service) == [("escalated", 1), ("escalated", 2)]


def test_through_the_night_the_last_contact_is_told_again_and_again_until_somebody_acknowledges(
    service: Service, twilio: TwilioStandIn, hook: HookReceiver
) -> None:
    urgent(service)
    told_after: list[int] = []
    for minutes in range(5, 241, 5):
        before = len(texts_to(twilio, BOSS))
        later(service, 5)
        told_after += [minutes] * (len(texts_to(twilio, BOSS)) - before)

    assert told_after == [25, 40, 55, 70, 85, 100, 115, 130, 160, 190, 220]
    assert len(hook.notifications) == len(texts_to(twilio, ON_CALL)) == 1
    assert len([row for row in service.rows(Notification) if row.target == key_of(f"sms:{BOSS}")]) == 1

    ack(service, from_=BOSS)
    later(service, 600)

    assert len(texts_to(twilio, BOSS)) == len(told_after)


def test_the_last_contact_that_can_be_reached_is_told_again_if_the_last_one_cannot(
    start_service: StartService, hook: HookReceiver
) -> None:
    steps = '{ team = "manager", after_minutes = 10 }, { team = "clinical", after_minutes = 20 }'
    manager = f'manager = {{ notify = ["{hook.apprise_url("/manager")}"] }}'
    service = start_service(f"teams = {{ {manager}, clinical = {{ notify = [] }} }}\nescalation = [{steps}]")
    urgent(service)
    for _ in range(4):
        later(service, 10)

    assert [notice.path for notice in hook.notifications] == ["/manager"] * 3


def test_the_trail_says_which_contact_could_not_be_notified_and_why(
    start_service: StartService, hook: HookReceiver
) -> None:
    steps = '{ team = "manager", after_minutes = 10 }, { team = "clinical", after_minutes = 20 }'
    clinical = f'clinical = {{ notify = ["{hook.apprise_url("/nurses")}"] }}'
    service = start_service(f"teams = {{ manager = {{ notify = [] }}, {clinical} }}\nescalation = [{steps}]")
    urgent(service)
    later(service, 10)

    taken = [entry for entry in service.rows(AuditEntry) if entry.action == "escalated"]
    assert [(entry.detail["contact"], entry.detail.get("untold")) for entry in taken] == [
        ("manager", "no address"),
        ("clinical", None),
    ]


@pytest.mark.parametrize(
    ("addresses", "sends_texts", "stopped", "why"),
    [
        ([], True, [], Unpaged.NO_ADDRESS),
        ([f"sms:{BOSS}"], False, [], Unpaged.NO_CARRIER),
        ([f"sms:{BOSS}"], True, [f"sms:{BOSS}"], Unpaged.STOPPED),
        ([f"sms:{BOSS}"], True, [], None),
    ],
)
def test_why_a_step_reaches_nobody(
    settings: Settings, addresses: list[str], sends_texts: bool, stopped: list[str], why: Unpaged | None
) -> None:
    if not sends_texts:
        settings = settings.model_copy(update={"twilio_account_sid": None})
    changes = {
        "teams": {Team.MANAGER: TeamSettings(notify=addresses)},
        "escalation": [EscalationStep(team=Team.MANAGER, after_minutes=10)],
    }

    assert why_untold(practice_with_steps().model_copy(update=changes), 1, settings, stopped) is why


def test_nothing_of_the_patient_is_in_any_notice(service: Service, twilio: TwilioStandIn, hook: HookReceiver) -> None:
    urgent(service)
    later(service, 10)
    later(service, 15)

    everything = [
        *texts_to(twilio, ON_CALL),
        *texts_to(twilio, BOSS),
        *(notice.raw.decode() for notice in hook.notifications),
    ]
    assert len(everything) == 3
    assert not any("chest" in text or "2025550123" in text for text in everything)


def test_after_a_standstill_the_contacts_are_told_one_after_the_other_all_the_same(
    service: Service, hook: HookReceiver, twilio: TwilioStandIn
) -> None:
    urgent(service)
    later(service, 300)
    service.reconcile()

    assert len(hook.notifications) == 1
    assert texts_to(twilio, BOSS) == []


def test_a_lost_queue_loses_no_step(service: Service, hook: HookReceiver) -> None:
    urgent(service)
    service.redis.flushall()
    later(service, 10)

    assert len(hook.notifications) == 1


def test_a_step_in_two_workers_at_once_is_taken_once(service: Service, hook: HookReceiver) -> None:
    urgent(service)
    with service.edit() as session:
        session.get_one(Escalation, 1).next_step_at = now()
    use(service.context)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(jobs.escalate, [1] * 4))
    service.work()

    assert len(hook.notifications) == 1
    assert service.rows(Escalation)[0].step == 1


def test_a_message_that_does_not_press_escalates_never(service: Service) -> None:
    service.text("Do you have parking?")
    service.work()

    assert service.rows(Escalation) == []


def test_without_steps_it_stays_open_and_goes_nowhere(start_service: StartService) -> None:
    service = start_service("")
    assert urgent(service).next_step_at == NEVER
    later(service, 600)

    assert [row.team for row in service.rows(Notification)] == ["on_call"]


def test_steps_that_left_the_file_are_not_taken(
    service: Service, start_service: StartService, hook: HookReceiver
) -> None:
    urgent(service)
    without = start_service("")
    later(without, 10)

    assert hook.notifications == []
    assert without.rows(Escalation)[0].next_step_at == NEVER


def test_a_practice_that_left_the_file_is_waited_for(service: Service, hook: HookReceiver) -> None:
    urgent(service)
    whole = service.context
    others = Practices([practice for practice in whole.practices.all if practice.slug != "demo"])
    service.context = replace(whole, live=LivePractices(whole.database, others))
    later(service, 10)
    assert service.rows(Escalation)[0].next_step_at > now()

    service.context = whole
    later(service, 10)

    assert len(hook.notifications) == 1


# ---- until somebody acknowledges


def ack(service: Service, *, from_: str = ON_CALL, text: str = "ACK") -> str:
    """Replies to the notice by text and returns the response."""
    answer = service.text(text, from_=from_, to=DEMO_NUMBER)
    assert answer.status == 200
    return answer.body.decode()


def test_an_answer_by_text_ends_it_for_everybody(service: Service, twilio: TwilioStandIn, hook: HookReceiver) -> None:
    code = urgent(service).code

    assert f"You acknowledged {code}." in ack(service)
    later(service, 600)

    assert hook.notifications == []
    [escalation] = service.rows(Escalation)
    assert (escalation.step, escalation.acknowledged_by) == (0, ON_CALL)
    assert acts(service) == [("acknowledged", 0)]


def test_the_answer_is_no_patients_message(service: Service) -> None:
    urgent(service)
    ack(service)
    service.work()

    assert len(service.rows(Message)) == 1


def test_it_ends_what_the_number_was_told_of_and_nothing_else(service: Service) -> None:
    urgent(service)

    assert "1 urgent message is open, but you were not paged: " in ack(service, from_=BOSS)
    assert service.rows(Escalation)[0].acknowledged_at is None


def test_who_was_paged_and_is_about_to_be_paged_again_ends_it_without_a_code(service: Service) -> None:
    urgent(service)
    later(service, 10)
    later(service, 15)  # the last contact
    with service.edit() as session:
        [notice] = session.scalars(select(Notification).where(Notification.target == key_of(f"sms:{BOSS}")))
        alarm = session.get_one(Escalation, 1)
        boss = practice_of(service).escalation[-1]
        [again] = [
            row
            for row in notify_step(session, alarm, practice_of(service), team="on_call", step=2, again=True)
            if row.target != CONSOLE
        ]
        assert (boss.number, again.id, again.attempts) == (BOSS, notice.id, 0)

    assert "You acknowledged" in ack(service, from_=BOSS)


def test_said_twice_it_is_recorded_once(service: Service) -> None:
    urgent(service)
    ack(service)

    assert "You have no urgent messages" in ack(service)
    assert acts(service) == [("acknowledged", 0)]


def test_anything_else_from_a_staff_number_is_a_message_like_any_other(service: Service) -> None:
    ack(service, text="Do you have parking?")

    assert len(service.rows(Message)) == 1


def test_the_word_from_a_patient_is_a_message_like_any_other(service: Service) -> None:
    urgent(service)
    ack(service, from_="+12025550144")

    assert len(service.rows(Message)) == 2
    assert service.rows(Escalation)[0].acknowledged_at is None


def test_of_two_who_acknowledge_at_once_one_is_recorded(service: Service) -> None:
    urgent(service)

    def take(name: str) -> bool:
        with service.edit() as session:
            return acknowledge(session, 1, name, None, AlarmEnd.TEXT)

    with ThreadPoolExecutor(4) as members:
        assert sorted(members.map(take, ["Ann", "Ben", "Cem", "Dan"])) == [False, False, False, True]
    assert acts(service) == [("acknowledged", 0)]


def test_a_notice_that_waits_for_another_try_is_dropped_once_somebody_acknowledged(
    service: Service, hook: HookReceiver
) -> None:
    urgent(service)
    hook.fail_next(1)
    later(service, 10)
    ack(service)
    with service.edit() as session:
        for row in session.scalars(select(Notification)):
            row.next_attempt_at = now()
    service.reconcile()

    assert hook.notifications == []
    [waiting] = [row for row in service.rows(Notification) if row.reason == "escalation" and row.target != "console"]
    assert waiting.state == "dropped"


def test_every_contact_reads_that_the_patient_got_no_reply(service: Service, twilio: TwilioStandIn) -> None:
    service.text("STOP")
    urgent(service)
    later(service, 10)
    later(service, 15)

    [page] = texts_to(twilio, ON_CALL)
    assert "Urgent message that got no reply at Maple Street. The patient got no reply. Call now." in page
    [step] = texts_to(twilio, BOSS)
    assert "The patient got no reply. Call now." in step
