"""The settings page of a practice, for its managers: routes to see, change and undo settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.audit import record_action
from inbox.models import Role, now
from inbox.setting_versions import find_version, read_standing_at
from intake.practice_settings import MistakenError, setting_of
from intake.practices import Practice
from intake.vocabulary import REPLY_NAMES
from staff.auth.access import member, open_to, own_practice
from staff.settings.changes import (
    KNOWN_SERVICES,
    OvertakenError,
    Proposal,
    Situation,
    load_situation,
    load_situation_at,
    propose_keeping,
    propose_undoing,
    propose_values,
    version_number,
    write_version,
)
from staff.settings.form_values import read_changes
from staff.settings.history import HistoryEntry, entries_since, read_history
from staff.settings.mistakes import explain_elsewhere
from staff.settings.reply_preview import preview_wording
from staff.settings.view import (
    NOTHING_UNSAVED,
    UnsavedForm,
    build_sections,
    describe_conflicts,
    explain_unlisted,
    explain_unusable,
)
from templates.replies import STOP_WORDING
from templates.simple_words import ATTRIBUTES, NAMES
from web.services import Services, services_of

blueprint = Blueprint("settings", __name__, url_prefix="/staff/settings")

Refusal = tuple[str, int]

APPLIES = "The change applies to the next message."
OVERTAKEN = (
    "Not saved: someone changed the settings after you opened this page. Your edits are still here. Review what"
    " changed, then save again."
)
OVERTAKEN_BY_FILE = (
    "Not saved: the practices file changed after you opened this page. Your edits are still here. Check them, then"
    " save again."
)
CHANGED_MEANWHILE = (
    "Not done: someone changed the settings after you opened this page. Review what changed, then try again."
)
MISTAKEN = "Not saved: fix the problems below, then save again."
NOTHING_CHANGED = "Nothing changed."


@blueprint.get("")
@open_to(Role.MANAGER)
def first() -> Response:
    """Redirect to the settings of the member's first practice."""
    if not member().practices:
        abort(404)
    return redirect(url_for(".page", slug=member().practices[0]), 303)


@blueprint.get("/<slug>")
@open_to(Role.MANAGER)
def page(slug: str) -> str:
    """Show the settings."""
    file = _file(slug)
    with _services().database.write() as session:
        situation = load_situation(session, file)
        _record(session, slug, "settings_viewed", version=situation.standing.version)
    return _render(situation)


@blueprint.post("/<slug>")
@open_to(Role.MANAGER)
def save(slug: str) -> Response | Refusal:
    """Save the changes in a form: all of them, or none if one value cannot be used."""
    file, token = _file(slug), request.form.get("version", "")
    with _services().database.read() as session:
        situation, opened = load_situation(session, file), load_situation_at(session, file, token)
    changed = read_changes(request.form, opened.practice)
    if token != situation.token:
        return _refuse_overtaken(file, opened, UnsavedForm(request.form, changed))
    if not changed:
        return _finish(slug, NOTHING_CHANGED)
    try:
        proposal = propose_values(situation, changed)
        version = _write(situation, proposal, "settings_changed")
    except MistakenError as error:
        unsaved = UnsavedForm(request.form, changed, tuple(error.mistakes))
        return _render(situation, unsaved, problem=MISTAKEN), 422
    except OvertakenError:
        return _refuse_overtaken(file, opened, UnsavedForm(request.form, changed))
    names = ", ".join(setting_of(type(file), key).name for key in proposal.changes)
    return _finish(slug, f"Saved as version {version} ({names}). {APPLIES}")


@blueprint.post("/<slug>/preview")
@open_to(Role.MANAGER)
def show_preview(slug: str) -> str:
    """Show a reply that is being typed as a patient would read it."""
    file, name = _file(slug), request.form.get("reply", "")
    if name not in REPLY_NAMES:
        abort(400, f"Unknown reply. Known replies: {', '.join(REPLY_NAMES)}.")
    with _services().database.read() as session:
        practice = load_situation(session, file).practice
    preview = preview_wording(practice, name, request.form.get("text", ""), now())
    return render_template("staff/settings_preview.html", preview=preview)


@blueprint.get("/<slug>/history")
@open_to(Role.MANAGER)
def history(slug: str) -> str:
    """Show who changed what and when."""
    file = _file(slug)
    with _services().database.write() as session:
        shown = read_history(session, file, version_number(request.args.get("before", "")) or None)
        _record(session, slug, "settings_viewed", history=True)
    return render_template("staff/settings_history.html", **shown)


