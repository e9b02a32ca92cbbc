"""On every route, staff see and change only what belongs to their practice and what their role allows.

The routes come from the application, so new ones are included. A route whose address has a part that
`tests/staff/routes.py` does not know fails these tests until it is added there.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from sqlalchemy import select

from inbox.models import Base, ConversationTag, Role
from staff.rq_dashboard import READS
from tests.staff.conftest import PASSWORD, Console
from tests.staff.routes import (
    FOREIGN,
    FORM,
    IS_OF_QUEUES,
    NAMES,
    OPEN,
    OWN,
    PATIENTS,
    SIGNS_OUT,
    WORDS,
    World,
    build_world,
    sign_in_again,
)

RANK = [Role.STAFF, Role.MANAGER, Role.ADMIN]
RESTRICTED = {
    Role.MANAGER: {
        "actions.change_hold",
        *("figures.page", "figures.export", "quality.page", "quality.export"),
        *("settings.first", "settings.page", "settings.save", "settings.show_preview"),
        *("settings_history.history", "settings_history.undo", "settings_history.keep"),
        *("common_questions.page", "common_questions.save", "common_questions.delete", "common_questions.asked"),
        "common_questions.try_question",
        *("saved_replies.page", "saved_replies.add", "saved_replies.save", "saved_replies.delete"),
        *("saved_replies.save_starter", "saved_replies.set_starter", "saved_replies.preview"),
        *("setup.first", "setup.page", "setup.begin_test", "setup.text_phone"),
    },
    Role.ADMIN: {
        *("accounts.page", "accounts.invite", "accounts.change", "accounts.disable", "accounts.enable"),
        *("accounts.remove", "accounts.reset", "attempts.page", "emergency.review", "emergency.mark_reviewed"),
        "accounts.repeat_invitation",
        *("audit.first", "audit.page", "audit.export"),
        *("patient_data.page", "patient_data.export", "patient_data.erase"),
    },
}
FOREIGN_WORDS = (WORDS[FOREIGN], NAMES[FOREIGN], f"555-{PATIENTS[FOREIGN][-4:]}", "Foreign Colleague", "Harbor Dental")
HIDDEN_WORDS = (*FOREIGN_WORDS, PATIENTS[FOREIGN][-7:])  # four digits alone also come up in a random token


@pytest.fixture
def world(console: Console) -> World:
    return build_world(console)


def contents(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table except the sessions, which change as they are used."""
    with world.console.database.read() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
            if table.name != "staff_sessions"
        }


def without_token(answer: requests.Response) -> str:
    """An answer's text, without the tokens in its forms."""
    return re.sub(r'(name="csrf-?_?token" (?:value|content)=)"[^"]*"', r"\1", answer.text)


def is_closed(endpoint: str) -> bool:
    """Whether a route of the RQ dashboard would change something, so that it is closed to everyone."""
    return endpoint.startswith(IS_OF_QUEUES) and endpoint.removeprefix(IS_OF_QUEUES) not in READS


@pytest.mark.parametrize("form", [FORM, {}], ids=["form", "empty form"])
def test_another_practices_row_is_answered_as_one_that_does_not_exist_and_stays_as_it_is(
    world: World, form: dict[str, str]
) -> None:
    browser = sign_in_again(world, OWN, Role.ADMIN)
    before = contents(world)
    calls = [pair for pair in world.foreign_calls() if pair[0].rule.endpoint not in OPEN]
    assert len(calls) > 10

    wrong = []
    for foreign, nobodys in calls:
        answer, expected = foreign.ask(browser, data=form), nobodys.ask(browser, data=form)
        is_hidden = without_token(answer) == without_token(expected) and answer.status_code == expected.status_code
        if not is_hidden or answer.status_code != 404:
            wrong.append(f"{foreign}: {answer.status_code}, {expected.status_code} for a row that is nobody's")
    assert wrong == []
    assert contents(world) == before


