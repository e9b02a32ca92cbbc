"""One alarm per conversation: what joins it, what is told together, and what a text ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select

from inbox.incoming.inbound import InboundMessage, record_message
from inbox.models import AlarmEnd, Conversation, Escalation, Message, Notification, now
from intake.vocabulary import Channel
from tasks import jobs
from tasks.context import use
from tasks.notification.alarms import acknowledge, join_alarm
from tasks.notification.escalation_policy import NEVER, left_open
from tests.chat_client import ChatClient
from tests.service import Service
from tests.standins.twilio import Fault, TwilioStandIn
from tests.tasks.conftest import StartService
from tests.told_classifier import EMERGENCY, SELF_HARM, sure_of, tell
from tests.world import DEMO_NUMBER, SITE

CHEST = "I have crushing chest pain"
WORSE = "It is getting worse, my chest hurts"
DIE = "I want to die"
BAD = "Your staff was rude to me and nobody called back"
BABY = "my baby is not breathing"
TOLD = {CHEST: EMERGENCY, WORSE: EMERGENCY, DIE: SELF_HARM, BABY: EMERGENCY}
ON_CALL, BOSS = "+12025550112", "+12025550113"
ONE, TWO, THREE = "+12025550131", "+12025550132", "+12025550133"


@pytest.fixture
def service(start_service: StartService) -> Service:
    """The on-call team is texted, and after ten minutes another number."""
    started = start_service(
        f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}\n'
        f'escalation = [{{ number = "{BOSS}", after_minutes = 10 }}]'
    )
    tell(started, TOLD)
    return started


def text(service: Service, body: str, from_: str = ONE) -> None:
    service.text(body, from_=from_)
    service.work()


def texts_to(twilio: TwilioStandIn, number: str) -> Sequence[str]:
    return [message.body for message in twilio.messages if message.to == number]


def alarms(service: Service) -> list[Escalation]:
    return service.rows(Escalation)


def codes(service: Service) -> list[str]:
    return [row.code for row in alarms(service) if row.acknowledged_at is None]


def ack(service: Service, body: str, from_: str = ON_CALL) -> str:
    return service.text(body, from_=from_, to=DEMO_NUMBER).body.decode()


def make_due(service: Service) -> None:
    """Lets everything that waits be due now, and reconciles."""
    with service.edit() as session:
        for notice in session.scalars(select(Notification)):
            notice.next_attempt_at = now() - timedelta(seconds=1)
        for row in session.scalars(select(Escalation)):
            row.next_step_at = now() - timedelta(seconds=1)
    service.reconcile()


# ---- further messages of the same patient


def test_a_further_urgent_message_joins_the_open_alarm_without_another_text(
    service: Service, twilio: TwilioStandIn
) -> None:
    text(service, CHEST)
    text(service, WORSE)

    [alarm] = alarms(service)
    assert len(texts_to(twilio, ON_CALL)) == 1
    joined = {row.message_id for row in service.rows(Notification) if row.escalation_id == alarm.id}
    assert joined == {1, 2}


def test_a_new_kind_of_danger_is_told_again_with_the_same_code(service: Service, twilio: TwilioStandIn) -> None:
    text(service, CHEST)
    text(service, DIE)
    text(service, DIE)

    [alarm] = alarms(service)
    told = texts_to(twilio, ON_CALL)
    assert len(told) == 2
    assert all(f"ACK {alarm.code} " in body for body in told)


def test_another_patient_raises_an_alarm_of_their_own(service: Service, twilio: TwilioStandIn) -> None:
    text(service, CHEST, ONE)
    text(service, CHEST, TWO)

    assert len(set(codes(service))) == 2
    assert len(texts_to(twilio, ON_CALL)) == 2


def test_after_an_alarm_has_ended_a_new_emergency_raises_another(service: Service, twilio: TwilioStandIn) -> None:
    text(service, CHEST)
    ack(service, f"ACK {codes(service)[0]}")
    text(service, WORSE)

    assert len(alarms(service)) == 2
    assert len(codes(service)) == 1
    assert len(texts_to(twilio, ON_CALL)) == 2


def test_a_message_that_joined_does_not_begin_the_steps_again(service: Service, twilio: TwilioStandIn) -> None:
    text(service, CHEST)
    text(service, WORSE)
    make_due(service)
    make_due(service)

    assert len(texts_to(twilio, ON_CALL)) == 1
    assert len(texts_to(twilio, BOSS)) == 2  # the last contact is notified again


def test_a_team_whose_notices_all_failed_is_told_again(service: Service, twilio: TwilioStandIn) -> None:
    text(service, CHEST)
    with service.edit() as session:
        for row in session.scalars(select(Notification).where(Notification.target != "console")):
            row.state = "failed"
    text(service, WORSE)

    assert len(texts_to(twilio, ON_CALL)) == 2


def test_two_urgent_messages_that_are_handled_at_once_raise_one_alarm(service: Service, twilio: TwilioStandIn) -> None:
    for body in (CHEST, WORSE):
        service.text(body, from_=ONE)
    use(service.context)
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(jobs.handle_message, [1, 2]))
    service.work()

    assert len(alarms(service)) == 1
    assert len(texts_to(twilio, ON_CALL)) == 1


def test_a_message_that_raises_a_second_alarm_goes_on_after_the_steps_of_the_first(
    service: Service, twilio: TwilioStandIn
) -> None:
    text(service, CHEST)
    make_due(service)
    ack(service, "ACK")
    with service.edit() as session:
        practice = service.context.practices.require("demo")
        second = join_alarm(session, session.get_one(Message, 1), practice)
        assert (second.id, second.step) == (2, 1)
        assert now() < second.next_step_at < NEVER  # when the last contact is notified again


# ---- many strangers at once


def chat(service: Service, body: str = CHEST) -> None:
    ChatClient(service.url).send(body, "m1")
    service.work()


def test_one_strangers_mail_delays_no_chat_and_no_form(service: Service, twilio: TwilioStandIn) -> None:
    unverified_mail(service, 1)
    chat(service)
    form(service, ONE)

    assert len(texts_to(twilio, ON_CALL)) == 3
    make_due(service)
    assert len(texts_to(twilio, ON_CALL)) == len(texts_to(twilio, BOSS)) == 3


def test_twelve_anonymous_chats_are_four_texts_and_twelve_alarms(service: Service, twilio: TwilioStandIn) -> None:
    for _ in range(12):
        chat(service)
    assert len(texts_to(twilio, ON_CALL)) == 3
    make_due(service)

    *first, others = texts_to(twilio, ON_CALL)
    assert len(first) == 3
    assert all(page.startswith("[urgent] Urgent message at Maple Street. Reply ACK ") for page in first)
    assert others.startswith("[urgent] 9 more urgent chats at Maple Street. Reply ACK and a code")
    assert all(code in "".join(first) + others for code in codes(service))
    assert len(codes(service)) == 12
    assert others.endswith("https://intake.example.com/staff/")


def form(service: Service, number: str, body: str = CHEST) -> None:
    answer = requests.post(
        f"{service.url}/forms/demo", json={"message": body, "phone": number}, headers={"Origin": SITE}, timeout=30
    )
    assert answer.status_code == 202
    service.work()


def test_forms_with_made_up_numbers_are_four_texts_and_an_alarm_each(service: Service, twilio: TwilioStandIn) -> None:
    for last in range(8):
        form(service, f"+1202555014{last}")
    make_due(service)

    first, _, _, others = texts_to(twilio, ON_CALL)
    assert first.startswith("[urgent] Urgent message at Maple Street. Reply ACK ")
    assert others.startswith("[urgent] 5 more urgent forms at Maple Street.")
    assert len(codes(service)) == 8


def unverified_mail(service: Service, number: int, address: str | None = None) -> None:
    inbound = InboundMessage("demo", Channel.EMAIL, "email", f"mail {number}", address, "hello@maple.example", CHEST)
    record_message(service.database, inbound)
    service.reconcile()


def test_mail_of_unverified_senders_is_four_texts_and_an_alarm_each(service: Service, twilio: TwilioStandIn) -> None:
    for number in range(8):
        unverified_mail(service, number)
    make_due(service)

    first, _, _, others = texts_to(twilio, ON_CALL)
    assert first.startswith("[urgent] Urgent message that got no reply at Maple Street. The patient got no reply. ")
    assert others.startswith("[urgent] 5 more urgent emails at Maple Street.")
    assert len(codes(service)) == 8


def test_a_verified_senders_mail_waits_for_no_flood(service: Service, twilio: TwilioStandIn) -> None:
    for number in range(4):
        unverified_mail(service, number)
    unverified_mail(service, 5, "pat@patient.example")

    assert len(texts_to(twilio, ON_CALL)) == 4


def test_a_flood_that_begins_again_after_each_alarm_is_ended_is_collected_all_the_same(
    service: Service, twilio: TwilioStandIn
) -> None:
    for last in range(6):
        form(service, f"+1202555014{last}")
        ack(service, f"ACK {codes(service)[-1]}")

    assert len(texts_to(twilio, ON_CALL)) == 3


def test_less_urgent_notices_about_strangers_go_out_together_too(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = start_service(f'teams = {{ manager = {{ notify = ["sms:{BOSS}"] }} }}')
    tell(service, {BAD: sure_of("complaint")})
    for last in range(7):
        form(service, f"+1202555014{last}", BAD)
    assert len(texts_to(twilio, BOSS)) == 3
    text(service, BAD, ONE)
    assert len(texts_to(twilio, BOSS)) == 4
    make_due(service)

    assert texts_to(twilio, BOSS)[0].startswith("[high] Complaint at Maple Street.")
    assert texts_to(twilio, BOSS)[4].startswith("[high] 4 messages at Maple Street. Complaint: 4.")
    assert {row.state for row in service.rows(Notification)} == {"sent"}


def test_the_next_contact_gets_them_together_too(service: Service, twilio: TwilioStandIn) -> None:
    for _ in range(6):
        chat(service)
    make_due(service)
    assert len(texts_to(twilio, BOSS)) == 3
    make_due(service)

    assert "3 more unacknowledged urgent chats" in texts_to(twilio, BOSS)[3]


def test_a_patient_whose_number_a_carrier_vouches_for_never_waits_for_others(
    service: Service, twilio: TwilioStandIn
) -> None:
    for _ in range(4):
        chat(service)
    text(service, CHEST, ONE)
    text(service, CHEST, TWO)

    assert len(texts_to(twilio, ON_CALL)) == 5


def test_one_that_waited_alone_goes_out_as_an_ordinary_notice(service: Service, twilio: TwilioStandIn) -> None:
    for _ in range(4):
        chat(service)
    make_due(service)

    assert texts_to(twilio, ON_CALL)[3].startswith(
        f"[urgent] Urgent message at Maple Street. Reply ACK {codes(service)[3]}"
    )


def test_two_that_waited_about_one_alarm_go_out_as_a_notice_about_it(service: Service, twilio: TwilioStandIn) -> None:
    for _ in range(3):
        chat(service)
    other = ChatClient(service.url)
    for place, words in enumerate((CHEST, DIE)):
        other.send(words, f"m{place}")
        service.work()
    assert len(texts_to(twilio, ON_CALL)) == 3
    make_due(service)

    [*_, notice] = texts_to(twilio, ON_CALL)
    assert notice.startswith(f"[urgent] Urgent message at Maple Street. Reply ACK {codes(service)[3]} to acknowledge.")
    assert notice.endswith("/staff/escalations/4")


def test_several_warn_of_those_whose_patient_must_not_be_contacted(service: Service, twilio: TwilioStandIn) -> None:
    for _ in range(5):
        chat(service)
    with service.edit() as session:
        session.get_one(Conversation, 5).unsafe_since = now()
    make_due(service)

    unsafe = codes(service)[4]
    assert (
        f"2 more urgent chats at Maple Street. Do not text or call the patient of {unsafe}: they said it is not safe."
        in texts_to(twilio, ON_CALL)[3]
    )


def test_those_that_someone_has_acknowledged_meanwhile_are_left_out(service: Service, twilio: TwilioStandIn) -> None:
    for _ in range(6):
        chat(service)
    ack(service, f"ACK {codes(service)[3]}")
    make_due(service)

    assert "2 more urgent chats" in texts_to(twilio, ON_CALL)[-1]


# ---- what a text ends


@pytest.fixture
def three(service: Service) -> Service:
    """Three alarms of which the on-call phone was told."""
    for number in (ONE, TWO, THREE):
        text(service, CHEST, number)
    return service


def in_chat(service: Service) -> None:
    """The page about the second message waits for others, as three chats have just had one."""
    for _ in range(2):
        chat(service)
        ack(service, "ACK")
    patient = ChatClient(service.url)
    for place, words in enumerate((CHEST, DIE)):
        patient.send(words, f"m{place}")
        service.work()


def while_twilio_is_busy(service: Service) -> None:
    """The page about the second message is tried again later."""
    text(service, CHEST)
    service.twilio.faults.push(Fault.answer(503, when=lambda form: form["To"] == ON_CALL))
    text(service, DIE)


@pytest.mark.parametrize("write_twice", [in_chat, while_twilio_is_busy])
def test_a_text_ends_an_alarm_only_for_the_messages_that_its_number_was_told_of(
    service: Service, twilio: TwilioStandIn, write_twice: Callable[[Service], None]
) -> None:
    write_twice(service)
    earlier, later = [message.id for message in service.rows(Message)][-2:]
    [first] = codes(service)
    assert f"Reply ACK {first} to acknowledge." in texts_to(twilio, ON_CALL)[-1]

    said = ack(service, f"ACK {first}")
    [second] = codes(service)
    make_due(service)

    assert f"You acknowledged {first}. A later page about the same patient is still open: {second}." in said
    states = [(row.message_id, row.acknowledged_at is None) for row in alarms(service)]
    assert states[-2:] == [(earlier, False), (later, True)]
    assert f"Reply ACK {second} to acknowledge." in texts_to(twilio, ON_CALL)[-1]
    assert texts_to(twilio, BOSS) != []  # who is next
    assert f"You acknowledged {second}." in ack(service, "ACK")
    assert codes(service) == []


def test_a_text_ends_an_alarm_for_every_message_that_its_number_was_told_of(
    service: Service, twilio: TwilioStandIn
) -> None:
    text(service, CHEST)
    text(service, DIE)

    assert len(texts_to(twilio, ON_CALL)) == 2
    assert "still open" not in ack(service, "ACK")
    assert codes(service) == []


def test_the_console_ends_an_alarm_for_every_message_as_it_shows_them_all(service: Service) -> None:
    in_chat(service)
    with service.edit() as session:
        acknowledge(session, alarms(service)[-1].id, "Dana Reyes", None, AlarmEnd.BUTTON)
    make_due(service)

    assert codes(service) == []
    assert "dropped" in [row.state for row in service.rows(Notification)]


def page(message_id: int, state: str, target: str = "mine", reason: str = "urgent", attempts: int = 0) -> Notification:
    told_at = None if state == "pending" and not attempts else now()
    columns = {"message_id": message_id, "state": state, "target": target, "reason": reason, "attempts": attempts}
    return Notification(told_at=told_at, **columns)


@pytest.mark.parametrize(
    ("later", "left"),
    [
        pytest.param([(2, "pending")], {(2, "urgent")}, id="waits"),
        pytest.param([(2, "sending", "mine", "urgent", 1)], {(2, "urgent")}, id="on-its-way"),
        pytest.param([(2, "pending", "mine", "urgent", 3)], {(2, "urgent")}, id="tried-in-vain"),
        pytest.param([(2, "failed")], {(2, "urgent")}, id="failed"),
        pytest.param([(2, "sent")], set(), id="told"),
        pytest.param([(2, "sent"), (2, "pending", "theirs")], set(), id="told-before-others"),
        pytest.param([(2, "pending"), (2, "sent", "theirs")], {(2, "urgent")}, id="others-told-first"),
        pytest.param([(2, "sent", "theirs")], set(), id="only-others-are-told"),
        pytest.param([(2, "sent", "console")], set(), id="no-news"),
        pytest.param([(1, "pending", "theirs")], set(), id="others-not-yet-told-of-the-first"),
        pytest.param([(1, "pending", "mine", "unanswered_unsafe")], {(1, "unanswered_unsafe")}, id="reply-was-stopped"),
        pytest.param([(1, "pending", "boss", "escalation")], set(), id="a-step"),
    ],
)
def test_what_an_acknowledgment_by_text_leaves_open(later: list[tuple[Any, ...]], left: set[tuple[int, str]]) -> None:
    assert left_open([page(1, "sent", "console"), page(1, "sent"), *(page(*row) for row in later)], "mine") == left


def test_whoever_sends_the_code_knows_of_the_first_message_though_they_were_not_told_themselves() -> None:
    pages = [page(1, "pending", reason="unanswered_emergency"), page(2, "pending")]

    assert left_open(pages, "mine") == {(2, "urgent")}


def test_a_code_ends_its_alarm_alone_in_any_spelling(three: Service) -> None:
    first, second, third = codes(three)

    assert f"You acknowledged {second}." in ack(three, f" ack {second.lower()}.")

    assert codes(three) == [first, third]
    ended = alarms(three)[1]
    assert (ended.acknowledged_by, ended.acknowledged_how) == (ON_CALL, "text")


def test_the_code_of_another_practices_alarm_ends_nothing(three: Service) -> None:
    three.text(CHEST, from_=ONE, to="+12025550180")
    three.work()
    with three.edit() as session:
        others = session.scalars(select(Escalation).where(Escalation.practice == "other")).one()
        others.code = "WXYT"

    assert "No open alarm has the code WXYT" in ack(three, "ACK WXYT")
    assert len(codes(three)) == 4


def test_without_a_code_the_open_ones_are_listed_and_none_is_ended(three: Service) -> None:
    said = ack(three, "ACK")

    assert f"3 urgent messages are open: {', '.join(codes(three))}. Reply ACK and a code" in said
    assert len(codes(three)) == 3


def test_without_a_code_the_only_open_one_is_ended(three: Service) -> None:
    first, second, third = codes(three)
    ack(three, f"ACK {first} {second}")

    assert f"You acknowledged {third}." in ack(three, "ACK")
    assert codes(three) == []


def test_without_a_code_none_is_ended_if_a_colleague_has_just_ended_the_one_that_may_be_meant(three: Service) -> None:
    third = codes(three)[2]
    with three.edit() as session:
        for alarm in (1, 2):
            acknowledge(session, alarm, "Dana Reyes", None, AlarmEnd.BUTTON)

    assert f"1 urgent message is still open: {third}. Reply ACK and a code" in ack(three, "ACK")
    assert codes(three) == [third]
    assert f"You acknowledged {third}." in ack(three, f"ACK {third}")


def test_without_a_code_only_those_count_that_the_number_was_told_of(three: Service) -> None:
    assert "3 urgent messages are open, but you were not paged: " in ack(three, "ACK", from_=BOSS)
    assert len(codes(three)) == 3


def test_a_wrong_code_is_answered_with_the_right_ones_and_ends_nothing(three: Service) -> None:
    said = ack(three, "ACK Q0Q")

    assert "No open alarm has the code Q0Q" in said
    assert codes(three)[0] in said
    assert len(codes(three)) == 3
    assert len(three.rows(Message)) == 3


def test_a_patient_who_texts_a_code_ends_nothing(three: Service) -> None:
    ack(three, f"ACK {codes(three)[0]}", from_=ONE)

    assert len(codes(three)) == 3
    assert len(three.rows(Message)) == 4


def test_another_practices_code_ends_nothing(three: Service) -> None:
    with three.edit() as session:
        session.get_one(Escalation, 1).practice = "other"
        code = session.get_one(Escalation, 1).code

    assert f"No open alarm has the code {code}" in ack(three, f"ACK {code}")
