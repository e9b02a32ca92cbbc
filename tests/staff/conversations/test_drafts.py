"""What a member has typed and not sent is kept: for that member alone, until it is sent, emptied, or too old."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import text

from inbox.models import AuditEntry, Conversation, ReplyDraft, now
from inbox.replies.drafts import LONGEST_DRAFT
from inbox.retention.limits import choose_overdue, delete_overdue
from intake.practices import Practice, Retention
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_inbox import ONE, PRICES, row

WORDS = "We can see you on Tues"
PLACE = "/staff/conversations/1"


@pytest.fixture
def asked(console: Console) -> Console:
    """A conversation with a text that nobody has answered."""
    console.text(PRICES, from_=ONE)
    console.work()
    return console


def keep(browser: Browser, words: str, mark: str = "", status: int = 200, **form: Any) -> dict[str, str]:
    answer = browser.post(f"{PLACE}/draft", data={"text": words, "mark": mark, **form})
    assert answer.status_code == status, answer.text
    found: dict[str, str] = answer.json()
    return found


def send(browser: Browser, words: str, form_id: str = "a" * 32) -> requests.Response:
    return browser.post(f"{PLACE}/reply", data={"text": words, "form_id": form_id, "seen": "0", "then": "waiting"})


def in_box(browser: Browser) -> str:
    page = browser.get(PLACE).text
    return page.partition('<textarea id="text"')[2].partition(">")[2].partition("</textarea>")[0]


def test_a_draft_is_there_after_signing_in_again_and_gone_once_it_is_sent(asked: Console) -> None:
    dana = asked.browser()
    account = asked.add_member(name="Dana Reyes")
    dana.sign_in(account)
    keep(dana, WORDS)
    dana.post("/staff/sign-out")
    dana = asked.browser()
    dana.sign_in(account)

    assert in_box(dana) == WORDS
    assert "Draft" in row(dana.get("/staff/"), "(202) 555-0131")

    assert send(dana, f"{WORDS}day.").status_code == 303
    assert in_box(dana) == ""
    assert "Draft" not in row(dana.get("/staff/"), "(202) 555-0131")
    # what comes too late, because the network turned the requests around, is not kept
    assert keep(dana, WORDS, form_id="a" * 32)["mark"] == ""
    assert asked.rows(ReplyDraft) == []


def test_two_members_drafts_do_not_mix_and_neither_sees_the_others(asked: Console) -> None:
    dana, bob = asked.sign_in(name="Dana Reyes"), asked.sign_in(name="Bob Stone")
    keep(dana, WORDS)

    assert WORDS not in bob.get(PLACE).text
    assert "Draft" not in row(bob.get("/staff/"), "(202) 555-0131")
    keep(bob, "Please call us")
    send(bob, "Please call us today")

    assert [(draft.staff_id, draft.text) for draft in asked.rows(ReplyDraft)] == [(1, WORDS)]
    assert in_box(dana) == WORDS


def test_the_newer_of_two_tabs_wins_and_the_older_is_told(asked: Console) -> None:
    dana = asked.sign_in()
    first = keep(dana, "We")["mark"]
    second = keep(dana, "We can", first)["mark"]

    assert keep(dana, "We cannot", first, 409) == {"mark": second, "text": "We can"}
    assert in_box(dana) == "We can"
    third = keep(dana, "We cannot", first, anyway="1")["mark"]
    assert in_box(dana) == "We cannot"
    assert keep(dana, "", third)["mark"] == ""
    assert keep(dana, "We cannot", third, 409) == {"mark": "", "text": ""}
    assert asked.rows(ReplyDraft) == []


def test_a_reply_that_is_refused_is_kept_without_scripts(asked: Console) -> None:
    dana = asked.sign_in()

    assert send(dana, WORDS * 100).status_code == 422
    assert in_box(dana) == WORDS * 100
    dana.post(f"{PLACE}/reply", data={"text": WORDS, "insert": "complaint"})
    assert in_box(dana).startswith(f"{WORDS}\n")
    assert keep(dana, "", in_box(dana), 409)["text"].startswith(WORDS)
    refused = dana.post(f"{PLACE}/draft", data={"text": "a" * (LONGEST_DRAFT + 1)})
    assert (refused.status_code, "20000 characters" in refused.text) == (400, True)


@pytest.mark.parametrize("character", ["я", "请", "\N{GRINNING FACE}"], ids=["cyrillic", "chinese", "emoji"])
def test_a_draft_may_be_as_long_in_any_script(asked: Console, character: str) -> None:
    dana = asked.sign_in()
    words = character * LONGEST_DRAFT
    keep(dana, words)

    assert in_box(dana) == words
    assert send(dana, words).status_code == 422  # too long for a text, and no larger than a form may be


def test_a_draft_is_encrypted_and_leaves_no_trace_elsewhere(asked: Console, caplog: pytest.LogCaptureFixture) -> None:
    dana = asked.sign_in()
    before = len(asked.rows(AuditEntry))
    caplog.set_level(logging.DEBUG)
    keep(dana, WORDS)

    assert len(asked.rows(AuditEntry)) == before
    assert WORDS not in caplog.text
    with asked.database.read() as session:
        stored = bytes(session.execute(text("SELECT text FROM reply_drafts")).scalar_one())
    assert b"Tues" not in stored


def test_an_old_draft_goes_with_the_practices_limit_and_a_held_one_stays(asked: Console) -> None:
    asked.text(PRICES, from_="+12025550132")
    dana = asked.sign_in()
    keep(dana, WORDS)
    dana.post("/staff/conversations/2/draft", data={"text": WORDS, "mark": ""})
    practice: Practice = asked.context.practices.require("demo").model_copy(
        update={"retention": Retention(message_days=30)}
    )
    with asked.edit() as session:
        session.get_one(Conversation, 2).held_at = now()
        session.query(ReplyDraft).update({"updated_at": now() - timedelta(days=31)})
        delete_overdue(session, practice, now(), choose_overdue(session, practice, now()))

    assert [draft.conversation_id for draft in asked.rows(ReplyDraft)] == [2]


@pytest.mark.parametrize(("kind", "sent"), [("note", "notes"), ("transfer", "transfer")])
def test_a_note_is_kept_beside_the_reply_and_gone_once_it_is_added(asked: Console, kind: str, sent: str) -> None:
    dana, bob = asked.sign_in(name="Dana Reyes"), asked.sign_in(name="Bob Stone")
    keep(dana, WORDS)
    mark = keep(dana, "Asks about a dose", kind=kind)["mark"]

    assert in_box(dana) == WORDS
    assert "Asks about a dose" in dana.get(PLACE).text
    assert "Asks about a dose" not in bob.get(PLACE).text
    assert "Draft" in row(dana.get("/staff/"), "(202) 555-0131")
    form = {"note": "Asks about a dose", "team": "clinical"}
    assert dana.post(f"{PLACE}/{sent}", data=form | {"note": "a" * 4001}).status_code == 400
    assert dana.post(f"{PLACE}/{sent}", data=form).status_code == 303
    assert [(draft.kind, draft.text) for draft in asked.rows(ReplyDraft)] == [("reply", WORDS)]
    assert keep(dana, "Asks about a do", mark, 409, kind=kind) == {"mark": "", "text": ""}
    assert dana.post(f"{PLACE}/draft", data={"text": WORDS, "kind": "letter"}).status_code == 400