def test_a_form_that_names_another_practices_row_shows_and_changes_nothing(world: World) -> None:
    """The test above fills in addresses; these rows are named in what is sent."""
    browser, own, foreign = sign_in_again(world, OWN, Role.ADMIN), world.ids[OWN], world.ids[FOREIGN]
    page, record = f"/staff/conversations/{own['conversation_id']}", f"/staff/patients/{OWN}/{own['patient_id']}"
    with world.console.database.read() as session:
        tag = session.scalars(select(ConversationTag.tag_index).where(ConversationTag.practice == FOREIGN)).one()
    said = {"text": "Hello", "form_id": FORM["form_id"], "seen": str(own["delivery_id"])}
    cases: list[tuple[str, dict[str, Any], int, str]] = [
        (f"{page}/patient", {"record": foreign["patient_id"], "use": "address"}, 409, "There is no such record"),
        (f"{record}/merge", {"other": foreign["patient_id"]}, 409, "There is no other record like that"),
        (f"{record}/messages", said | {"address": foreign["address_id"]}, 409, "address of this record"),
        (f"{page}/assign", {"to": foreign["staff_id"]}, 400, "cannot be assigned"),
        (f"{page}/reply", said | {"file": foreign["file_id"]}, 422, "was removed elsewhere"),
        (f"{page}/found/{own['patient_id']}", {"found": f"{foreign['message_id']}.0"}, 409, "no longer offered"),
        ("/staff/bulk", {"do": "close", "c": [foreign["conversation_id"]]}, 303, ""),  # as if it did not exist
        ("/staff/views", {"name": "Theirs", "tag": tag}, 400, "No conversation has this tag"),
    ]
    asked = browser.get(f"{record}/merge", params={"other": foreign["patient_id"]})
    answers = [(asked, 409, "There is no other record like that")]
    before = contents(world)
    answers += [(browser.post(path, data=form), status, words) for path, form, status, words in cases]

    for answer, status, words in answers:
        assert (answer.status_code, words in answer.text) == (status, True), answer.url
        assert not any(word in answer.text for word in HIDDEN_WORDS), answer.url
    after = contents(world)
    assert {name for name in before if before[name] != after[name]} <= {
        "audit_entries",
        "conversation_reads",
        "reply_drafts",
    }


def test_ones_own_rows_are_there(world: World) -> None:
    """Otherwise, the test above would pass with routes that refuse everything."""
    browser = sign_in_again(world, OWN, Role.ADMIN)

    refused = []
    for_good = ("patient_data.erase", "accounts.remove")
    for call in sorted(world.calls(), key=lambda call: call.rule.endpoint in for_good):  # these last
        if call.rule.arguments & set(world.ids[OWN]) and call.rule.endpoint not in OPEN:
            answer = call.ask(browser, data=FORM | {"password": PASSWORD})
            if not call.rule.endpoint.startswith(IS_OF_QUEUES) and answer.status_code not in (200, 204, 303, 409):
                refused.append(f"{call}: {answer.status_code}; does FORM in tests/staff/routes.py lack a field?")
    assert refused == []


@pytest.mark.parametrize("role", RANK)
def test_nothing_of_another_practice_is_on_any_page(world: World, role: Role) -> None:
    browser = sign_in_again(world, OWN, role)

    shown = []
    for call in world.calls():
        if call.method == "GET" and "events" not in call.rule.endpoint:
            for question in ("", f"?practice={FOREIGN}", f"?practice={OWN}&practice={FOREIGN}"):
                page = browser.get(call.address + question).text
                shown += [f"{call}{question}: {word}" for word in HIDDEN_WORDS if word in page]
    assert shown == []


def test_it_is_on_the_pages_of_those_who_work_there(world: World) -> None:
    """Otherwise, the test above would pass with words that no page ever shows."""
    browser = sign_in_again(world, FOREIGN, Role.STAFF)
    conversation = browser.get(f"/staff/conversations/{world.ids[FOREIGN]['conversation_id']}").text

    for word in FOREIGN_WORDS[:4]:
        assert word in conversation
    assert NAMES[FOREIGN] in browser.get("/staff/").text
    assert "Harbor Dental" in browser.get("/staff/account").text