@blueprint.post("/<slug>/undo")
@open_to(Role.MANAGER)
def undo(slug: str) -> Response | Refusal:
    """Undo a version, which writes a new one."""
    file, undone = _file(slug), version_number(request.form.get("undoes", ""))
    with _services().database.read() as session:
        situation = load_situation(session, file)
        version = find_version(session, slug, undone)
        before = read_standing_at(session, slug, undone - 1)

    def propose() -> tuple[Proposal, str]:
        if version is None:
            abort(400, "This version does not exist. Reload the page and choose again.")
        return propose_undoing(situation, version, before), f"Undid version {undone}."

    return _apply_button(situation, propose, undoes=undone)


@blueprint.post("/<slug>/keep")
@open_to(Role.MANAGER)
def keep(slug: str) -> Response | Refusal:
    """End a conflict between the practices file and a change made here."""
    file, key = _file(slug), request.form.get("key", "")
    with _services().database.read() as session:
        situation = load_situation(session, file)

    def propose() -> tuple[Proposal, str]:
        if key not in situation.standing.overrides:
            abort(400, "This conflict no longer exists. Reload the page.")
        from_file = request.form.get("keep") == "file"
        source = "the practices file" if from_file else "this page"
        name = setting_of(type(file), key).name
        return propose_keeping(situation, key, file=from_file), f"Kept the value from {source} ({name})."

    return _apply_button(situation, propose)


def _apply_button(
    situation: Situation, propose: Callable[[], tuple[Proposal, str]], undoes: int | None = None
) -> Response | Refusal:
    """Make the change behind a button, or explain on the history page why it cannot be made."""
    file = situation.file
    if request.form.get("version", "") != situation.token:
        return _refuse_button(file, CHANGED_MEANWHILE, 409)
    try:
        proposal, done = propose()
        if not proposal.changes:
            return _finish(file.slug, NOTHING_CHANGED)
        action = "settings_undone" if undoes else "settings_kept"
        _write(situation, proposal, action, undoes)
    except MistakenError as error:
        reasons = [explain_elsewhere(type(file), mistake) for mistake in error.mistakes]
        return _refuse_button(file, f"Not done. {'; '.join(reasons)}", 422)
    except OvertakenError:
        return _refuse_button(file, CHANGED_MEANWHILE, 409)
    return _finish(file.slug, f"{done} {APPLIES}")


def _write(situation: Situation, proposal: Proposal, action: str, undoes: int | None = None) -> int:
    """Write a version with its audit entry, and apply it in this process at once."""
    services, slug = _services(), situation.file.slug
    detail: dict[str, Any] = {"keys": list(proposal.changes)} | ({"undoes": undoes} if undoes else {})
    try:
        with services.database.write() as session:
            version = write_version(session, situation, proposal, member().id, undoes)
            _record(session, slug, action, version=version, **detail)
    except IntegrityError:
        raise OvertakenError from None
    services.live.refresh()
    return version


def _refuse_overtaken(file: Practice, opened: Situation, unsaved: UnsavedForm) -> Refusal:
    """Show a form again, with the changes since its page was opened."""
    with _services().database.read() as session:
        situation = load_situation(session, file)
        since = entries_since(session, situation, opened.standing.version)
    return _render(situation, unsaved, problem=OVERTAKEN if since else OVERTAKEN_BY_FILE, since=since), 409


def _refuse_button(file: Practice, problem: str, status: int) -> Refusal:
    with _services().database.read() as session:
        shown = read_history(session, file, None)
    return render_template("staff/settings_history.html", problem=problem, **shown), status


def _render(
    situation: Situation,
    unsaved: UnsavedForm = NOTHING_UNSAVED,
    *,
    problem: str = "",
    since: list[HistoryEntry] | None = None,
) -> str:
    return render_template(
        "staff/settings.html",
        practice=situation.practice,
        practices={slug: _services().live.file.require(slug).name for slug in member().practices},
        token=situation.token,
        version=situation.standing.version,
        sections=build_sections(situation, unsaved, now()),
        conflicts=describe_conflicts(situation),
        unusable=explain_unusable(situation),
        problem=problem,
        unlisted=explain_unlisted(situation, unsaved),
        since=since or [],
        names=[*(f"{head}.{name}" for head, attributes in ATTRIBUTES.items() for name in attributes), *NAMES],
        services=KNOWN_SERVICES,
        stop=STOP_WORDING,
    )


def _file(slug: str) -> Practice:
    """Return one of the member's practices as the practices file has it; 404 for any other."""
    return _services().live.file.require(own_practice(slug).slug)


def _finish(slug: str, message: str) -> Response:
    flash(message)
    return redirect(url_for(".page", slug=slug), 303)


def _record(session: Session, slug: str, action: str, **detail: Any) -> None:
    record_action(session, staff_id=member().id, practice=slug, action=action, subject=f"settings:{slug}", **detail)


def _services() -> Services:
    return services_of(current_app)
