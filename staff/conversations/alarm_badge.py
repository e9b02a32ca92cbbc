"""What every page of the console shows of alarms: how many are open, and whether anyone is paged for a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, g, render_template
from flask_login import current_user
from sqlalchemy.orm import Session

from inbox.models import Role
from intake.practices import Practice
from intake.settings import Settings
from staff import display
from staff.auth.access import member, open_to
from staff.conversations.alarms import MOST_COUNTED, count_open
from staff.conversations.calls import ALARM, MemberCall, calls_of_member
from tasks.notification.escalation_policy import Unpaged, silent_steps, why_unpaged
from tasks.notification.stopped_phones import find_stopped
from web.services import services_of

blueprint = Blueprint("alarms", __name__, url_prefix="/staff/alarms")


@dataclass(frozen=True, slots=True)
class _Paging:
    """Whom a practice's emergencies page: why nobody, and the contacts of the escalation that reach nobody."""

    name: str
    why: Unpaged | None
    silent: list[str]


@blueprint.app_context_processor
def alarms() -> dict[str, Any]:
    """Let every page show the number of open alarms, and warn if emergencies page nobody, or not at each step."""
    if not current_user.is_authenticated:
        return {"open_alarms": str, "nobody_paged": list, "why_unpaged": str, "partly_paged": list}
    return {
        "open_alarms": _open_alarms,
        "nobody_paged": _nobody_paged,
        "why_unpaged": _why_unpaged,
        "partly_paged": _partly_paged,
    }


@blueprint.get("")
@open_to(Role.STAFF)
def show() -> str:
    """Return the parts that show alarms, to refresh an open page."""
    return render_template("staff/alarms.html")


def _open_alarms() -> str:
    """Return the number of conversations with an open alarm, such as "2 urgent"; empty if there is none."""
    number = _count_alarms([call for call in calls_of_member() if call.kind == ALARM])
    shown = f"{MOST_COUNTED - 1}+" if number >= MOST_COUNTED else str(number)
    return f"{shown} urgent" if number else ""


def _count_alarms(alarms: Sequence[MemberCall]) -> int:
    """Count the conversations with an open alarm, of which these are the newest; samples don't count."""
    if len(alarms) < MOST_COUNTED:  # so there are no others
        return len({alarm.conversation_id for alarm in alarms if not alarm.is_sample})
    if "alarms_counted" not in g:
        with services_of(current_app).database.read() as session:
            g.alarms_counted = count_open(session, member().practices)
    counted: int = g.alarms_counted
    return counted


def _nobody_paged() -> list[str]:
    """Return the names of the member's practices whose emergencies page nobody."""
    return [name for name, _ in _unpaged()]


def _why_unpaged() -> str:
    """Return why they page nobody; of several reasons, the one that has to be dealt with first."""
    found = {why for _, why in _unpaged()}
    return next((why.value for why in Unpaged if why in found), "")


def _partly_paged() -> list[tuple[str, list[str]]]:
    """Return the names of the member's practices of whose escalation a part reaches nobody, and which."""
    return [(paged.name, paged.silent) for paged in _paging() if paged.why is None and paged.silent]


def _unpaged() -> list[tuple[str, Unpaged]]:
    """Return the names of the member's practices whose emergencies page nobody, and why."""
    return [(paged.name, paged.why) for paged in _paging() if paged.why is not None]


def _paging() -> list[_Paging]:
    """Return whom emergencies of the member's practices page; read once per request."""
    if "paging" not in g:
        services = services_of(current_app)
        with services.database.read() as session:
            g.paging = [
                _judge(services.practices.require(slug), services.settings, session) for slug in member().practices
            ]
    paging: list[_Paging] = g.paging
    return paging


def _judge(practice: Practice, settings: Settings, session: Session) -> _Paging:
    stopped = find_stopped(session, practice)
    silent = display.silent_contacts(practice, silent_steps(practice, settings, stopped))
    return _Paging(practice.name, why_unpaged(practice, settings, stopped), silent)
