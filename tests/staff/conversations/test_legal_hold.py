"""Managers place and release legal holds, everyone sees them, and deleted texts say that they are deleted."""

from __future__ import annotations

from sqlalchemy import update

from inbox.models import AuditEntry, Conversation, Message, now
from tests.staff.conftest import Console

PAGE = "/staff/conversations/1"


def test_a_manager_places_and_releases_a_hold(console: Console) -> None:
    console.text("How much is a first visit?")
    manager = console.sign_in("manager")
    assert "Place legal hold" in manager.get(PAGE).text

    assert manager.post(f"{PAGE}/hold", data={"hold": "place"}).status_code == 303
    assert manager.post(f"{PAGE}/hold", data={"hold": "place"}).status_code == 303

    [conversation] = console.rows(Conversation)
    assert conversation.held_at
    assert manager.member
    assert conversation.held_by == manager.member.id
    page = manager.get(PAGE).text
    assert "Legal hold since" in page
    assert "placed a legal hold" in page
    assert "What comes later from this number or address is held, too" in page

    manager.post(f"{PAGE}/hold", data={"hold": "release"})

    assert [row.held_at for row in console.rows(Conversation)] == [None]
    actions = [entry.action for entry in console.rows(AuditEntry)]
    assert [action for action in actions if action in ("held", "hold_released")] == ["held", "hold_released"]


def test_staff_see_a_hold_and_cannot_change_it(console: Console) -> None:
    console.text("How much is a first visit?")
    console.sign_in("manager").post(f"{PAGE}/hold", data={"hold": "place"})
    staff = console.sign_in("staff")

    page = staff.get(PAGE).text
    assert "Legal hold since" in page
    assert "Release legal hold" not in page
    assert staff.post(f"{PAGE}/hold", data={"hold": "release"}).status_code == 403
    assert console.rows(Conversation)[0].held_at


def test_a_hold_that_is_neither_placed_nor_released_is_refused(console: Console) -> None:
    console.text("How much is a first visit?")

    assert console.sign_in("manager").post(f"{PAGE}/hold", data={"hold": "perhaps"}).status_code == 400


def test_a_text_that_retention_deleted_says_so(console: Console) -> None:
    console.text("How much is a first visit?")
    with console.edit() as session:
        session.execute(update(Message).values(text="", emptied_at=now(), handled_at=now()))

    browser = console.sign_in()
    assert "Deleted: past the retention limit." in browser.get(PAGE).text
    assert "Deleted: past the retention limit</p>" in browser.get("/staff/?view=every").text


def test_a_manager_sets_a_limit_in_the_settings(console: Console) -> None:
    manager = console.sign_in("manager")
    page = manager.get("/staff/settings/demo/access").text
    assert "Messages, replies, and notes" in page
    assert "Voicemail recordings" in page
    assert "Audit trail" in page
