"""The numbers that patients text: added, named, and retired by a manager, without losing a text."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from inbox.models import Delivery, Message, Role, SettingVersion
from inbox.practices.live import LivePractices
from intake.practices import Practice, load_practices
from staff.settings.number_rows import NumberTraffic, explain_lines, explain_retiring
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.conversations.test_conversation import reply
from tests.staff.settings.test_page import effective, text_of, token, undo
from tests.world import DEMO_NUMBER
from web.services import services_of

PAGE = "/staff/settings/demo/connections"
NEW, TYPED = "+12025550188", "(202) 555-0188"
OF_HARBOR = "+12025550180"
LINE = "I have a question about parking."


@pytest.fixture
def manager(console: Console) -> Browser:
    """The browser of a manager of the demo practice."""
    return console.sign_in(Role.MANAGER, name="Mira Manager")


def post(
    manager: Browser, *rows: tuple[str, str, str], sure: str = "", version: str = "", **others: str
) -> requests.Response:
    """Send rows of a number, a name, and whether it is in use, as a browser does."""
    columns = dict(zip(("number", "label", "state"), map(list, zip(*rows, strict=True)), strict=True))
    form = {f"phone_numbers.{part}": values for part, values in columns.items()}
    page = {"version": version or token(manager.get(PAGE)), "phone_numbers": ""}
    return manager.post(PAGE, data={**page, **form, **({"phone_numbers.sure": sure} if sure else {}), **others})


def lines(console: Console) -> list[tuple[str, str | None, bool]]:
    return [(line.number, line.label, line.retired) for line in effective(console).phone_numbers]


def problem(page: requests.Response, row: int, part: str) -> str:
    """What is said beside a field of a row."""
    found = re.search(rf'id="s-phone-numbers-{row}-{part}-problem">([^<]*)<', page.text)
    return html.unescape(found[1]) if found else ""


def add(manager: Browser) -> None:
    assert post(manager, (DEMO_NUMBER, "", "used"), (TYPED, "Harbor office", "used")).status_code == 303


def retire_old(manager: Browser, sure: str = DEMO_NUMBER) -> requests.Response:
    return post(manager, (DEMO_NUMBER, "", "retired"), (NEW, "Harbor office", "used"), ("", "", "used"), sure=sure)


# ---- adding


def test_a_text_to_a_number_is_heard_as_soon_as_it_was_added(console: Console, manager: Browser) -> None:
    assert console.text(LINE, to=NEW).status == 404
    add(manager)

    assert console.text(LINE, to=NEW).status == 200
    console.work()
    [message], [reply] = console.rows(Message), console.rows(Delivery)
    assert (message.received_on, reply.sender) == (NEW, NEW)
    assert console.call(to=NEW).answer.status == 200
    history = text_of(manager.get("/staff/settings/demo/history"))
    assert "Phone: Numbers before (500) 555-0006 after (500) 555-0006, (202) 555-0188 (Harbor" in history


def test_another_process_that_has_just_looked_hears_it_too(console: Console, manager: Browser) -> None:
    services = services_of(console.app)
    other = replace(services, live=LivePractices(services.database, load_practices(console.settings.practices_file)))
    other.live.refresh()
    add(manager)

    assert other.practices.for_text(None, NEW) is None
    found = other.practice_for_text(None, NEW)
    assert found is not None
    assert found.slug == "demo"


def test_the_page_says_what_to_set_at_twilio_and_what_came_in(console: Console, manager: Browser) -> None:
    add(manager)
    page = manager.get(PAGE)

    for path in ("/twilio/sms", "/twilio/voice"):
        assert f'value="{console.settings.public_url}{path}" readonly' in page.text
    assert text_of(page).count("No text or call has come in on it yet.") == 2
    console.text(LINE, to=NEW)
    assert text_of(manager.get(PAGE)).count("Last text or voicemail: ") == 1


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("555-0188", "Write a phone number with its area code, such as (202) 555-0188"),
        (f"{TYPED} ext. 4", "Leave out the extension, which no phone dials from a link: write the number alone"),
        ("(500) 555-0006", "This number is in the list already"),
        (OF_HARBOR, "Another practice that Intake answers for has this number"),
        ("", "Write the number that this name is for, or leave both empty"),
    ],
    ids=["no area code", "extension", "twice", "of another practice", "a name alone"],
)
def test_a_number_that_cannot_be_used_is_refused_beside_it(
    console: Console, manager: Browser, number: str, why: str
) -> None:
    refused = post(manager, (DEMO_NUMBER, "Main line", "used"), (number, "Harbor office", "used"))

    assert refused.status_code == 422
    assert problem(refused, 2, "number") == why
    for kept in ("Main line", "Harbor office", number):
        assert f'value="{html.escape(kept)}"' in refused.text, "as it was typed"
    assert console.rows(SettingVersion) == []


def test_staff_elsewhere_are_not_texted_at_a_practices_number(console: Console, manager: Browser) -> None:
    add(manager)
    harbor = console.sign_in(Role.MANAGER, practices=["other"])
    address = "/staff/settings/other/teams"
    refused = harbor.post(address, data={"version": token(harbor.get(address)), "teams.billing.notify": TYPED})

    assert refused.status_code == 422
    assert "patients of another practice that Intake answers for text this number" in text_of(refused)


def test_of_two_practices_with_the_same_number_only_one_ever_has_it(console: Console, manager: Browser) -> None:
    add(manager)
    file = console.settings.practices_file
    file.write_text(file.read_text().replace(f'["{OF_HARBOR}"]', f'["{OF_HARBOR}", "{NEW}"]'))
    live = LivePractices(console.database, load_practices(file))
    live.refresh()

    assert live.current.require("demo").all_numbers == [DEMO_NUMBER]
    found = live.current.for_text(None, NEW)
    assert found is not None
    assert found.slug == "other", "the one whose file has it"


def test_a_number_that_the_file_gets_later_is_heard_before_anyone_looks_at_the_conflict(
    console: Console, manager: Browser
) -> None:
    add(manager)
    file = console.settings.practices_file
    file.write_text(file.read_text().replace(f'["{DEMO_NUMBER}"]', f'["{DEMO_NUMBER}", "+12025550190"]'))
    live = LivePractices(console.database, load_practices(file))
    live.refresh()

    for number in (DEMO_NUMBER, NEW, "+12025550190"):
        found = live.current.for_text(None, number)
        assert found is not None, number
        assert found.all_numbers == [DEMO_NUMBER, NEW]


# ---- retiring


def test_who_retires_a_number_is_told_first_what_becomes_of_its_conversations(
    console: Console, manager: Browser
) -> None:
    console.text(LINE)
    add(manager)
    asked = retire_old(manager, sure="")

    assert asked.status_code == 422
    assert problem(asked, 1, "sure") == (
        "1 open conversation came in on it. What your staff write next, in these and in others, goes out from (202)"
        " 555-0188. Nothing has come in on (202) 555-0188 yet, so text it first, to see that it works. What patients"
        " still send to it comes in and is answered as before, for as long as you have it at Twilio."
    )
    assert "Retire (500) 555-0006 all the same" in text_of(asked)
    assert lines(console) == [(DEMO_NUMBER, None, False), (NEW, "Harbor office", False)]
    assert retire_old(manager).status_code == 303
    assert lines(console) == [(DEMO_NUMBER, None, True), (NEW, "Harbor office", False)]


def test_a_text_to_a_retired_number_is_kept_and_answered_and_staff_write_from_the_other(
    console: Console, manager: Browser
) -> None:
    console.twilio.account.numbers.add(NEW)
    add(manager)
    retire_old(manager)
    assert console.text("I have chest pain and cannot breathe").status == 200
    console.work()
    assert console.rows(Delivery)[-1].sender == DEMO_NUMBER, "which has just been reached"

    assert reply(manager, "Are you safe?", "/staff/conversations/1").status_code == 303
    console.let_pass(timedelta(minutes=1))
    assert console.twilio.messages[-1].body.endswith("Are you safe?")
    assert console.twilio.messages[-1].from_ == NEW


def test_undoing_the_addition_of_a_number_that_was_texted_retires_it(console: Console, manager: Browser) -> None:
    add(manager)
    console.text(LINE, to=NEW)
    assert undo(manager, 1).status_code == 303

    assert lines(console) == [(DEMO_NUMBER, None, False), (NEW, "Harbor office", True)]
    assert "Still listed, as retired, so that no text to it is lost: (202) 555-0188." in text_of(manager.get(PAGE))
    assert console.text(LINE, to=NEW, from_="+12025550124").status == 200


def test_a_number_that_nobody_texted_can_go(console: Console, manager: Browser) -> None:
    add(manager)
    assert manager.get(PAGE).text.count('value="removed"') == 1, "the file's number stays"
    assert post(manager, (DEMO_NUMBER, "", "used"), (NEW, "", "removed")).status_code == 303
    assert lines(console) == [(DEMO_NUMBER, None, False)]


def test_a_number_that_is_left_out_of_the_form_is_not_lost(console: Console, manager: Browser) -> None:
    assert post(manager, (NEW, "", "used")).status_code == 303

    assert lines(console) == [(NEW, None, False), (DEMO_NUMBER, None, True)]


def test_the_last_number_stays_while_staff_are_texted_from_it(start_console: StartConsole) -> None:
    console = start_console('teams = { on_call = { notify = ["sms:+12025550113"] } }')
    manager = console.sign_in(Role.MANAGER)
    refused = post(manager, (DEMO_NUMBER, "", "retired"), sure=DEMO_NUMBER)

    assert refused.status_code == 422
    assert problem(refused, 1, "state").startswith("Your staff are texted from it. First add another number")


def practice(**changes: object) -> Practice:
    values = {"slug": "demo", "name": "Maple", "phone": "+12025550100", "time_zone": "America/New_York"}
    return Practice.model_validate(values | {"phone_numbers": [DEMO_NUMBER]} | changes)


def test_whoever_retires_the_last_number_reads_what_ends() -> None:
    rows = [{"number": DEMO_NUMBER, "label": None, "retired": True}]
    [mistake] = explain_retiring(practice(), rows, [], {DEMO_NUMBER: NumberTraffic(open_conversations=2)})

    assert mistake.words.startswith(
        "2 open conversations came in on it. It is the last number in use: staff cannot begin a conversation by text"
    )
    assert explain_retiring(practice(), rows, [DEMO_NUMBER], {}) == []


def test_a_staff_phone_cannot_be_a_number_for_patients() -> None:
    staff = practice(teams={"billing": {"notify": [f"sms:{NEW}"]}})
    rows = [{"number": number, "label": None, "retired": False} for number in (DEMO_NUMBER, NEW)]

    [mistake] = explain_lines(staff, rows)
    assert (mistake.item, mistake.part) == (2, "number")
    assert mistake.words.startswith("your staff are texted at this number")


@pytest.mark.parametrize(
    ("own", "sender", "sent_from"),
    [
        ({}, DEMO_NUMBER, DEMO_NUMBER),
        ({"phone_numbers": [{"number": DEMO_NUMBER, "retired": True}, NEW]}, DEMO_NUMBER, NEW),
        ({"phone_numbers": [{"number": DEMO_NUMBER, "retired": True}]}, DEMO_NUMBER, DEMO_NUMBER),
        ({"email": "b@maple.example", "former_emails": ["a@maple.example"]}, "a@maple.example", "b@maple.example"),
    ],
    ids=["in use", "retired", "retired, the last one", "earlier address"],
)
def test_what_is_written_goes_out_from_what_is_in_use(own: dict[str, object], sender: str, sent_from: str) -> None:
    assert practice(**own).sends_from(sender) == sent_from
