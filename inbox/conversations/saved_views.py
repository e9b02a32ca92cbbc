"""Views of the inbox that a member has saved: each has a name, and the filters as an address has them."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from inbox.models import ConversationTag, SavedView, StaffMember
from intake.errors import IntakeError

LONGEST_NAME = 40
MOST_VIEWS = 20


def read_views(session: Session, staff_id: int) -> list[SavedView]:
    """Return a member's views, by name."""
    return sorted(session.scalars(_own(staff_id)), key=lambda view: (view.name.casefold(), view.id))


def find_view(session: Session, staff_id: int, view_id: int) -> SavedView | None:
    """Return one of a member's views, if it is theirs."""
    return session.scalar(_own(staff_id).where(SavedView.id == view_id))


def save_view(session: Session, staff_id: int, name: str, query: str, tag: str | None = None) -> SavedView:
    """Save a view under a name; one of the same name is replaced.

    Args:
        session: an open write transaction.
        staff_id: the member.
        name: the name as typed.
        query: the filters as an address has them, without the tag.
        tag: the words of the tag to filter by, if any.

    Raises:
        IntakeError: the name can't be used, or the member has as many views as one can have.
    """
    name = clean_name(name)
    session.execute(select(StaffMember.id).where(StaffMember.id == staff_id).with_for_update())  # one at a time
    known = read_views(session, staff_id)
    view = next((view for view in known if view.name.casefold() == name.casefold()), None)
    if view is None and len(known) >= MOST_VIEWS:
        raise IntakeError(f"You have {MOST_VIEWS} saved views, which is the most. Delete one first.")
    if view is None:
        view = SavedView(staff_id=staff_id)
        session.add(view)
    view.name, view.query, view.tag = name, query, tag
    session.flush()
    return view


def rename_view(session: Session, view: SavedView, name: str) -> None:
    """Give a view another name.

    Raises:
        IntakeError: the name can't be used, or another view of the member has it.
    """
    name = clean_name(name)
    others = [other for other in read_views(session, view.staff_id) if other.id != view.id]
    if any(other.name.casefold() == name.casefold() for other in others):
        raise IntakeError("You have another view with this name. Choose a different one.")
    view.name = name


def clean_name(name: str) -> str:
    """Return a name without surplus spaces.

    Raises:
        IntakeError: it is empty, too long, or has characters that can't be shown.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise IntakeError(f"A view’s name must be 1 to {LONGEST_NAME} characters long.")
    return name


def name_tags(session: Session) -> None:
    """Give views that an older version saved the words of their tag, as long as its code is known."""
    unnamed = select(SavedView).where(SavedView.tag.is_(None), SavedView.query.contains("tag="))
    for view in session.scalars(unnamed.with_for_update()):
        query = dict(parse_qsl(view.query))
        own = ConversationTag.tag_index == query.pop("tag", "")
        if word := session.scalar(select(ConversationTag.tag).where(own).limit(1)):
            view.tag, view.query = word, urlencode(query)


def forget_views_of(session: Session, *, staff_id: int) -> None:
    """Delete all views of a member."""
    session.execute(delete(SavedView).where(SavedView.staff_id == staff_id))


def _own(staff_id: int) -> Select[SavedView]:
    return select(SavedView).where(SavedView.staff_id == staff_id)
