"""The escalation as rows of the settings form: who is notified next, and after how many minutes."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
import requests
from werkzeug.datastructures import MultiDict

from inbox.models import AuditEntry, Role, SettingVersion
from inbox.practices.setting_versions import Standing
from intake.practice_settings import Mistake, MistakenError, Row
from intake.practices import Practice
from intake.settings import Settings
from staff.settings.changes import NO_NUMBER, Situation, propose_values
from staff.settings.escalation_rows import BLANK, explain_row, press_button, read_rows, sort_rows
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.settings.test_page import ADDRESS, effective, look, save, text_of, token, undo
from tests.tasks.notification.test_escalation import later
from tests.world import PRACTICES_TOML

BOSS, FIRST = "+12025550113", "+12025550114"
ON_CALL, MANAGER, PERSON = "team:on_call", "team:manager", "person"
NOT_AN_ADDRESS = "rite a phone number with its area code, such as (202) 555-0188, or an email address"
OWN_ADDRESS = "practice’s own address, whose mail comes in here; use another"
OPEN_ALARM = "An urgent message is open. Whoever is next for it follows the new escalation."


def step(minutes: int | str, team: str | None = None, number: str | None = None, email: str | None = None) -> Row:
    return {"team": team, "number": number, "email": email, "after_minutes": minutes}


def rows_of(*rows: tuple[str, str, str]) -> dict[str, str | list[str]]:
    """What a browser sends of rows of a choice, an address, and minutes."""
    who, addresses, minutes = ([row[part] for row in rows] for part in range(3))
    return {"escalation": "", "escalation.who": who, "escalation.address": addresses, "escalation.minutes": minutes}


def read(*rows: tuple[str, str, str]) -> list[Row]:
    return read_rows(MultiDict(rows_of(*rows)), "escalation")


# ---- rows


def test_rows_are_read_as_people_write_them_and_stored_by_their_minutes() -> None:
    typed = [
        *[(PERSON, "(202) 555-0113", "25"), (MANAGER, "", " 10 min "), ("", "", "")],
        *[(PERSON, "Boss@Maple.example", "9"), (ON_CALL, "ignored", "10")],
    ]

    assert sort_rows(read(*typed)) == [
        *[step(9, email="boss@maple.example"), step(10, "manager"), step(10, "on_call"), step(25, number=BOSS)]
    ]


def test_rows_stay_where_they_were_while_some_minutes_are_unclear() -> None:
    assert [row["after_minutes"] for row in sort_rows(read((MANAGER, "", "20"), (ON_CALL, "", "soon")))] == [20, "soon"]


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ((MANAGER, "", "1"), {}),
        ((MANAGER, "", "240"), {}),
        ((PERSON, BOSS, "10"), {}),
        ((PERSON, "boss@maple.example", "10"), {}),
        (("", "", "10"), {"who": "choose a team or a person"}),
        (("team:gossip", "", "10"), {"who": "choose a team or a person"}),
        *[
            ((PERSON, typed, "10"), {"address": f"w{NOT_AN_ADDRESS}"})
            for typed in ("555-0113", "", "boss@", "a@b.c d@e.f")
        ],
        *[
            ((MANAGER, "", minutes), {"minutes": "choose a number of minutes between 1 and 240"})
            for minutes in ("", "0", "241", "-5", "1.5", "soon", "٣", "99999")
        ],
    ],
)
def test_what_is_wrong_with_a_row_is_said_at_its_own_field(row: tuple[str, str, str], wrong: dict[str, str]) -> None:
    assert explain_row(read(row)[0], ["manager"]) == wrong


def test_a_button_adds_an_empty_row_or_removes_the_one_that_it_is_in() -> None:
    rows = read((ON_CALL, "", "10"), (MANAGER, "", "20"))

    assert press_button("escalation add", "escalation", rows) == [*rows, BLANK]
    assert press_button("escalation remove 1", "escalation", rows) == rows[1:]
    assert press_button("escalation empty", "escalation", rows) is None
    assert press_button("other add", "escalation", rows) is None


# ---- the page


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    """The service, with a manager who is next after ten minutes, and no address for the on-call team."""
    return start_console(
        f'teams = {{ manager = {{ notify = ["sms:{FIRST}"] }} }}\n'
        'escalation = [{ team = "manager", after_minutes = 10 }]'
    )


@pytest.fixture
def manager(console: Console) -> Browser:
    """The browser of a manager of the demo practice."""
    return console.sign_in(Role.MANAGER, name="Mira Manager")


def post(manager: Browser, *rows: tuple[str, str, str], **others: str) -> requests.Response:
    return manager.post(ADDRESS, data={"version": token(manager.get(ADDRESS)), **rows_of(*rows), **others})


def shown_rows(page: requests.Response) -> list[tuple[str, str, str]]:
    """The rows of the page, as a browser would send them."""
    [found] = re.findall(r'<fieldset class="steps".*?<template>', page.text, re.DOTALL)
    chosen = re.findall(r'<option value="([^"]*)"[^>]* selected>', found)
    addresses = re.findall(r'name="escalation\.address" value="([^"]*)"', found)
    minutes = re.findall(r'name="escalation\.minutes" value="([^"]*)"', found)
    return list(zip(chosen, addresses, minutes, strict=True))


def steps_of(console: Console) -> list[tuple[str | None, int]]:
    return [(row.team or row.address, row.after_minutes) for row in effective(console).escalation]


def test_a_manager_changes_who_is_next_and_can_undo_it(console: Console, manager: Browser) -> None:
    assert shown_rows(look(manager)) == [(MANAGER, "", "10")]
    assert post(manager, (MANAGER, "", "30"), (PERSON, "(202) 555-0113", "5"), ("", "", "")).status_code == 303

    assert steps_of(console) == [(f"sms:{BOSS}", 5), ("manager", 30)]
    assert shown_rows(look(manager)) == [(PERSON, "(202) 555-0113", "5"), (MANAGER, "", "30")]
    history = text_of(manager.get(f"{ADDRESS}/history"))
    assert "before Manager after 10 minutes after (202) 555-0113 after 5 minutes, Manager after 30 minutes" in history
    [audited] = [entry for entry in console.rows(AuditEntry) if entry.action == "settings_changed"]
    assert audited.detail == {"version": 1, "keys": ["escalation"]}

    assert undo(manager, 1).status_code == 303
    assert steps_of(console) == [("manager", 10)]


def test_a_page_that_nobody_edited_changes_nothing(console: Console, manager: Browser) -> None:
    post(manager, (MANAGER, "", "10"))

    assert console.rows(SettingVersion) == []


def test_every_row_can_go(console: Console, manager: Browser) -> None:
    post(manager)

    assert steps_of(console) == []
    assert "after nobody else" in text_of(manager.get(f"{ADDRESS}/history"))


def test_what_cannot_be_saved_is_said_next_to_its_field_and_nothing_is_stored(
    console: Console, manager: Browser
) -> None:
    wrong = [(ON_CALL, "", "ten"), (PERSON, "555-0113", "20"), ("", "", "300")]
    answer = post(manager, *wrong, **{"links.pay": "https://maple.example/pay"})

    assert answer.status_code == 422
    assert shown_rows(answer) == wrong
    reasons = {
        "s-escalation-1-minutes": "Choose a number of minutes between 1 and 240",
        "s-escalation-2-address": f"W{NOT_AN_ADDRESS}",
        "s-escalation-3-who": "Choose a team or a person",
        "s-escalation-3-minutes": "Choose a number of minutes between 1 and 240",
    }
    assert dict(re.findall(r'<p class="problem" id="(s-escalation-[^"]+)-problem">([^<]+)</p>', answer.text)) == reasons
    assert re.findall(r'<li><a href="#(s-[^"]+)">', answer.text) == list(reasons)
    assert "Escalation: Who is notified next, contact 1" in html.unescape(answer.text)
    assert re.search(r'<input id="s-escalation-1-minutes"[^>]* autofocus aria-invalid="true"', answer.text)
    assert console.rows(SettingVersion) == []
    assert effective(console).links.pay is None


def test_what_the_file_allows_beyond_the_form_may_stay(start_console: StartConsole) -> None:
    console = start_console('escalation = [{ team = "manager", after_minutes = 600 }]')
    browser = console.sign_in(Role.MANAGER)

    assert post(browser, (ON_CALL, "", "5"), (MANAGER, "", "600")).status_code == 303
    assert steps_of(console) == [("on_call", 5), ("manager", 600)]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (step(10, number=BOSS), NO_NUMBER),
        (
            step(10, email="hello@maple.example"),
            "this is the practice’s own address, whose mail comes in here; use another",
        ),
    ],
)
def test_a_person_has_an_address_that_the_practice_can_write_to(row: Row, why: str) -> None:
    demo = {"slug": "demo", "name": "Maple Street", "phone": "+12025550100", "time_zone": "America/New_York"}
    practice = Practice.model_validate(demo | {"email": "hello@maple.example"})
    with pytest.raises(MistakenError) as refused:
        propose_values(Situation(practice, Standing(), practice, ()), {"escalation": [row]})

    assert refused.value.mistakes == [Mistake("escalation", why, 1, "address")]


def test_without_scripts_a_row_is_added_and_removed_by_the_server_and_nothing_is_saved(
    console: Console, manager: Browser
) -> None:
    typed = [(MANAGER, "", "10"), (ON_CALL, "", "soon")]
    added = post(manager, *typed, rows="escalation add", **{"links.pay": "https://maple.example/pay"})

    assert added.status_code == 200
    assert shown_rows(added) == [*typed, ("", "", "")]
    assert re.search(r'<select id="s-escalation-3-who"[^>]* autofocus', added.text)
    assert 'value="https://maple.example/pay"' in added.text, "what else was typed is still there"
    removed = post(manager, *typed, rows="escalation remove 1")
    assert shown_rows(removed) == typed[1:]
    assert re.search(r'id="s-escalation-add"[^>]* autofocus', removed.text)
    assert post(manager, *typed, rows="links add").status_code == 400
    assert console.rows(SettingVersion) == []


def test_a_contact_without_an_address_has_a_warning(console: Console, manager: Browser) -> None:
    """The style sheet shows it beside a marked team, so it is there as soon as the team is chosen."""

    def marked(page: requests.Response) -> set[str]:
        return set(re.findall(r'data-team="([^"]+)" data-unreached', page.text))

    page = look(manager)
    assert "At once: On call This team has no address, so nobody is paged at once." in text_of(page)
    assert "on_call" in marked(page)
    assert "manager" not in marked(page)
    save(manager, teams__on_call__notify=BOSS)
    assert "on_call" not in marked(look(manager))


def test_a_contact_to_whom_nothing_can_be_sent_has_a_warning(
    settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    lines = 'teams = { on_call = { notify = ["sms:+12025550112"] }, manager = {} }'
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{lines}\n', 1))
    console = console_of(settings.model_copy(update={"twilio_account_sid": None}))

    page = look(console.sign_in("manager")).text

    assert re.search(r'<div class="at-once" data-team="on_call" data-uncarried>', page)
    assert re.search(r'data-team="on_call" data-uncarried', page)
    assert re.search(r'data-team="manager" data-unreached', page)
    assert re.search(r'name="teams\.on_call\.notify\.kept" value="\w+" checked data-uncarried>', page)
    assert "data-texts" not in page


def test_an_open_emergency_goes_on_by_the_new_list_and_skips_nobody(console: Console, manager: Browser) -> None:
    def texted(number: str) -> int:
        return sum(message.to == number for message in console.twilio.messages)

    def wait(minutes: float) -> None:
        later(console, minutes)
        console.work()

    post(manager, (MANAGER, "", "20"))
    assert OPEN_ALARM not in text_of(look(manager))
    console.text("I have crushing chest pain")
    console.work()
    wait(20)
    assert (texted(FIRST), texted(BOSS)) == (1, 0)

    post(manager, (PERSON, BOSS, "10"), (MANAGER, "", "30"))
    assert OPEN_ALARM in text_of(look(manager))
    wait(0)
    assert (texted(FIRST), texted(BOSS)) == (1, 1)
    wait(20)
    assert (texted(FIRST), texted(BOSS)) == (2, 1)
    undo(manager, 2)
    assert OPEN_ALARM in text_of(look(manager))
    wait(60)
    assert (texted(FIRST), texted(BOSS)) == (2, 1), "who was told at this very step is not told twice"
