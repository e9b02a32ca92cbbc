"""The practice's email address and time zone on the settings pages."""

from __future__ import annotations

import re

import pytest

from inbox.models import Role, SettingVersion
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.settings.test_page import effective, field, problem_at, save, text_of, undo
from web.services import services_of

MAIL = "/staff/settings/demo/connections"
HOURS = "/staff/settings/demo/hours"
OLD, NEW = "hello@maple.example", "desk@maple.example"


@pytest.fixture
def manager(console: Console) -> Browser:
    """The browser of a manager of the demo practice."""
    return console.sign_in(Role.MANAGER, name="Mira Manager")


def receiver(console: Console, address: str) -> str | None:
    """The practice that mail to an address comes in to."""
    found = services_of(console.app).practices_for_mail([address])
    return found[0].slug if found else None


def test_mail_to_the_old_address_still_comes_in(console: Console, manager: Browser) -> None:
    assert save(manager, MAIL, email="Desk@Maple.example").status_code == 303

    assert (effective(console).email, effective(console).former_emails) == (NEW, [OLD])
    assert (receiver(console, NEW), receiver(console, OLD)) == ("demo", "demo")
    page = manager.get(MAIL)
    assert (field(page, "email"), field(page, "former_emails")) == (NEW, OLD)
    assert f"Mail to {OLD} still comes in. Send yourself a test email" in text_of(page)
    assert undo(manager, 1).status_code == 303
    assert (effective(console).email, effective(console).former_emails) == (OLD, [])


def test_an_earlier_address_can_be_given_up_on_purpose(console: Console, manager: Browser) -> None:
    save(manager, MAIL, email=NEW, former_emails="front@maple.example")
    assert receiver(console, "front@maple.example") == "demo"
    save(manager, MAIL, former_emails="")

    assert receiver(console, "front@maple.example") is None
    assert (receiver(console, OLD), effective(console).former_emails) == ("demo", [OLD]), "the file still names it"
    assert f"Mail to {OLD} still comes in." in text_of(manager.get(MAIL))


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("hello at maple", "write an email address such as hello@example.com, of at most 64 characters"),
        ("hello@harbor.example", "another practice that Intake answers for has this address"),
        ("boss@maple.example", "notices to your staff go to this address, so patients’ mail cannot."),
    ],
    ids=["not an address", "of another practice", "of staff"],
)
def test_an_address_that_cannot_be_used_is_refused_beside_it(start_console: StartConsole, typed: str, why: str) -> None:
    console = start_console('teams = { manager = { notify = ["mailto:boss@maple.example"] } }')
    refused = save(console.sign_in(Role.MANAGER), MAIL, email=typed)

    assert refused.status_code == 422
    assert problem_at(refused, "email")[1].startswith(why)
    assert field(refused, "email") == typed
    assert console.rows(SettingVersion) == []


def test_the_time_zone_is_chosen_from_a_list_that_begins_with_the_united_states(
    console: Console, manager: Browser
) -> None:
    page = manager.get(HOURS).text
    [choices] = re.findall(r'<select id="s-time-zone".*?</select>', page, re.DOTALL)
    assert re.findall(r'<optgroup label="([^"]+)"><option value="([^"]+)"', choices) == [
        ("United States", "America/New_York"),
        ("All others", "Africa/Abidjan"),
    ]
    assert '<option value="America/New_York" selected>Eastern (New York)</option>' in choices
    assert save(manager, HOURS, time_zone="America/Denver").status_code == 303

    assert effective(console).time_zone == "America/Denver"
    history = text_of(manager.get("/staff/settings/demo/history"))
    assert "Hours: Time zone before Eastern (New York) after Mountain (Denver)" in history


@pytest.mark.parametrize("typed", ["", "Mars/Olympus", "../../etc/passwd"], ids=["none", "unknown", "a path"])
def test_what_is_no_time_zone_is_refused(console: Console, manager: Browser, typed: str) -> None:
    refused = save(manager, HOURS, time_zone=typed)

    assert refused.status_code == 422
    assert problem_at(refused, "time_zone")[1] in ("choose a time zone from the list", "fill this in")
    assert console.rows(SettingVersion) == []
