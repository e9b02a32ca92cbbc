"""What the setup checklist takes for done: only what the settings and the database show."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import pytest

from inbox.models import SetupTest, SetupTestKind, SetupTestState, now
from inbox.practices.setup_facts import SetupFacts
from intake.practices import Practice, load_practices
from intake.settings import Settings
from staff.setup.checklist import ChecklistLine, build_checklist, email_target
from tasks.notification.targets import key_of
from tests.world import PRACTICES_TOML, SITE

MOMENT = now()
PHONES = ("sms:+12025550112", "sms:+12025550113")
TEAMS = f'teams = {{ on_call = {{ notify = ["{PHONES[0]}"] }}, billing = {{}} }}\n'
STEP = f'escalation = [{{ number = "{PHONES[1].removeprefix("sms:")}", after_minutes = 5 }}]\n'
NOTHING = SetupFacts(None, None, None, None, {})


@pytest.fixture
def practice(settings: Settings) -> Practice:
    return practice_with(settings, TEAMS + STEP)


def practice_with(settings: Settings, lines: str) -> Practice:
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{lines}', 1))
    return load_practices(settings.practices_file).require("demo")


def lines_of(
    practice: Practice, settings: Settings, facts: SetupFacts, stopped: Collection[str] = ()
) -> dict[str, ChecklistLine]:
    return {line.key: line for line in build_checklist(practice, settings, facts, stopped, MOMENT)}


def facts_with(*targets: tuple[SetupTestKind, str], state: SetupTestState = SetupTestState.ACCEPTED) -> SetupFacts:
    tests = {
        (kind, target): SetupTest(practice="demo", kind=kind, target=target, state=state, created_at=MOMENT)
        for kind, target in targets
    }
    return SetupFacts(MOMENT, MOMENT, (MOMENT, SITE), MOMENT, tests, answers=3, signed_in=2)


def test_of_a_new_service_nothing_is_done_and_each_line_says_what_to_do(settings: Settings) -> None:
    lines = lines_of(practice_with(settings, "teams = { on_call = {} }\n"), settings, NOTHING)

    assert [line.key for line in lines.values() if line.is_done] == ["hours", "replies"], "which the file sets"
    assert [line.key for line in lines.values() if not line.todo] == ["hours", "replies"]
    assert [line.key for line in lines.values() if line.buttons] == []
    assert "https://intake.example.com/twilio/sms" in lines["number"].todo
    assert 'data-practice="maple-street"' in lines["chat"].todo


def test_all_is_done_once_everything_was_seen_and_every_address_took_a_test(
    practice: Practice, settings: Settings
) -> None:
    mailing = settings.model_copy(update={"smtp_url": "smtp://mail.example:25"})
    target = email_target(practice, mailing)
    assert target is not None
    targets = [(SetupTestKind.NOTICE, key_of(phone)) for phone in PHONES]

    lines = lines_of(practice, mailing, facts_with((SetupTestKind.EMAIL, target), *targets))

    assert [line.key for line in lines.values() if not line.is_done] == []
    assert "In the console only: Billing" in lines["teams"].known
    other_server = mailing.model_copy(update={"smtp_url": "smtp://other.example:25"})
    assert not lines_of(practice, other_server, facts_with((SetupTestKind.EMAIL, target)))["email"].is_done


def test_what_a_demo_or_an_old_or_half_a_test_shows_is_not_done(practice: Practice, settings: Settings) -> None:
    demo = settings.model_copy(update={"twilio_account_sid": None, "demo_mode": True})
    first = (SetupTestKind.NOTICE, key_of(PHONES[0]))
    old = SetupFacts(MOMENT, MOMENT, (MOMENT, "https://gone.example"), MOMENT - timedelta(days=8), {})

    assert not lines_of(practice, demo, facts_with())["number"].is_done
    assert not lines_of(practice, demo, facts_with())["delivery"].is_done
    assert not lines_of(practice, settings, old)["chat"].is_done
    assert "more than a week old" in lines_of(practice, settings, old)["backup"].known
    half = lines_of(practice, settings, facts_with(first))["on_call"]
    assert (half.is_done, "1 of 2 addresses" in half.known) == (False, True)
    assert not lines_of(practice, settings, facts_with(first, state=SetupTestState.FAILED))["on_call"].is_done


def test_whether_an_emergency_reaches_anyone_comes_first(practice: Practice, settings: Settings) -> None:
    assert list(lines_of(practice, settings, NOTHING))[:2] == ["teams", "on_call"]


def test_a_step_that_reaches_nobody_is_not_done(settings: Settings) -> None:
    steps = 'escalation = [{ team = "billing", after_minutes = 20 }]\n'
    line = lines_of(practice_with(settings, TEAMS + steps), settings, NOTHING)["teams"]

    assert (line.is_done, "reaches nobody: Billing, after 20 minutes." in line.known) == (False, True)
    assert "Give each an address" in line.todo


def test_a_test_that_no_worker_takes_says_so(practice: Practice, settings: Settings) -> None:
    facts = facts_with((SetupTestKind.NOTICE, key_of(PHONES[0])), state=SetupTestState.WAITING)

    (result,) = lines_of(practice, settings, facts)["on_call"].results
    assert result.words == "On call, address 1 (number ending in 0112): sending…"
    later = build_checklist(practice, settings, facts, (), MOMENT + timedelta(minutes=3))
    (result,) = next(line for line in later if line.key == "on_call").results
    assert "Check that the workers run" in result.words


MAIL = TEAMS.replace(PHONES[0], "mailto:oncall@maple.example")


@pytest.mark.parametrize(("lines", "setting"), [(TEAMS, "TWILIO_ACCOUNT_SID"), (MAIL, "SMTP_URL")])
def test_an_address_without_a_carrier_reaches_nobody(settings: Settings, lines: str, setting: str) -> None:
    bare = settings.model_copy(update={"twilio_account_sid": None, "smtp_url": None})

    found = lines_of(practice_with(settings, lines), bare, NOTHING)
    assert not found["teams"].is_done
    assert "An emergency reaches nobody" in found["teams"].known
    assert setting in found["teams"].todo
    assert setting in found["on_call"].todo


def test_a_failed_test_of_on_call_shows_on_both_lines(settings: Settings) -> None:
    facts = facts_with((SetupTestKind.NOTICE, key_of(PHONES[0])), state=SetupTestState.FAILED)

    found = lines_of(practice_with(settings, TEAMS), settings, facts)
    assert (found["teams"].is_done, found["on_call"].is_done) == (False, False)
    assert "the last test of on call was not sent" in found["teams"].known
    assert "was not sent" in found["on_call"].known


def test_a_phone_that_texted_stop_is_not_reached_though_it_took_a_test(practice: Practice, settings: Settings) -> None:
    tested = facts_with(*((SetupTestKind.NOTICE, key_of(phone)) for phone in PHONES))

    some, none = (lines_of(practice, settings, tested, stopped) for stopped in (PHONES[:1], PHONES))

    assert "reaches only 1 of 2 on-call addresses" in some["teams"].known
    assert "reaches nobody: every on-call phone texted STOP" in none["teams"].known
    assert [line.is_done for line in (some["teams"], some["on_call"], none["on_call"])] == [False] * 3
    assert some["on_call"].todo == "Text START to the practice from what texted STOP: number ending in 0112."
