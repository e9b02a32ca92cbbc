"""What both pages of saved replies do: show them, and add, change, and delete one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, current_app, flash, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.models import SavedReply, now
from inbox.saved_replies import (
    Owner,
    ReplyWords,
    find_reply,
    find_words_problem,
    read_replies,
    tidy_words,
    write_reply,
)
from intake.practices import Practice
from intake.vocabulary import Language
from staff.auth.access import member
from templates.saved_replies import (
    LONGEST_NAME,
    LONGEST_TEXT,
    SAMPLE_FIRST_NAME,
    VARIABLES,
    Reader,
    fill_variables,
)
from web.row_ids import read_row_id
from web.services import services_of

OVERTAKEN = "Not saved: this reply was changed after you opened the page. Your words are still here. Save again."
Record = Callable[[Session, str, int], None]
"""Records in the audit trail what was done with a saved reply, by its ID."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One of the pages.

    Attributes:
        owner: whose saved replies it has.
        practice: the practice that samples are shown for, None if the member has none.
        place: the page's address.
        record: records what is changed.
    """

    owner: Owner
    practice: Practice | None
    place: str
    record: Record


@dataclass(frozen=True, slots=True)
class _Unsaved:
    """A saved reply that was not saved, and why; 0 is a new one.

    Attributes:
        field: the field that the problem is about.
        version: the version that was edited, None if the page is to go on from the newest.
    """

    reply_id: int
    words: ReplyWords
    problem: str
    field: str
    version: int | None


def save_reply(desk: Desk, reply_id: int | None) -> Response | tuple[str, int]:
    """Save what was typed as a saved reply of the page's owner, or as a new one.

    Someone else's is answered with 404.
    """
    typed = tidy_words(*(request.form.get(name, "") for name in ("name", "text", "text_es")))
    version, status = read_row_id(request.form.get("version", "")), 422
    with services_of(current_app).database.write() as session:
        reply = _require_reply(session, desk.owner, reply_id) if reply_id is not None else None
        others = [other for other in read_replies(session, desk.owner) if other.id != reply_id]
        if reply is not None and reply.version != version:
            problem, field, version, status = OVERTAKEN, "text", None, 409
        else:
            problem, field = find_words_problem(typed, others)
        if not problem:
            saved = write_reply(session, desk.owner, reply, typed)
            desk.record(session, "saved_reply_saved", saved.id)
    if problem:
        return show_page(desk, _Unsaved(reply_id or 0, typed, problem, field, version)), status
    flash(f"Saved “{typed.name}”.")
    return redirect(desk.place, 303)


def delete_reply(desk: Desk, reply_id: int) -> Response:
    """Delete a saved reply of the page's owner; someone else's is answered with 404."""
    with services_of(current_app).database.write() as session:
        session.delete(_require_reply(session, desk.owner, reply_id))
        desk.record(session, "saved_reply_deleted", reply_id)
    flash("Deleted.")
    return redirect(desk.place, 303)


def show_page(desk: Desk, unsaved: _Unsaved | None = None) -> str:
    """Return the page."""
    with services_of(current_app).database.read() as session:
        replies = read_replies(session, desk.owner)
    return render_template(
        "staff/saved_replies.html",
        practice=desk.practice,
        is_own=desk.owner.practice is None,
        place=desk.place,
        replies=[(reply, _samples(reply, desk.practice)) for reply in replies],
        unsaved=unsaved,
        variables=VARIABLES,
        longest_name=LONGEST_NAME,
        longest_text=LONGEST_TEXT,
    )


def _require_reply(session: Session, owner: Owner, reply_id: int) -> SavedReply:
    return find_reply(session, owner, reply_id) or abort(404)


def _samples(reply: SavedReply, practice: Practice | None) -> list[str]:
    """Return the texts as a patient whose first name is known would get them."""
    if practice is None:
        return []
    reader, moment = Reader(SAMPLE_FIRST_NAME, member().name), now()
    texts = {Language.EN: reply.text, Language.ES: reply.text_es}
    return [fill_variables(text, practice, moment, language, reader) for language, text in texts.items() if text]