def test_whoever_works_for_both_sees_both(world: World) -> None:
    page = world.console.sign_in(practices=[OWN, FOREIGN]).get("/staff/").text

    assert NAMES[OWN] in page
    assert NAMES[FOREIGN] in page


def test_whoever_works_for_none_sees_nothing(world: World) -> None:
    browser = world.console.sign_in(Role.ADMIN, practices=["closed"])

    shown = []
    for call in world.calls():
        if call.rule.endpoint not in OPEN and not call.rule.endpoint.startswith(IS_OF_QUEUES):
            answer = call.ask(browser, data=FORM)
            if call.rule.arguments and answer.status_code != 404:
                shown.append(f"{call}: {answer.status_code}")
            if answer.status_code >= 500:
                shown.append(f"{call}: {answer.status_code}")
            if "event-stream" not in answer.headers.get("Content-Type", ""):
                shown += [f"{call}: {word}" for word in (*HIDDEN_WORDS, NAMES[OWN], WORDS[OWN]) if word in answer.text]
            if call.rule.endpoint in SIGNS_OUT:
                browser = world.console.sign_in(Role.ADMIN, practices=["closed"])
    assert shown == []


def test_whoever_is_not_signed_in_is_asked_to(world: World) -> None:
    browser = world.console.browser()

    let_in = []
    for call in world.calls():
        answer = call.ask(browser)
        if call.rule.endpoint in OPEN:
            assert answer.status_code in (200, 302, 303, 308, 400, 401, 410), str(call)  # 410: a link that is used
        elif answer.status_code != 302 or not answer.headers["Location"].startswith("/staff/sign-in"):
            let_in.append(f"{call}: {answer.status_code}")
    assert let_in == []


def test_every_route_says_whom_it_is_open_to(world: World) -> None:
    unsaid = {call.rule.endpoint for call in world.calls() if world.role_of(call) is None}

    assert unsaid == OPEN


def test_these_routes_are_open_to_managers_or_administrators_alone(world: World) -> None:
    """The test below believes what a route says of itself; what it should say is written down here."""
    found: dict[Role, set[str]] = {Role.MANAGER: set(), Role.ADMIN: set()}
    for call in world.calls():
        needed = world.role_of(call)
        if needed in found and not call.rule.endpoint.startswith(IS_OF_QUEUES):
            found[needed].add(call.rule.endpoint)

    assert found == RESTRICTED
    assert {world.role_of(call) for call in world.calls() if call.rule.endpoint.startswith(IS_OF_QUEUES)} == {
        Role.ADMIN
    }


@pytest.mark.parametrize("role", RANK)
def test_every_role_gets_what_is_open_to_it_and_nothing_else(world: World, role: Role) -> None:
    browser = sign_in_again(world, OWN, role)

    wrong = []
    for call in world.calls():
        needed = world.role_of(call)
        if needed is None:
            continue
        answer = call.ask(browser)
        may = RANK.index(role) >= RANK.index(needed) and not is_closed(call.rule.endpoint)
        if (answer.status_code != 403) != may or answer.status_code == 401:
            wrong.append(f"{call}: {answer.status_code}, open to {needed}")
        if call.rule.endpoint in SIGNS_OUT:
            browser = sign_in_again(world, OWN, role)
    assert wrong == []


def test_a_role_that_is_taken_away_is_gone_at_once(world: World) -> None:
    browser = sign_in_again(world, OWN, Role.ADMIN)
    assert browser.get("/staff/queues/").status_code == 200
    demoted = sign_in_again(world, OWN, Role.STAFF)

    assert browser.get("/staff/queues/").status_code == 403
    assert demoted.get("/staff/queues/").status_code == 403
