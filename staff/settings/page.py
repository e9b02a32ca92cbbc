"""The settings page of a practice, for its managers: what can be changed while the service runs, and its history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.audit import record_action
from inbox.models import Role, now
from inbox.setting_versions import find_version, read_standing_at
from intake.errors import IntakeError
from intake.practice_settings import (
    HOURS,
    LINKS,
    REPLIES,
    THRESHOLDS,
    Mistake,
    MistakenError,
    Value,
    read_setting,
    team_keys,
    with_settings,
)
from intake.practices import Practice
from intake.vocabulary import REPLY_NAMES, words_of
from staff.auth.access import member, open_to, own_practice
from staff.settings.changes import (
    KNOWN_SERVICES,
    OvertakenError,
    Proposal,
    Situation,
    look,
    look_back,
    make,
    propose_keeping,
    propose_undoing,
    propose_values,
    version_number,
)
from staff.settings.fields import (
    KEPT,
    Field,
    Kind,
    describe,
    full_name_of,
    is_same,
    keys_of,
    kind_of,
    name_of,
    read,
    say,
    teams_of,
    write,
)
from staff.settings.history import Entry, read_history, tell_since
from staff.settings.reply_preview import preview
from tasks.notification.models import key_of
from templates.replies import STOP_WORDING, standard_words
from templates.simple_words import ATTRIBUTES, NAMES, problem_of
from web.services import Services, services_of

blueprint = Blueprint("settings", __name__, url_prefix="/staff/settings")

HOLDS = "It holds from the next message on."
OVERTAKEN = (
    "Not saved: the settings were changed since you opened this page. What you typed is still here: look at what was"
    " changed meanwhile, then save again."
)
OVERTAKEN_BY_FILE = (
    "Not saved: the practices file was changed since you opened this page. What you typed is still here: look at it,"
    " then save again."
)
CHANGED_MEANWHILE = (
    "Not done: the settings were changed since you opened this page. Look at how they are, then try again."
)
NOTHING_CHANGED = "Nothing was changed."


@blueprint.get("")
@open_to(Role.MANAGER)
def first() -> Response:
    """Lead to the settings of one's own practice, of the first where there are several."""
    if not member().practices:
        abort(404)
    return redirect(url_for(".page", slug=member().practices[0]), 303)


@blueprint.get("/<slug>")
@open_to(Role.MANAGER)
def page(slug: str) -> str:
    """Show the settings."""
    file = _file(slug)
    with _services().database.write() as session:
        situation = look(session, file)
        _record(session, slug, "settings_viewed", version=situation.standing.version)
    return _render(situation)


@blueprint.post("/<slug>")
@open_to(Role.MANAGER)
def save(slug: str) -> Response | tuple[str, int]:
    """Save what was changed in a form: all of it, or nothing where one value cannot be used."""
    file, token = _file(slug), request.form.get("version", "")
    with _services().database.read() as session:
        situation, opened = look(session, file), look_back(session, file, token)
        since = tell_since(session, situation, opened.standing.version)
    changed = _changed_in_form(opened.practice)
    if token != situation.token:
        return _render(situation, typed=changed, problem=OVERTAKEN if since else OVERTAKEN_BY_FILE, since=since), 409
    if not changed:
        return _done(slug, NOTHING_CHANGED)
    try:
        proposal = propose_values(situation, changed)
        version = _write(situation, proposal, "settings_changed")
    except MistakenError as error:
        return _render(situation, typed=changed, mistakes=error.mistakes), 422
    except OvertakenError:
        with _services().database.read() as session:
            situation = look(session, file)
            since = tell_since(session, situation, opened.standing.version)
        return _render(situation, typed=changed, problem=OVERTAKEN, since=since), 409
    names = ", ".join(full_name_of(key) for key in proposal.changes)
    return _done(slug, f"Saved as version {version}: {names}. {HOLDS}")


