"""No other site can make a member's browser change anything: every route that does refuses a wrong or missing token."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from inbox.models import Base, Role
from tests.staff.conftest import Console
from tests.staff.routes import OWN, SIGNS_OUT, Call, World, build_world, sign_in_again

SAFE = {"GET", "HEAD", "OPTIONS"}
SCRIPT = {"Accept": "application/json"}  # what the console's scripts take: a refusal without the rest of a page


@pytest.fixture
def world(console: Console) -> World:
    return build_world(console)


def changing(world: World) -> list[Call]:
    """Every route that takes anything but a question."""
    return [call for call in world.calls() if call.method not in SAFE]


def contents(world: World) -> list[tuple[Any, ...]]:
    with world.console.database.read() as session:
        return [
            tuple(row)
            for table in Base.metadata.sorted_tables
            if table.name != "staff_sessions"
            for row in session.execute(select(table).order_by(*table.primary_key))
        ]


def test_a_missing_or_wrong_token_is_refused_everywhere_and_nothing_is_changed(world: World) -> None:
    browser, stranger = sign_in_again(world, OWN, Role.ADMIN), world.console.browser()
    anothers = world.console.sign_in(Role.ADMIN).token()
    own = browser.token()
    before = contents(world)
    calls = changing(world)
    assert len(calls) > 15

    passed = []
    for call in calls:
        for token in ("", "wrong", anothers, own[:-1], stranger.token()):
            answer = call.ask(browser, headers=SCRIPT | {"X-CSRFToken": token})
            if answer.status_code != 400:
                passed.append(f"{call} with {token!r}: {answer.status_code}")
        for kind in ("application/json", "text/plain"):
            headers = SCRIPT | {"X-CSRFToken": "wrong", "Content-Type": kind}
            answer = call.ask(browser, data="{}", headers=headers)
            if answer.status_code != 400:
                passed.append(f"{call} with {kind}: {answer.status_code}")
    assert passed == []
    assert contents(world) == before
    assert browser.get("/staff/account").status_code == 200


def test_a_token_in_the_form_counts_as_well_as_one_in_the_header(world: World) -> None:
    browser = sign_in_again(world, OWN, Role.ADMIN)

    refused = []
    for call in changing(world):
        if call.rule.endpoint not in SIGNS_OUT:
            form = {"csrf_token": browser.token()}
            answer = call.ask(browser, headers={"X-CSRFToken": ""}, data=form)
            if "session has changed" in answer.text:
                refused.append(str(call))
    assert refused == []


def test_a_token_without_its_session_is_refused(world: World) -> None:
    browser = sign_in_again(world, OWN, Role.ADMIN)
    token = browser.token()
    browser.cookies.clear()

    for call in changing(world):
        assert call.ask(browser, headers={"X-CSRFToken": token}).status_code == 400, str(call)


def test_a_method_that_a_route_does_not_have_gets_nowhere_either(world: World) -> None:
    browser = sign_in_again(world, OWN, Role.ADMIN)
    before = contents(world)
    lacking = {
        (method, call.address)  # once, though a route is among the calls with each of its methods
        for call in world.calls()
        for method in {"POST", "PUT", "PATCH", "DELETE"} - (call.rule.methods or set())
    }

    for method, address in sorted(lacking):
        answer = browser.request(method, address, headers=SCRIPT | {"X-CSRFToken": "wrong"})
        assert answer.status_code in (400, 405), f"{method} {address}"
    assert contents(world) == before


def test_a_refusal_says_what_to_do(world: World) -> None:
    browser = sign_in_again(world, OWN, Role.STAFF)
    page = browser.post("/staff/sign-out", headers={"X-CSRFToken": "wrong"})
    data = browser.post("/staff/sign-out", headers={"X-CSRFToken": "wrong", "Accept": "application/json"})

    assert "reload the page, and try again" in page.text
    assert "Sign in again" not in page.text
    assert data.json()["error"]["code"] == "bad_request"


def test_whoever_was_signed_out_is_told_so_and_led_back_to_the_page(world: World) -> None:
    browser = sign_in_again(world, OWN, Role.STAFF)
    token = browser.token()
    browser.cookies.clear()
    headers = {"X-CSRFToken": token, "Referer": f"{browser.base}/staff/conversations/1?q=secret"}

    page = browser.post("/staff/conversations/1/reply", headers=headers, data={"text": "Come in"})
    data = browser.post("/staff/conversations/1/assign", headers=headers | {"Accept": "application/json"})

    assert "You were signed out, so nothing was sent or saved." in page.text
    assert 'href="/staff/sign-in?next=/staff/conversations/1" id="sign-in-again"' in page.text
    assert data.json()["error"] == {
        "code": "signed_out",
        "message": "You were signed out, so nothing was sent or saved.",
    }
