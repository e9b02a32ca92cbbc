"""The settings page of a practice, for its managers: routes to see, change and preview settings."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from inbox.models import Role, now
from inbox.practices.common_questions import read_questions
from intake.practice_settings import MistakenError, Value, find_setting, setting_of
from intake.practices import Practice
from intake.setting_editors import EditorKind, SettingGroup, SettingPage
from intake.vocabulary import REPLIES
from staff.auth.access import first_practice, member, open_to
from staff.settings.arrivals import read_arrivals
from staff.settings.changes import (
    OvertakenError,
    Situation,
    load_situation,
    load_situation_at,
    practice_with,
    propose_values,
)
from staff.settings.escalation_rows import press_button, read_rows
from staff.settings.form_values import find_words, read_changes
from staff.settings.history import VersionEntry, entries_since
from staff.settings.mistakes import explain_elsewhere
from staff.settings.number_rows import NUMBERS, SURE, explain_retiring, say_seen
from staff.settings.page_actions import (
    APPLIES,
    NOTHING_CHANGED,
    Refusal,
    current_services,
    finish_change,
    flash_kept,
    flash_past_dates,
    practice_in_file,
    record_audit,
    write_change,
)
from staff.settings.reply_preview import preview_wording
from staff.settings.route_rows import emergency_words
from staff.settings.section_preview import PREVIEWED, SectionPreview, preview_section
from staff.settings.typed_values import STANDARD_COLOR
from staff.settings.view import (
    NOTHING_UNSAVED,
    PREVIEW,
    UnsavedForm,
    build_sections,
    describe_conflicts,
    dom_id_of,
    explain_unlisted,
    explain_unusable,
    list_problems,
)
from staff.settings.wordings import list_conditions, list_values
from templates.opening_hours import HOURS_QUESTION, MEND, find_contradiction
from templates.replies import STOP_WORDING, hours_to_try

ROWS_BUTTON = "rows"  # the name of the buttons that add or remove a row

OTHER_PAGES = tuple(each.value for each in SettingPage if each is not SettingPage.PRACTICE)
TEST_IT = "Try it on the setup checklist, under “On call tested”."
blueprint = Blueprint("settings", __name__, url_prefix="/staff/settings")

OVERTAKEN = (
    "Not saved: someone changed the settings after you opened this page. Your edits are still here. Review what"
    " changed, then save again."
)
OVERTAKEN_BY_FILE = (
    "Not saved: the practices file changed after you opened this page. Your edits are still here. Check them, then"
    " save again."
)
UNSURE = "Not saved yet. Read what this means, mark it, then save again:"
MISTAKEN = "Not saved. Fix these, then save again:"


def _page_named(name: str) -> SettingPage:
    return next(page for page in SettingPage if page == name)


@blueprint.get("")
@open_to(Role.MANAGER)
def first() -> Response:
    """Redirect to the settings of the member's first practice."""
    return redirect(url_for(".page", slug=first_practice()), 303)


@blueprint.get("/<slug>", defaults={"settings_page": SettingPage.PRACTICE.value})
@blueprint.get(f"/<slug>/<any({','.join(map(repr, OTHER_PAGES))}):settings_page>")
@open_to(Role.MANAGER)
def page(slug: str, settings_page: str) -> str:
    """Show a page of the settings."""
    file = practice_in_file(slug)
    with current_services().database.write() as session:
        situation = load_situation(session, file)
        record_audit(session, slug, "settings_viewed", version=situation.standing.version)
    return _render(situation, _page_named(settings_page))


@blueprint.post("/<slug>", defaults={"settings_page": SettingPage.PRACTICE.value})
@blueprint.post(f"/<slug>/<any({','.join(map(repr, OTHER_PAGES))}):settings_page>")
@open_to(Role.MANAGER)
def save(slug: str, settings_page: str) -> Response | Refusal | str:
    """Save the changes in a page's form: all of them, or none if one value cannot be used."""
    file, token, page = practice_in_file(slug), request.form.get("version", ""), _page_named(settings_page)
    with current_services().database.read() as session:
        situation, opened = load_situation(session, file), load_situation_at(session, file, token)
    changed = read_changes(request.form, opened.practice)
    if token != situation.token:
        return _refuse_overtaken(file, page, opened, UnsavedForm(request.form, changed))
    if ROWS_BUTTON in request.form:
        return _press_rows(situation, page, changed, request.form[ROWS_BUTTON])
    if PREVIEW in request.form:
        return _render(situation, page, UnsavedForm(request.form, changed))
    if not changed:
        return finish_change(slug, NOTHING_CHANGED, page)
    try:
        proposal = propose_values(situation, changed)
        _ask_first(situation, changed)
        if not proposal.changes:
            flash_kept(proposal)
            return finish_change(slug, NOTHING_CHANGED, page)
        version = write_change(situation, proposal, "settings_changed")
    except MistakenError as error:
        unsaved = UnsavedForm(request.form, changed, tuple(error.mistakes))
        is_asked = all(mistake.part == "sure" for mistake in error.mistakes)
        return _render(situation, page, unsaved, problem=UNSURE if is_asked else MISTAKEN), 422
    except OvertakenError:
        return _refuse_overtaken(file, page, opened, UnsavedForm(request.form, changed))
    flash_past_dates(proposal, situation.practice)
    if "name" in proposal.changes:
        _flash_old_name(file, situation.practice.name)
    if any(key.startswith("hours") for key in proposal.changes):
        _flash_contradiction(file)
    names = ", ".join(setting_of(type(file), key).name for key in proposal.changes)
    is_paging = any(key.startswith(("teams.", "escalation")) for key in proposal.changes)
    saved = f"Saved as version {version} ({names}). {APPLIES}{f' {TEST_IT}' if is_paging else ''}"
    return finish_change(slug, saved, page)


