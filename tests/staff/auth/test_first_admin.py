"""The first admin is made in the browser, once, with a link that the terminal alone shows."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import requests
from sqlalchemy import select, update

from app.up import _show_console
from inbox.accounts.first_admin import LASTS, offer_link
from inbox.models import AuditEntry, FirstAdminLink, PracticeSetup, Role, StaffMember, now
from tests.staff.conftest import PASSWORD, Console

FORM = {"name": "Ada First", "email": "ada@maple.example", "new_password": PASSWORD, "new_password_again": PASSWORD}
PATH = "/staff/first-admin"


def offer(console: Console) -> str:
    with console.edit() as session:
        token = offer_link(session, now())
    assert token is not None
    return token


def members(console: Console) -> list[StaffMember]:
    with console.database.read() as session:
        return list(session.scalars(select(StaffMember)))


def claim(console: Console, token: str, **changed: str) -> requests.Response:
    return console.browser().post(PATH, data=FORM | {"token": token} | changed)


def test_the_link_makes_an_admin_of_every_practice_signs_them_in_and_leads_to_the_checklist(console: Console) -> None:
    token, browser = offer(console), console.browser()
    page = browser.get(PATH).text
    assert "Create the first account" in page
    assert re.findall(r'<input id="(\w+)"[^>]* autofocus', page) == ["name"]

    answer = browser.post(PATH, data=FORM | {"token": token})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/setup")
    (ada,) = members(console)
    assert (ada.email, ada.name, ada.role) == (FORM["email"], FORM["name"], Role.ADMIN)
    assert {row.practice for row in ada.practices} == {"demo", "other"}
    assert browser.get("/staff/accounts").status_code == 200
    with console.database.read() as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["first_admin_made", "signed_in"]
        assert set(session.scalars(select(PracticeSetup.practice))) == {"demo", "other"}
        assert token not in str(session.execute(select(FirstAdminLink.__table__)).all())


def test_a_used_an_expired_a_replaced_and_an_invented_link_make_nothing(console: Console) -> None:
    first, replacing = offer(console), offer(console)
    assert "has expired" in claim(console, first).text
    assert claim(console, "invented").status_code == 400
    with console.edit() as session:
        session.execute(update(FirstAdminLink).values(expires_at=now() - timedelta(seconds=1)))
    assert "has expired" in claim(console, replacing).text
    assert members(console) == []


def test_a_link_is_void_as_soon_as_anyone_has_an_account(console: Console) -> None:
    token = offer(console)
    console.add_member(Role.STAFF)

    assert "an account exists already" in claim(console, token).text
    assert len(members(console)) == 1
    assert console.browser().get(PATH).headers["Location"].endswith("/staff/sign-in")


def test_before_the_first_account_the_sign_in_page_says_how_to_make_one_and_a_used_link_says_so(
    console: Console,
) -> None:
    token = offer(console)
    assert "Nobody has an account yet. Open the one-time link" in console.browser().get("/staff/sign-in").text

    claim(console, token)
    late = console.browser()
    assert late.get(PATH).headers["Location"].endswith("/staff/sign-in")
    page = late.get("/staff/sign-in").text
    assert "This link cannot be used any more: the first account exists." in page
    assert "Nobody has an account yet" not in page


MISTAKES = {
    "12 to 200 characters": {"new_password": "short", "new_password_again": "short"},
    "easy to guess": {"new_password": "password1234", "new_password_again": "password1234"},
    "do not match": {"new_password_again": "different"},
    "Not an email address": {"email": "ada"},
    "Enter your name": {"name": " "},
}


def test_a_mistake_is_said_and_leaves_the_link_and_what_was_typed(console: Console) -> None:
    token = offer(console)

    for words, changed in MISTAKES.items():
        answer = claim(console, token, **changed)
        assert (answer.status_code, words in answer.text) == (400, True), words
        assert f'value="{token}"' in answer.text
        assert PASSWORD not in answer.text

    assert claim(console, token).status_code == 303


def test_of_browsers_that_race_one_makes_the_admin(console: Console) -> None:
    tokens = [offer(console), offer(console)]  # two starts at the same moment, neither of which saw the other's link
    with console.edit() as session:
        session.execute(update(FirstAdminLink).values(expires_at=now() + LASTS))
    browsers = [console.browser() for _ in range(4)]
    for browser in browsers:
        browser.token()
    forms = [FORM | {"token": tokens[number % 2], "email": f"ada{number}@maple.example"} for number in range(4)]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda browser, form: browser.post(PATH, data=form), browsers, forms))

    assert sorted(answer.status_code for answer in answers) == [303, 400, 400, 400]
    assert len(members(console)) == 1


def test_the_start_shows_the_link_while_there_is_no_account_and_where_to_sign_in_afterward(console: Console) -> None:
    lines: list[str] = []
    _show_console(lines.append, console.settings, console.database)
    address = lines[-1].strip()
    assert address.startswith(f"{console.settings.public_url}{PATH}#")
    assert claim(console, address.partition("#")[2]).status_code == 303

    lines.clear()
    _show_console(lines.append, console.settings, console.database)
    assert lines == [f"Staff sign in at {console.settings.public_url}/staff/"]
