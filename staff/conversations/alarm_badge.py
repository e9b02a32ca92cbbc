"""What every page of the console shows of alarms: how many are open, and whether anyone is paged for a new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, current_app, g, render_template
from flask_login import current_user

from inbox.models import Role
from staff.auth.access import member, open_to
from staff.conversations.alarms import MOST_COUNTED, count_open
from staff.conversations.calls import ALARM, Call, calls_of_member
from tasks.notification.escalation_policy import Unpaged, why_unpaged
from tasks.notification.stopped_phones import find_stopped
from web.services import services_of

blueprint = Blueprint("alarms", __name__, url_prefix="/staff/alarms")


@blueprint.app_context_processor
def alarms() -> dict[str, Any]:
    """Let every page show the number of open alarms, and warn if nobody is paged for emergencies."""
    if not current_user.is_authenticated:
        return {"open_alarms": str, "nobody_paged": list, "why_unpaged": str}
    return {"open_alarms": _open_alarms, "nobody_paged": _nobody_paged, "why_unpaged": _why_unpaged}


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


def _count_alarms(alarms: Sequence[Call]) -> int:
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


def _unpaged() -> list[tuple[str, Unpaged]]:
    """Return the names of the member's practices whose emergencies page nobody, and why; read once per request."""
    if "unpaged" not in g:
        services = services_of(current_app)
        own = [services.practices.require(slug) for slug in member().practices]
        with services.database.read() as session:
            reasons = [
                (practice.name, why_unpaged(practice, services.settings, find_stopped(session, practice)))
                for practice in own
            ]
        g.unpaged = [(name, why) for name, why in reasons if why is not None]
    unpaged: list[tuple[str, Unpaged]] = g.unpaged
    return unpaged
