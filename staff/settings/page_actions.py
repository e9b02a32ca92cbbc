"""What the settings pages share: finding the practice, writing a change, and answering with the result."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, url_for
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.audit import record_action
from intake.practices import Practice
from staff.auth.access import member, own_practice
from staff.settings.changes import OvertakenError, Proposal, Situation, write_version
from web.services import Services, services_of

Refusal = tuple[str, int]

APPLIES = "The change applies to the next message."
NOTHING_CHANGED = "Nothing changed."


def practice_in_file(slug: str) -> Practice:
    """Return one of the member's practices as the practices file has it; 404 for any other."""
    return current_services().live.file.require(own_practice(slug).slug)


def finish_change(slug: str, message: str) -> Response:
    """Redirect to the settings with a message."""
    flash(message)
    return redirect(url_for("settings.page", slug=slug), 303)


def record_audit(session: Session, slug: str, action: str, **detail: Any) -> None:
    """Record in the audit trail that the member saw or changed the settings of a practice."""
    record_action(session, staff_id=member().id, practice=slug, action=action, subject=f"settings:{slug}", **detail)


def current_services() -> Services:
    """Return the services of the current application."""
    return services_of(current_app)


def write_change(situation: Situation, proposal: Proposal, action: str, undoes: int | None = None) -> int:
    """Write a version with its audit entry, and apply it in this process at once."""
    services, slug = current_services(), situation.file.slug
    detail: dict[str, Any] = {"keys": list(proposal.changes)} | ({"undoes": undoes} if undoes else {})
    try:
        with services.database.write() as session:
            version = write_version(session, situation, proposal, member().id, undoes)
            record_audit(session, slug, action, version=version, **detail)
    except IntegrityError:
        raise OvertakenError from None
    services.live.refresh()
    return version
