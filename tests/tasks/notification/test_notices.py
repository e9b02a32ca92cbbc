"""Who is notified, when, in what words, and what happens to the notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from inbox.models import Conversation, Notification, now
from inbox.practices.live import LivePractices
from intake.errors import IntakeError
from intake.practices import PhoneLine, Practice, Practices, TeamSettings
from intake.vocabulary import Medium, Priority
from tasks.carriers.console import ConsoleSender
from tasks.notification.addresses import check_addresses
from tasks.notification.models import Notice
from tasks.notification.quiet_hours import due_at
from tasks.notification.render import LONGEST_QUOTE, word
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.standins.twilio import Fault, Operation, TwilioStandIn
from tests.tasks.conftest import StartService
from tests.world import DEMO_NUMBER

ZONE = "America/New_York"
URGENT = "I have crushing chest pain"
DESK = "+12025550112"
UTC = ZoneInfo("UTC")


def local(clock: str, day: str = "2026-06-01") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(ZONE))


def due(priority: str, clock: str, *, day: str = "2026-06-01", **team: Any) -> str:
    """When a notice that is created at this time goes out, by the practice's clock."""
    found = due_at(TeamSettings(**team), ZONE, priority, local(clock, day).astimezone(UTC))
    return found.astimezone(ZoneInfo(ZONE)).strftime("%d %H:%M")


# ---- quiet hours


@pytest.mark.parametrize("priority", ["urgent", "high"])
def test_what_presses_never_waits(priority: str) -> None:
    assert due(priority, "23:00", quiet_hours="20:00-07:00", digest_at=["08:00"]) == "01 23:00"


@pytest.mark.parametrize("priority", ["normal", "low"])
@pytest.mark.parametrize(
    ("clock", "goes_out"),
    [
        ("19:59", "01 19:59"),
        ("20:00", "02 07:00"),
        ("23:30", "02 07:00"),
        ("00:10", "01 07:00"),
        ("06:59", "01 07:00"),
        ("07:00", "01 07:00"),
        ("12:00", "01 12:00"),
    ],
)
def test_the_rest_waits_until_the_night_is_over(priority: str, clock: str, goes_out: str) -> None:
    assert due(priority, clock, quiet_hours="20:00-07:00") == goes_out


@pytest.mark.parametrize(
    ("clock", "goes_out"), [("11:59", "01 11:59"), ("12:30", "01 13:00"), ("13:00", "01 13:00"), ("23:00", "01 23:00")]
)
def test_quiet_hours_may_lie_within_a_day(clock: str, goes_out: str) -> None:
    assert due("normal", clock, quiet_hours="12:00-13:00") == goes_out


def test_they_end_by_the_practices_clock_when_it_is_put_forward() -> None:
    assert due("normal", "23:00", day="2026-03-07", quiet_hours="20:00-07:00") == "08 07:00"


def test_a_night_that_ends_within_the_hour_that_is_skipped_ends_all_the_same() -> None:
    moment = local("01:30", "2026-03-08").astimezone(UTC)
    found = due_at(TeamSettings(quiet_hours="20:00-02:30"), ZONE, "normal", moment)

    assert moment < found <= moment + timedelta(hours=1)


def test_without_quiet_hours_nothing_waits() -> None:
    assert due("normal", "03:00") == due("low", "03:00") == "01 03:00"


# ---- digests


@pytest.mark.parametrize(
    ("clock", "goes_out"), [("07:00", "01 08:00"), ("08:00", "01 16:00"), ("15:59", "01 16:00"), ("16:30", "02 08:00")]
)
def test_what_does_not_press_at_all_waits_for_the_next_digest(clock: str, goes_out: str) -> None:
    assert due("low", clock, digest_at=["16:00", "08:00"]) == goes_out
    assert due("normal", clock, digest_at=["16:00", "08:00"]) == f"01 {clock}"


def test_a_digest_within_quiet_hours_waits_for_their_end() -> None:
    assert due("low", "05:00", digest_at=["06:00"], quiet_hours="20:00-07:00") == "01 07:00"


# ---- what is waited for goes out


def reviewed(service: Service, text: str = "Do you have parking?", **options: Any) -> None:
    service.text(text, **options)
    service.work()


def later(service: Service) -> None:
    """Ends every notice's wait, and reconciles."""
    with service.edit() as session:
        for row in session.scalars(select(Notification)):
            row.next_attempt_at = now() - timedelta(seconds=1)
    service.reconcile()