def _ask_first(situation: Situation, changed: Mapping[str, Value]) -> None:
    """Say what it means to retire a number, before it is done.

    Raises:
        MistakenError: a number is retired by someone who was not told so yet.
    """
    rows = changed.get(NUMBERS)
    if not isinstance(rows, list):
        return
    with current_services().database.read() as session:
        arrivals = read_arrivals(session, situation.file.slug, situation.practice.all_numbers)
    if unsure := explain_retiring(situation.practice, rows, request.form.getlist(NUMBERS + SURE), arrivals):
        raise MistakenError(unsure)


def _flash_old_name(file: Practice, name: str) -> None:
    """Say which of the practice's own words still have the name that it had."""
    with current_services().database.read() as session:
        practice = load_situation(session, file).practice
        answers = [
            f"Common question: {each.title}" for each in read_questions(session, file.slug) if name in each.answer
        ]
    if found := [*find_words(practice, name), *answers]:
        flash(f"Your own words still say “{name}”: {', '.join(found)}.")


def _flash_contradiction(file: Practice) -> None:
    """Say that the practice's own answer about its hours no longer agrees with the hours that were saved."""
    with current_services().database.read() as session:
        answers = {question.key: question.answer for question in read_questions(session, file.slug)}
        hours = load_situation(session, file).practice.hours
    if contradiction := find_contradiction(answers.get(HOURS_QUESTION, ""), hours):
        flash(f"Your answer to “Opening hours” (Common questions) disagrees. {contradiction} {MEND}")


@blueprint.post("/<slug>/preview")
@open_to(Role.MANAGER)
def show_preview(slug: str) -> str:
    """Show a reply that is being typed as a patient would read it."""
    file, name = practice_in_file(slug), request.form.get("reply", "")
    if "section" in request.form:
        return _preview_section(file, request.form["section"])
    if name not in REPLIES:
        abort(400, f"Unknown reply. Known replies: {', '.join(REPLIES)}.")
    with current_services().database.read() as session:
        practice = load_situation(session, file).practice
    preview = preview_wording(practice, name, request.form.get("text", ""), hours_to_try(practice, now()))
    problem_id = f"{dom_id_of(f'replies.{name}')}-problem"
    return render_template("staff/settings_preview.html", preview=preview, problem_id=problem_id)


def _preview_section(file: Practice, name: str) -> str:
    """Show what patients see and hear of a section whose form is being filled in."""
    group = next((each for each in PREVIEWED if each == name), None)
    if group is None:
        abort(400, f"Unknown section. Sections with a preview: {', '.join(PREVIEWED)}.")
    with current_services().database.read() as session:
        situation = load_situation(session, file)
    practice = situation.practice
    try:
        practice = practice_with(situation, read_changes(request.form, practice))
        preview = preview_section(practice, group, hours_to_try(practice, now()))
    except MistakenError as error:
        preview = SectionPreview(group, problem=explain_elsewhere(type(file), error.mistakes[0]))
    return render_template("staff/settings_section_preview.html", preview=preview, practice=practice)


def _press_rows(situation: Situation, page: SettingPage, changed: Mapping[str, Value], pressed: str) -> str:
    """Show the form again with a row more or less, and nothing saved: what the page's script does by itself."""
    key = pressed.partition(" ")[0]
    setting = find_setting(type(situation.file), key)
    rows = press_button(pressed, key, read_rows(request.form, key))
    if setting is None or setting.editor.kind is not EditorKind.STEPS or rows is None:
        abort(400, "This button does not exist. Reload the page.")
    added = pressed.endswith(" add")
    focused = f"{dom_id_of(key)}-{len(rows)}-who" if added else f"{dom_id_of(key)}-add"
    return _render(situation, page, UnsavedForm(request.form, {**changed, key: rows}), focused=focused)


def _refuse_overtaken(file: Practice, page: SettingPage, opened: Situation, unsaved: UnsavedForm) -> Refusal:
    """Show a form again, with the changes since its page was opened."""
    with current_services().database.read() as session:
        situation = load_situation(session, file)
        since = entries_since(session, situation, opened.standing.version)
    return _render(situation, page, unsaved, problem=OVERTAKEN if since else OVERTAKEN_BY_FILE, since=since), 409


def _render(
    situation: Situation,
    page: SettingPage,
    unsaved: UnsavedForm = NOTHING_UNSAVED,
    *,
    problem: str = "",
    since: list[VersionEntry] | None = None,
    focused: str = "",
) -> str:
    sections = build_sections(situation, unsaved, now(), page)
    problems = list_problems(sections)
    practice, settings = situation.practice, current_services().settings
    seen: dict[str, str] = {}
    if any(section.group is SettingGroup.NUMBERS for section in sections):
        with current_services().database.read() as session:
            carried = read_arrivals(session, practice.slug, filter(None, [*practice.all_numbers, practice.texts_from]))
        seen = {number: say_seen(arrivals, practice.time_zone) for number, arrivals in carried.items()}
    return render_template(
        "staff/settings.html",
        practice=practice,
        page=page,
        pages={each: [group for group in SettingGroup if group.page is each] for each in SettingPage},
        practices={slug: current_services().practices.require(slug).name for slug in member().practices},
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
        values=list_values(practice, now()),
        conditions=list_conditions(),
        stop=STOP_WORDING,
        standard_color=STANDARD_COLOR,
        webhooks={"A message comes in": "/twilio/sms", "A call comes in": "/twilio/voice"},
        public_url=settings.public_url,
        sends_texts=settings.sends_texts,
        sends_mail=settings.smtp_url is not None,
        seen=seen,
        emergencies=emergency_words(practice),
    )