@blueprint.post("/<slug>/preview")
@open_to(Role.MANAGER)
def show_preview(slug: str) -> str:
    """Show a reply that is being typed as a patient would read it."""
    file, name = _file(slug), request.form.get("reply", "")
    if name not in REPLY_NAMES:
        abort(400, f"There is no such reply; there are {', '.join(REPLY_NAMES)}.")
    with _services().database.read() as session:
        practice = look(session, file).practice
    return render_template("staff/settings_preview.html", **_preview(practice, name, request.form.get("text", "")))


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
def undo(slug: str) -> Response | tuple[str, int]:
    """Put back what a version changed, as a new version."""
    file, undone = _file(slug), version_number(request.form.get("undoes", ""))
    with _services().database.read() as session:
        situation = look(session, file)
        version = find_version(session, slug, undone)
        before = read_standing_at(session, slug, undone - 1)

    def change() -> tuple[Proposal, str]:
        if version is None:
            abort(400, "There is no such version: reload the page and choose again.")
        return propose_undoing(situation, version, before), f"Version {undone} is undone."

    return _change_from_history(situation, change, undoes=undone)


@blueprint.post("/<slug>/keep")
@open_to(Role.MANAGER)
def keep(slug: str) -> Response | tuple[str, int]:
    """End a conflict between the practices file and what was changed here."""
    file, key = _file(slug), request.form.get("key", "")
    with _services().database.read() as session:
        situation = look(session, file)

    def change() -> tuple[Proposal, str]:
        if key not in situation.standing.overrides:
            abort(400, "There is no such conflict any more: reload the page.")
        from_file = request.form.get("keep") == "file"
        kept = "what the practices file says" if from_file else "what was set here"
        return propose_keeping(situation, key, file=from_file), f"{full_name_of(key)}: kept {kept}."

    return _change_from_history(situation, change)


def _change_from_history(
    situation: Situation, change: Callable[[], tuple[Proposal, str]], undoes: int | None = None
) -> Response | tuple[str, int]:
    """Make a change that a button alone asks for, or say on the history why it cannot be made."""
    slug = situation.file.slug
    if request.form.get("version", "") != situation.token:
        return _refuse(situation.file, CHANGED_MEANWHILE, 409)
    try:
        proposal, said = change()
        if not proposal.changes:
            return _done(slug, NOTHING_CHANGED)
        action = "settings_undone" if undoes else "settings_kept"
        _write(situation, proposal, action, undoes)
    except MistakenError as error:
        return _refuse(situation.file, " ".join(_strip(one.words, slug) for one in error.mistakes), 422)
    except OvertakenError:
        return _refuse(situation.file, CHANGED_MEANWHILE, 409)
    return _done(slug, f"{said} {HOLDS}")


def _write(situation: Situation, proposal: Proposal, action: str, undoes: int | None = None) -> int:
    """Write a version with its audit entry, and let it hold in this process at once."""
    services, slug = _services(), situation.file.slug
    detail: dict[str, Any] = {"keys": list(proposal.changes)} | ({"undoes": undoes} if undoes else {})
    try:
        with services.database.write() as session:
            version = make(session, situation, proposal, member().id, undoes)
            _record(session, slug, action, version=version, **detail)
    except IntegrityError:
        raise OvertakenError from None
    services.live.refresh()
    return version


def _refuse(file: Practice, problem: str, status: int) -> tuple[str, int]:
    with _services().database.read() as session:
        shown = read_history(session, file, None)
    return render_template("staff/settings_history.html", problem=problem, **shown), status


def _changed_in_form(opened: Practice) -> dict[str, Value]:
    """Return what a form has that its page did not show: what somebody else changed meanwhile is not taken back."""
    found = {}
    for key in keys_of(opened):
        if key in request.form:
            before = read_setting(opened, key)
            known = before if isinstance(before, list) else []
            value = None if request.form.get("standard") == key else read(key, request.form, known)
            if not is_same(key, value, before):
                found[key] = value
    return found