def quiet_now() -> str:
    """Quiet hours that began an hour ago and end in two hours."""
    clock = now().astimezone(ZoneInfo(ZONE))
    return f"{clock - timedelta(hours=1):%H:%M}-{clock + timedelta(hours=2):%H:%M}"


def with_team(hook: HookReceiver, keys: str = "include_text = false", team: str = "review") -> str:
    """The settings of a practice that sends every message to a team, as TOML."""
    return f"""
review_threshold = 1.0
teams = {{ {team} = {{ notify = ["{hook.apprise_url()}"], {keys} }} }}
"""


def states(service: Service) -> Sequence[str]:
    """The states of the notices that do not go to the console."""
    return [row.state for row in service.rows(Notification) if row.target != "console"]


def test_in_quiet_hours_the_console_is_told_and_the_telephone_is_not(
    start_service: StartService, hook: HookReceiver
) -> None:
    service = start_service(with_team(hook, f'quiet_hours = "{quiet_now()}"'))
    reviewed(service)
    service.context.queue.put("notify", 2)
    service.reconcile()
    assert (hook.notifications, states(service)) == ([], ["pending"])
    assert service.rows(Notification)[0].state == "sent"

    later(service)

    assert (len(hook.notifications), states(service)) == (1, ["sent"])


def test_an_urgent_message_goes_out_in_quiet_hours(start_service: StartService, hook: HookReceiver) -> None:
    service = start_service(with_team(hook, f'quiet_hours = "{quiet_now()}"', "on_call"))
    reviewed(service, URGENT)

    assert len(hook.notifications) == 1


def test_a_job_that_comes_before_its_time_does_nothing(start_service: StartService, hook: HookReceiver) -> None:
    service = start_service(with_team(hook))
    hook.fail_next(1)
    reviewed(service)
    for _ in range(3):
        service.context.queue.put("notify", 2)
        service.work()

    assert (len(hook.failed), len(hook.notifications)) == (1, 0)
    assert service.rows(Notification)[1].attempts == 1


def test_a_practice_that_left_the_file_is_asked_for_less_and_less_often(
    start_service: StartService, hook: HookReceiver
) -> None:
    service = start_service(with_team(hook, f'quiet_hours = "{quiet_now()}"'))
    reviewed(service)
    whole = service.context
    others = Practices([practice for practice in whole.practices.all if practice.slug != "demo"])
    service.context = replace(whole, live=LivePractices(whole.database, others))
    waits = []
    for _ in range(3):
        later(service)
        waiting = service.rows(Notification)[1]
        waits.append(waiting.next_attempt_at - waiting.updated_at)
    assert timedelta(seconds=4) < waits[0] < waits[1] < waits[2]

    service.context = whole
    later(service)

    assert len(hook.notifications) == 1


# ---- what the patient wrote


def test_it_is_not_in_a_notice_unless_the_practice_declares_the_teams_addresses_safe(
    start_service: StartService, hook: HookReceiver
) -> None:
    service = start_service(with_team(hook))
    reviewed(service, "The code of our gate is swordfish")

    assert "swordfish" not in hook.notifications[0].raw.decode()


def test_it_is_when_the_practice_does_and_in_that_teams_notices_alone(
    start_service: StartService, hook: HookReceiver
) -> None:
    safe, on_call = hook.apprise_url("/safe"), hook.apprise_url("/other")
    service = start_service(
        "review_threshold = 1.0\n"
        f'teams = {{ review = {{ notify = ["{safe}"], include_text = true }}, on_call = {{ notify = ["{on_call}"] }} }}'
    )
    reviewed(service, "The code of our gate is swordfish")
    reviewed(service, URGENT)

    by_path = {notice.path: notice.body["message"] for notice in hook.notifications}
    assert by_path["/safe"].endswith("\n\nThe code of our gate is swordfish")
    assert "chest" not in by_path["/other"]


def test_no_notice_quotes_what_a_minor_asks_in_confidence(start_service: StartService, hook: HookReceiver) -> None:
    service = start_service(with_team(hook, "include_text = true", "front_desk"))
    reviewed(service, "im 15 can i come in without my mom knowing? its about birth control")

    [notice] = hook.notifications
    assert "birth control" not in notice.raw.decode()


def test_what_they_write_after_that_is_not_quoted_either(start_service: StartService, hook: HookReceiver) -> None:
    keys = "include_text = true"
    service = start_service(
        "review_threshold = 1.0\nteams = { "
        f'review = {{ notify = ["{hook.apprise_url("/review")}"], {keys} }}, '
        f'front_desk = {{ notify = ["{hook.apprise_url("/desk")}"], {keys} }} }}'
    )
    reviewed(service, "im 15 can i come in without my mom knowing? please dont tell her")
    reviewed(service, "its about birth control")

    assert len(hook.notifications) == 2
    assert not any("birth control" in notice.raw.decode() for notice in hook.notifications)


