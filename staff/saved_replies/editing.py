"""What both pages of saved replies do: show, add, change, and delete them; the practice's also has the starter set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import abort, current_app, flash, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.models import SavedReply, now
from inbox.replies.saved import (
    Owner,
    ReplyChangedError,
    ReplyWords,
    find_reply,
    find_starter,
    find_words_problem,
    hide_starter,
    read_replies,
    split_starters,
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
    WORDS,
    Reader,
    fill_variables,
    find_wrong_variable,
    known_values,
    show_variables,
    tidy_variables,
)
from templates.starter_replies import starter_replies
from web.row_ids import read_row_id
from web.services import services_of

OVERTAKEN = "Not saved: this reply was changed after you opened the page. Your words are still here. Save again."
OVERTAKEN_STARTER = "Another manager changed this reply at the same moment. Look at it, then try again."
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
    """A saved reply that was not saved, and why; it was only to be previewed if there is no problem.

    Attributes:
        part: whose part of the page it belongs to: a reply's ID, a key of the starter set, or 0 for a new reply.
        field: the field that the problem is about.
        version: the version that was edited, None if the page is to go on from the newest.
        samples: what a patient would read, by language.
    """

    part: str
    words: ReplyWords
    problem: str
    field: str
    version: int | None
    samples: Mapping[Language, str]


def preview_reply(desk: Desk) -> str:
    """Show a text that is being typed as a patient would read it."""
    language = Language.ES if request.form.get("language") == Language.ES else Language.EN
    text = tidy_variables(request.form.get("text", "").strip())
    problem = find_wrong_variable(text)
    values = _sample_values(desk.practice).get(language)
    words = fill_variables(text, values) if values and not problem else ""
    return render_template("staff/saved_reply_preview.html", problem=problem, words=words)


def save_reply(desk: Desk, reply_id: int | None, starter: str | None = None) -> Response | tuple[str, int]:
    """Save what was typed as a saved reply of the page's owner, or as a new one.

    Someone else's is answered with 404.

    Args:
        desk: the page.
        reply_id: the reply, None for a new one and for one of the starter set.
        starter: the key of one of the starter set.
    """
    if starter is not None and starter not in starter_replies():
        abort(404)
    typed = tidy_words(*(request.form.get(name, "") for name in ("name", "text", "text_es")))
    version, status = read_row_id(request.form.get("version", "")), 422
    try:
        with services_of(current_app).database.write() as session:
            reply = _require_reply(session, desk.owner, reply_id) if reply_id is not None else None
            if starter is not None:
                reply = find_starter(session, desk.owner, starter)
            if version != (reply.version if reply else None):
                raise ReplyChangedError
            is_own = starter is None and (reply is None or reply.starter is None)
            kept = [other for other in read_replies(session, desk.owner) if other is not reply]
            problem, field = find_words_problem(typed, [other for other in kept if (other.starter is None) is is_own])
            if not problem and "preview" not in request.form:
                saved = write_reply(session, desk.owner, reply, typed, starter)
                desk.record(session, "saved_reply_saved", saved.id)
    except ReplyChangedError:
        problem, field, version, status = OVERTAKEN, "text", None, 409
    if problem or "preview" in request.form:
        samples = {} if problem else _samples(typed, _sample_values(desk.practice))
        unsaved = _Unsaved(starter or str(reply_id or 0), typed, problem, field, version, samples)
        return show_page(desk, unsaved), status if problem else 200
    flash(f"Saved “{typed.name}”.")
    return redirect(desk.place, 303)


def delete_reply(desk: Desk, reply_id: int) -> Response:
    """Delete a saved reply of the page's owner; someone else's is answered with 404."""
    with services_of(current_app).database.write() as session:
        session.delete(_require_reply(session, desk.owner, reply_id))
        desk.record(session, "saved_reply_deleted", reply_id)
    flash("Deleted.")
    return redirect(desk.place, 303)


def change_starter(desk: Desk, starter: str, wanted: str) -> Response:
    """Hide a reply of the starter set, show it again, or give it its first words back; an unknown one gets 404."""
    words = starter_replies()[starter].name if starter in starter_replies() else abort(404)
    try:
        with services_of(current_app).database.write() as session:
            row = find_starter(session, desk.owner, starter)
            if wanted == "hidden":
                row = hide_starter(session, desk.owner, starter)
                action, said = "saved_reply_hidden", f"Hid “{row.name}”."
            elif row is None:
                return redirect(desk.place, 303)
            elif wanted == "shown":
                row.is_hidden = False
                action, said = "saved_reply_shown", f"“{row.name}” can be used again."
            else:
                session.delete(row)
                action, said = "saved_reply_deleted", f"“{words}” has its first words again."
            desk.record(session, action, row.id)
    except ReplyChangedError:
        said = OVERTAKEN_STARTER
    flash(said)
    return redirect(desk.place, 303)


def show_page(desk: Desk, unsaved: _Unsaved | None = None) -> str:
    """Return the page."""
    with services_of(current_app).database.read() as session:
        own, starters = split_starters(read_replies(session, desk.owner))
    values = _sample_values(desk.practice)
    return render_template(
        "staff/saved_replies.html",
        practice=desk.practice,
        is_own=desk.owner.practice is None,
        place=desk.place,
        replies=[(reply, _samples(reply, values)) for reply in own],
        starters=[(kept, _samples(kept.words, values)) for kept in starters] if desk.owner.practice else [],
        unsaved=unsaved,
        variables=VARIABLES,
        words_of=WORDS,
        in_words=show_variables,
        longest_name=LONGEST_NAME,
        longest_text=LONGEST_TEXT,
    )


def _require_reply(session: Session, owner: Owner, reply_id: int) -> SavedReply:
    return find_reply(session, owner, reply_id) or abort(404)


def _sample_values(practice: Practice | None) -> dict[Language, dict[str, str]]:
    """Return what a patient whose first name is known would read for the variables, by language."""
    if practice is None:
        return {}
    reader, moment = Reader(SAMPLE_FIRST_NAME, member().name), now()
    return {language: known_values(practice, moment, language, reader) for language in (Language.EN, Language.ES)}


def _samples(reply: SavedReply | ReplyWords, values: dict[Language, dict[str, str]]) -> dict[Language, str]:
    """Return the texts as that patient would get them, by language."""
    texts = {Language.EN: reply.text, Language.ES: reply.text_es}
    return {language: fill_variables(text, values[language]) for language, text in texts.items() if text and values}
