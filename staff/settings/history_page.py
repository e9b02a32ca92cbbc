"""The history of a practice's settings, for its managers: routes to see it, undo versions and end conflicts."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from inbox.models import Role
from inbox.practices.setting_versions import find_version, read_standing_at
from intake.practice_settings import MistakenError, setting_of
from intake.practices import Practice
from staff.auth.access import open_to
from staff.settings.changes import (
    OvertakenError,
    Proposal,
    Situation,
    load_situation,
    propose_keeping,
    propose_undoing,
    version_number,
)
from staff.settings.history import read_history
from staff.settings.mistakes import explain_elsewhere
from staff.settings.page_actions import (
    APPLIES,
    NOTHING_CHANGED,
    Refusal,
    current_services,
    finish_change,
    practice_in_file,
    record_audit,
    write_change,
)

blueprint = Blueprint("settings_history", __name__, url_prefix="/staff/settings")

CHANGED_MEANWHILE = (
    "Not done: someone changed the settings after you opened this page. Review what changed, then try again."
)


@blueprint.get("/<slug>/history")
@open_to(Role.MANAGER)
def history(slug: str) -> str:
    """Show who changed what and when."""
    file = practice_in_file(slug)
    with current_services().database.write() as session:
        shown = read_history(session, file, version_number(request.args.get("before", "")) or None)
        record_audit(session, slug, "settings_viewed", history=True)
    return render_template("staff/settings_history.html", **shown)


@blueprint.post("/<slug>/undo")
@open_to(Role.MANAGER)
def undo(slug: str) -> Response | Refusal:
    """Undo a version, which writes a new one."""
    file, undone = practice_in_file(slug), version_number(request.form.get("undoes", ""))
    with current_services().database.read() as session:
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
    file, key = practice_in_file(slug), request.form.get("key", "")
    with current_services().database.read() as session:
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
            return finish_change(file.slug, NOTHING_CHANGED)
        action = "settings_undone" if undoes else "settings_kept"
        write_change(situation, proposal, action, undoes)
    except MistakenError as error:
        reasons = [explain_elsewhere(type(file), mistake) for mistake in error.mistakes]
        return _refuse_button(file, f"Not done. {'; '.join(reasons)}", 422)
    except OvertakenError:
        return _refuse_button(file, CHANGED_MEANWHILE, 409)
    return finish_change(file.slug, f"{done} {APPLIES}")


def _refuse_button(file: Practice, problem: str, status: int) -> Refusal:
    with current_services().database.read() as session:
        shown = read_history(session, file, None)
    return render_template("staff/settings_history.html", problem=problem, **shown), status