@pytest.mark.parametrize(
    ("last", "says"),
    [
        ("pero si necesito la cita del jueves, me confirma?", "opted out of texts and got no reply. Call them."),
        ("él lee mis mensajes. necesito la cita del jueves", "Do not text or call the patient's number"),
    ],
    ids=["safe", "not-safe"],
)
def test_a_notice_says_that_whoever_ended_our_texts_must_be_called(
    start_service: StartService, hook: HookReceiver, last: str, says: str
) -> None:
    teams = ", ".join(f'{team} = {{ notify = ["{hook.apprise_url("/desk")}"] }}' for team in ("scheduling", "review"))
    service = start_service(f"teams = {{ {teams} }}")
    for text in ("Cancelar", last):
        service.text(text)
        service.work()

    first, notice = (notice.body["message"] for notice in hook.notifications)
    assert "got no reply" not in first
    assert says in notice
    assert ("Call them" in notice) == (says.endswith("Call them."))


def test_a_long_message_is_cut() -> None:
    notice = Notice(1, 1, "Maple Street", "review", Priority.NORMAL, "review", text="x" * 1600)

    wording = word(notice, "https://intake.example.com")
    assert wording.body.count("x") == LONGEST_QUOTE + "https://intake.example.com".count("x")
    assert "xxx" not in repr(wording) + repr(notice)


# ---- texts to staff


def desk(keys: str = "") -> str:
    return f'review_threshold = 1.0\nteams = {{ review = {{ notify = ["sms:{DESK}"] {keys} }} }}'


def test_staff_are_texted_from_the_practices_number(start_service: StartService, twilio: TwilioStandIn) -> None:
    service = start_service(desk())
    reviewed(service)

    [text] = [message for message in twilio.messages if message.to == DESK]
    assert text.from_ == DEMO_NUMBER
    assert text.body == ("[normal] Message to review at Maple Street. https://intake.example.com/staff/conversations/1")
    assert states(service) == ["sent"]


def test_a_carrier_that_is_busy_is_tried_again(start_service: StartService, twilio: TwilioStandIn) -> None:
    service = start_service(desk())
    service.text("Do you have parking?")
    twilio.faults.push(Fault.answer(429, code=20429, on=Operation.CREATE))
    service.work()
    later(service)
    later(service)

    assert set(states(service)) == {"sent"}
    assert len([message for message in twilio.messages if message.to == DESK]) == 1


def test_a_number_that_takes_no_texts_is_given_up(start_service: StartService, twilio: TwilioStandIn) -> None:
    service = start_service(desk())
    service.text("Do you have parking?")
    twilio.faults.push(Fault.answer(400, code=21614, on=Operation.CREATE))
    service.work()

    assert states(service) == ["failed"]
    [conversation] = service.rows(Conversation)
    assert conversation.listed_at is not None
    assert conversation.last_activity_at is not None
    assert conversation.listed_at > conversation.last_activity_at  # it is on top


def test_without_credentials_a_text_to_staff_counts_as_failed(start_service: StartService) -> None:
    service = start_service(desk())
    notifier = service.context.notifier
    notifier._senders = {Medium.SMS: ConsoleSender("no Twilio credentials")}
    reviewed(service)

    assert states(service) == ["failed"]


# ---- addresses


def practice(*addresses: str) -> Practice:
    return Practice(
        slug="demo",
        name="Maple Street",
        phone="+12025550100",
        phone_numbers=[PhoneLine(number=DEMO_NUMBER)],
        time_zone=ZONE,
        teams={"on_call": TeamSettings(notify=list(addresses))},
    )


@pytest.mark.parametrize(
    "address",
    [
        "json://localhost",
        "mailtos://user:password@example.com",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/",
        f"sms:{DESK}",
    ],
)
def test_addresses_that_can_be_told_are_accepted(address: str) -> None:
    check_addresses(practice(address))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("slack://secret-password", "apprise cannot use this slack:// address"),
        ("nowhere://user:secret-password@host", "notices cannot go to nowhere:// addresses"),
    ],
)
def test_an_address_that_cannot_be_used_is_named_by_its_key_and_not_shown(address: str, words: str) -> None:
    with pytest.raises(IntakeError) as refused:
        check_addresses(practice("json://localhost", address))

    assert str(refused.value).startswith(f"practice[demo].teams.on_call.notify[2]: {words}")
    assert "secret-password" not in str(refused.value)
