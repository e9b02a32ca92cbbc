"""What the settings pages share: finding the practice, writing a change, and answering with the result."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, flash, redirect, url_for
from pydantic import TypeAdapter
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.accounts.second_factor import lacks_second_factor
from inbox.audit.trail import record_action
from inbox.models import StaffMember, now
from inbox.practices.setting_versions import read_standing
from intake.practice_settings import Mistake, MistakenError, merge_what_fits, setting_of
from intake.practices import EscalationStep, Practice
from intake.setting_editors import EditorKind, SettingPage
from intake.shared_addresses import addresses_of
from staff.auth.access import member, own_practice
from staff.settings.changes import OvertakenError, Proposal, Situation, write_version
from staff.settings.shared import find_shared
from staff.settings.typed_values import find_past, show_number
from tasks.notification.alarms import follow_escalation
from web.services import Services, services_of

Refusal = tuple[str, int]

APPLIES = "The change applies to the next message."
NOTHING_CHANGED = "Nothing changed."


SET_UP_YOUR_OWN = (
    "set up two-step sign-in for yourself first, on your account page (click your name at the top). Saving this now"
    " would shut you out"
)
_REQUIRES = "access.require_second_factor"
_ESCALATION = "escalation"
_STEPS = TypeAdapter(list[EscalationStep])


def practice_in_file(slug: str) -> Practice:
    """Return one of the member's practices as the practices file has it; 404 for any other."""
    return current_services().live.file.require(own_practice(slug).slug)


def finish_change(slug: str, message: str, page: SettingPage = SettingPage.PRACTICE) -> Response:
    """Redirect to a page of the settings with a message."""
    flash(message)
    return redirect(url_for("settings.page", slug=slug, settings_page=page), 303)


def record_audit(session: Session, slug: str, action: str, **detail: Any) -> None:
    """Record in the audit trail that the member saw or changed the settings of a practice."""
    record_action(session, staff_id=member().id, practice=slug, action=action, subject=f"settings:{slug}", **detail)


def current_services() -> Services:
    """Return the services of the current application."""
    return services_of(current_app)


def flash_past_dates(proposal: Proposal, practice: Practice) -> None:
    """Warn of dates in a change that have passed, most likely by a mistyped year."""
    today = now().astimezone(ZoneInfo(practice.time_zone)).date()
    for key, change in proposal.changes.items():
        kind = setting_of(type(practice), key).editor.kind
        if kind in (EditorKind.DATES, EditorKind.DAY_HOURS) and isinstance(change.after, list):
            before = change.before if isinstance(change.before, list) else []
            past = find_past([str(day) for day in change.after if day not in before], today)
            if past:
                flash(f"Check the year: {', '.join(past)} {'is' if len(past) == 1 else 'are'} in the past.")


def flash_kept(proposal: Proposal) -> None:
    """Say which numbers and email addresses stay, although they would be gone."""
    mail = [each for each in proposal.kept if "@" in each]
    numbers = [show_number(each) for each in proposal.kept if "@" not in each]
    if numbers:
        flash(f"Still listed, as retired, so that no text to it is lost: {', '.join(numbers)}.")
    if mail:
        flash(f"Mail to {', '.join(mail)} still comes in. Send yourself a test email (Setup checklist).")


def _lacks_second_factor() -> bool:
    with current_services().database.read() as session:
        return lacks_second_factor(session.get_one(StaffMember, member().id))


def write_change(situation: Situation, proposal: Proposal, action: str, undoes: int | None = None) -> int:
    """Write a version with its audit entry, and apply it in this process at once.

    Raises:
        MistakenError: it would shut out the member who makes it, or has an address of another practice.
        OvertakenError: someone else changed the settings meanwhile.
    """
    services, slug = current_services(), situation.file.slug
    requires = proposal.changes.get(_REQUIRES)
    if requires is not None and requires.after and _lacks_second_factor():
        raise MistakenError([Mistake(_REQUIRES, SET_UP_YOUR_OWN)])
    detail: dict[str, Any] = {"keys": list(proposal.changes)} | ({"undoes": undoes} if undoes else {})
    try:
        with services.database.write() as session:
            if shared := _explain_shared(session, situation, proposal):
                raise MistakenError(shared)
            version = write_version(session, situation, proposal, member().id, undoes)
            record_audit(session, slug, action, version=version, **detail)
            has_alarm = _follow_escalation(session, slug, proposal)
    except IntegrityError:
        raise OvertakenError from None
    services.live.refresh()
    flash_kept(proposal)
    if has_alarm:
        flash("An urgent message is open. Whoever is next for it follows the new escalation.")
    return version


def _explain_shared(session: Session, situation: Situation, proposal: Proposal) -> list[Mistake]:
    """Return which new numbers and addresses belong to another practice of this service, without naming it."""
    taken: set[str] = set()
    told: set[str] = set()
    for other in current_services().live.file.all:
        if other.slug != situation.file.slug:
            standing = read_standing(session, other.slug)
            for practice in (other, merge_what_fits(other, standing.overrides)[0]):
                taken.update(addresses_of(practice))
                told.update(practice.staff_numbers)
    return find_shared(situation.practice, {key: each.after for key, each in proposal.changes.items()}, taken, told)


def _follow_escalation(session: Session, slug: str, proposal: Proposal) -> bool:
    """Let open alarms go on by a changed escalation, and return whether there are any."""
    change = proposal.changes.get(_ESCALATION)
    if change is None:
        return False
    return follow_escalation(session, slug, _STEPS.validate_python(change.before), _STEPS.validate_python(change.after))
