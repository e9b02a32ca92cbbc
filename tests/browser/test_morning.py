"""A morning of twenty conversations by keys alone: how many keys it takes, and that no page is loaded."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from inbox.models import Conversation, ConversationState, Delivery, Note, StaffMember
from inbox.replies.saved import Owner, ReplyWords, write_reply
from intake.settings import Settings
from tests.browser.test_console import SignIn, console, console_of, new_profile, sign_in
from tests.browser.test_inbox_panes import many, open_inbox, opened
from tests.browser.test_keys_of_a_day import Keyboard, ready, settled
from tests.staff.conftest import Console

__all__ = ["console", "console_of", "many", "new_profile", "sign_in"]

ANSWERED, READ, SAVED = (1, 2, 3, 4, 5, 6), (7, 8, 9, 10), (11, 12, 13)
ASSIGNED, SNOOZED, TRANSFERRED = (14, 15), (16, 17), (18, 19, 20)
PARKING = "Park behind the house."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, but with a minute to undo what was done."""
    return settings.model_copy(update={"undo_seconds": 60})


def send_and_close(page: Page, desk: Keyboard, words: str, number: int) -> None:
    """Sends what is in the reply box, and closes the conversation, after which the next one opens."""
    desk.press("Control+Enter")
    expect(page.locator("#thread .staff .text")).to_have_text(words)
    settled(page)
    desk.press("Escape", "e")
    opened(page, number + 1)
    settled(page)


def test_twenty_conversations_take_a_few_keys_each_and_no_page_load(many: Console, sign_in: SignIn) -> None:
    page = ready(open_inbox(sign_in, viewport={"width": 1440, "height": 900}))
    with many.edit() as session:
        [member_id] = session.scalars(select(StaffMember.id))
        write_reply(session, Owner(staff_id=member_id), None, ReplyWords("Where to park", PARKING))
    desk = Keyboard(page)
    spent: dict[str, int] = {}
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))

    desk.press("j", "Enter")
    opened(page, 1)
    spent["open the first"] = desk.spent()

    for number in ANSWERED:
        desk.press("r")
        desk.say("Yes, we do.")
        send_and_close(page, desk, "Yes, we do.", number)
    spent["answer and close"] = desk.spent()

    for number in READ:
        desk.press("e")
        expect(page.get_by_role("button", name="Close anyway")).to_be_focused()
        desk.press("Enter")
        opened(page, number + 1)
        settled(page)
    spent["read and close"] = desk.spent()

    for number in SAVED:
        desk.press("r", "/")
        desk.say("where to park")
        desk.press("Enter")
        expect(page.locator("#text")).to_have_value(PARKING)
        send_and_close(page, desk, PARKING, number)
    spent["saved reply and close"] = desk.spent()

    for number in ASSIGNED:
        desk.press("a")
        expect(page.locator("#standing")).to_contain_text("Assigned to Dana Reyes")
        settled(page)
        desk.press("j")
        opened(page, number + 1)
        settled(page)
    spent["assign to me"] = desk.spent()

    for number in SNOOZED:
        desk.press("s", "ArrowDown", "Enter")
        opened(page, number + 1)
        settled(page)
    spent["snooze"] = desk.spent()

    for number in TRANSFERRED:
        desk.press("t", "C", "Enter")
        desk.say("Asks about a dose.")
        desk.press("Control+Enter")
        expect(page.locator("#thread .note .text")).to_have_text("Asks about a dose.")
        settled(page)
        desk.press("j")
        opened(page, number + 1)
        settled(page)
    spent["transfer with a note"] = desk.spent()

    assert spent == {
        "open the first": 2,
        "answer and close": 24,
        "read and close": 8,
        "saved reply and close": 18,
        "assign to me": 4,
        "snooze": 6,
        "transfer with a note": 15,
    }
    assert loads == []
    rows = {found.id: found for found in many.rows(Conversation)}
    closed = [number for number, found in rows.items() if found.state == ConversationState.CLOSED]
    assert closed == [*ANSWERED, *READ, *SAVED]
    assert [number for number, found in rows.items() if found.snoozed_until] == [*SNOOZED]
    assert [number for number, found in rows.items() if found.team == "clinical"] == [*TRANSFERRED]
    assert [note.conversation_id for note in many.rows(Note)] == [*TRANSFERRED]
    assert [reply.conversation_id for reply in many.rows(Delivery)] == [*ANSWERED, *SAVED]
    assert {rows[number].assigned_to for number in ASSIGNED} == {member_id}
