"""The settings page of a practice, for its managers: routes to see, change and preview settings."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from inbox.models import Role, now
from intake.practice_settings import MistakenError, Value, find_setting, setting_of
from intake.practices import Practice
from intake.setting_editors import EditorKind
from intake.vocabulary import REPLIES
from staff.auth.access import first_practice, member, open_to
from staff.settings.changes import (
    OvertakenError,
    Situation,
    load_situation,
    load_situation_at,
    propose_values,
)
from staff.settings.escalation_rows import press_button, read_rows
from staff.settings.form_values import read_changes
from staff.settings.history import HistoryEntry, entries_since
from staff.settings.page_actions import (
    APPLIES,
    NOTHING_CHANGED,
    Refusal,
    current_services,
    finish_change,
    flash_past_dates,
    practice_in_file,
    record_audit,
    write_change,
)
from staff.settings.reply_preview import preview_wording
from staff.settings.typed_values import STANDARD_COLOR
from staff.settings.view import (
    NOTHING_UNSAVED,
    UnsavedForm,
    build_sections,
    describe_conflicts,
    dom_id_of,
    explain_unlisted,
    explain_unusable,
    list_problems,
)
from templates.replies import STOP_WORDING, hours_to_try
from templates.simple_words import ATTRIBUTES, NAMES

ROWS_BUTTON = "rows"  # the name of the buttons that add or remove a row

blueprint = Blueprint("settings", __name__, url_prefix="/staff/settings")

OVERTAKEN = (
    "Not saved: someone changed the settings after you opened this page. Your edits are still here. Review what"
    " changed, then save again."
)
OVERTAKEN_BY_FILE = (
    "Not saved: the practices file changed after you opened this page. Your edits are still here. Check them, then"
    " save again."
)
MISTAKEN = "Not saved. Fix these, then save again:"


@blueprint.get("")
@open_to(Role.MANAGER)
def first() -> Response:
    """Redirect to the settings of the member's first practice."""
    return redirect(url_for(".page", slug=first_practice()), 303)


@blueprint.get("/<slug>")
@open_to(Role.MANAGER)
def page(slug: str) -> str:
    """Show the settings."""
    file = practice_in_file(slug)
    with current_services().database.write() as session:
        situation = load_situation(session, file)
        record_audit(session, slug, "settings_viewed", version=situation.standing.version)
    return _render(situation)


@blueprint.post("/<slug>")
@open_to(Role.MANAGER)
def save(slug: str) -> Response | Refusal | str:
    """Save the changes in a form: all of them, or none if one value cannot be used."""
    file, token = practice_in_file(slug), request.form.get("version", "")
    with current_services().database.read() as session:
        situation, opened = load_situation(session, file), load_situation_at(session, file, token)
    changed = read_changes(request.form, opened.practice)
    if token != situation.token:
        return _refuse_overtaken(file, opened, UnsavedForm(request.form, changed))
    if ROWS_BUTTON in request.form:
        return _press_rows(situation, changed, request.form[ROWS_BUTTON])
    if not changed:
        return finish_change(slug, NOTHING_CHANGED)
    try:
        proposal = propose_values(situation, changed)
        version = write_change(situation, proposal, "settings_changed")
    except MistakenError as error:
        unsaved = UnsavedForm(request.form, changed, tuple(error.mistakes))
        return _render(situation, unsaved, problem=MISTAKEN), 422
    except OvertakenError:
        return _refuse_overtaken(file, opened, UnsavedForm(request.form, changed))
    flash_past_dates(proposal, situation.practice)
    names = ", ".join(setting_of(type(file), key).name for key in proposal.changes)
    return finish_change(slug, f"Saved as version {version} ({names}). {APPLIES}")


@blueprint.post("/<slug>/preview")
@open_to(Role.MANAGER)
def show_preview(slug: str) -> str:
    """Show a reply that is being typed as a patient would read it."""
    file, name = practice_in_file(slug), request.form.get("reply", "")
    if name not in REPLIES:
        abort(400, f"Unknown reply. Known replies: {', '.join(REPLIES)}.")
    with current_services().database.read() as session:
        practice = load_situation(session, file).practice
    preview = preview_wording(practice, name, request.form.get("text", ""), hours_to_try(practice, now()))
    return render_template("staff/settings_preview.html", preview=preview)


def _press_rows(situation: Situation, changed: Mapping[str, Value], pressed: str) -> str:
    """Show the form again with a row more or less, and nothing saved: what the page's script does by itself."""
    key = pressed.partition(" ")[0]
    setting = find_setting(type(situation.file), key)
    rows = press_button(pressed, key, read_rows(request.form, key))
    if setting is None or setting.editor.kind is not EditorKind.STEPS or rows is None:
        abort(400, "This button does not exist. Reload the page.")
    added = pressed.endswith(" add")
    focused = f"{dom_id_of(key)}-{len(rows)}-who" if added else f"{dom_id_of(key)}-add"
    return _render(situation, UnsavedForm(request.form, {**changed, key: rows}), focused=focused)


def _refuse_overtaken(file: Practice, opened: Situation, unsaved: UnsavedForm) -> Refusal:
    """Show a form again, with the changes since its page was opened."""
    with current_services().database.read() as session:
        situation = load_situation(session, file)
        since = entries_since(session, situation, opened.standing.version)
    return _render(situation, unsaved, problem=OVERTAKEN if since else OVERTAKEN_BY_FILE, since=since), 409


def _render(
    situation: Situation,
    unsaved: UnsavedForm = NOTHING_UNSAVED,
    *,
    problem: str = "",
    since: list[HistoryEntry] | None = None,
    focused: str = "",
) -> str:
    sections = build_sections(situation, unsaved, now())
    problems = list_problems(sections)
    return render_template(
        "staff/settings.html",
        practice=situation.practice,
        practices={slug: current_services().live.file.require(slug).name for slug in member().practices},
        token=situation.token,
        version=situation.standing.version,
        sections=sections,
        problems=problems,
        focused=next(iter(problems), focused),
        conflicts=describe_conflicts(situation),
        unusable=explain_unusable(situation),
        problem=problem,
        unlisted=explain_unlisted(situation, unsaved),
        since=since or [],
        names=[*(f"{head}.{name}" for head, attributes in ATTRIBUTES.items() for name in attributes), *NAMES],
        stop=STOP_WORDING,
        standard_color=STANDARD_COLOR,
    )
