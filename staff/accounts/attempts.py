"""The page of failed sign-ins, for administrators."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inbox.accounts.administration import members_of
from inbox.models import AuditEntry, Role
from staff import display
from staff.audit.words import REASONS
from staff.auth.access import member, open_to
from web.services import services_of

blueprint = Blueprint("attempts", __name__, url_prefix="/staff/accounts/failed-sign-ins")

SHOWN = 200


@dataclass(frozen=True, slots=True)
class FailedSignIn:
    """One failed sign-in, in display words."""

    at: str
    who: str
    source: str
    reason: str


@blueprint.get("")
@open_to(Role.ADMIN)
def page() -> str:
    """Show the latest failed sign-ins to accounts of the member's practices, and to no account."""
    own = [services_of(current_app).practices.require(slug) for slug in member().practices]
    zone = own[0].time_zone if own else "UTC"
    with services_of(current_app).database.read() as session:
        found = _read_failures(session, zone)
    return render_template("staff/account_attempts.html", failures=found, shown=SHOWN)


def _read_failures(session: Session, zone: str) -> list[FailedSignIn]:
    names = {f"staff:{account.id}": account.name for account in members_of(session, member().practices)}
    query = select(AuditEntry).where(
        AuditEntry.action == "sign_in_failed", or_(AuditEntry.subject == "staff", AuditEntry.subject.in_(names))
    )
    entries = session.scalars(query.order_by(AuditEntry.id.desc()).limit(SHOWN))
    return [
        FailedSignIn(
            at=display.clock(entry.at, zone),
            who=names.get(entry.subject, "No account"),
            source=str(entry.detail.get("from", "")),
            reason=REASONS.get(str(entry.detail.get("reason")), str(entry.detail.get("reason"))),
        )
        for entry in entries
    ]