def _render(
    situation: Situation,
    *,
    typed: Mapping[str, Value] | None = None,
    mistakes: Iterable[Mistake] = (),
    problem: str = "",
    since: list[Entry] | None = None,
) -> str:
    typed, slug = typed or {}, situation.file.slug
    wrong = {one.key: _strip(one.words, slug) for one in mistakes}
    at_fields = {key: said for key, said in wrong.items() if key in typed}
    elsewhere = [said for key, said in wrong.items() if key not in typed]

    def fields(keys: Iterable[str]) -> list[Field]:
        return [_field(situation, key, typed, at_fields.get(key, "")) for key in keys]

    teams = teams_of(situation.practice)
    return render_template(
        "staff/settings.html",
        practice=situation.practice,
        practices={slug: _services().live.file.require(slug).name for slug in member().practices},
        token=situation.token,
        version=situation.standing.version,
        hours=fields(HOURS),
        links=fields(LINKS),
        thresholds=fields(THRESHOLDS),
        replies=[(field, _preview_of_field(situation.practice, field)) for field in fields(REPLIES)],
        teams={team: fields(team_keys(team)) for team in teams},
        team_name=words_of,
        addresses=lambda value: describe(value or []),
        say=say,
        conflicts=_tell_conflicts(situation),
        unusable=[(full_name_of(one.key) if one.key else "", _strip(one.words, slug)) for one in situation.unusable],
        problem=problem or ("Not saved: see below what is wrong." if wrong else ""),
        elsewhere=elsewhere,
        since=since or [],
        names=[*(f"{head}.{one}" for head, all_ in ATTRIBUTES.items() for one in all_), *NAMES],
        services=KNOWN_SERVICES,
        stop=STOP_WORDING,
    )


def _field(situation: Situation, key: str, typed: Mapping[str, Value], problem: str) -> Field:
    value = read_setting(situation.practice, key)
    kind = kind_of(key)
    as_typed = key in typed and typed[key] is not None and kind is not Kind.FLAG
    kept = (
        request.form.getlist(key + KEPT)
        if key in typed
        else [key_of(one) for one in value]
        if isinstance(value, list)
        else []
    )
    return Field(
        key,
        name_of(key),
        kind,
        typed=request.form[key] if as_typed else write(key, typed.get(key, value)),
        value=value,
        is_own=key in situation.standing.overrides,
        problem=problem,
        kept=tuple(kept) if kind is Kind.ADDRESSES else (),
    )


def _preview_of_field(practice: Practice, field: Field) -> dict[str, Any]:
    return _preview(practice, field.key.removeprefix("replies."), field.typed)


def _preview(practice: Practice, name: str, text: str) -> dict[str, Any]:
    key, text = f"replies.{name}", text.strip()
    own: Value = None if is_same(key, text, standard_words(name)) else text or None
    try:
        is_new = not is_same(key, own, read_setting(practice, key))
        problem = problem_of(own) if is_new and isinstance(own, str) else None
        shown = [] if problem else preview(with_settings(practice, {key: own}), name, now())
    except IntakeError as error:
        shown, problem = [], _strip(str(error), practice.slug)
    return {"shown": shown, "preview_problem": problem, "is_standard": own is None}


def _tell_conflicts(situation: Situation) -> list[dict[str, str]]:
    return [
        {
            "key": one.key,
            "name": full_name_of(one.key),
            "file": say(one.key, one.file),
            "own": say(one.key, one.own),
        }
        for one in situation.conflicts
    ]


def _file(slug: str) -> Practice:
    """Return what the practices file says of one's own practice; 404 for any other."""
    return _services().live.file.require(own_practice(slug).slug)


def _strip(words_of_check: str, slug: str) -> str:
    """Leave out the practice, which the page is all about."""
    return words_of_check.removeprefix(f"practice[{slug}]").lstrip(".: ")


def _done(slug: str, message: str) -> Response:
    flash(message)
    return redirect(url_for(".page", slug=slug), 303)


def _record(session: Session, slug: str, action: str, **detail: Any) -> None:
    record_action(session, staff_id=member().id, practice=slug, action=action, subject=f"settings:{slug}", **detail)


def _services() -> Services:
    return services_of(current_app)
