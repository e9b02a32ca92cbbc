"""What every page of the console shows of what calls the member: open alarms, mentions, and assignments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, g
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Conversation, Escalation, MemberNotice
from staff.auth.access import Member, member
from staff.conversations.alarms import MOST_COUNTED
from web.services import services_of

blueprint = Blueprint("calls", __name__)

ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Call:
    """Something that calls the member to a conversation; of those of one kind, the newest has the highest id.

    Attributes:
        kind: `alarm`, or a `NoticeReason`.
        id: the id of the alarm or the notice.
        conversation_id: the conversation.
    """

    kind: str
    id: int
    conversation_id: int


@blueprint.app_context_processor
def calls() -> dict[str, Any]:
    """Let every page show what calls the member."""
    return {"calls": _calls, "for_me": _for_me} if current_user.is_authenticated else {"calls": list, "for_me": str}


def read_calls_of(session: Session, person: Member) -> list[Call]:
    """Return the newest open alarms of a member's practices, and what colleagues called the member to and is unseen."""
    alarms = select(Escalation.id, Escalation.conversation_id).where(
        Escalation.practice.in_(person.practices), Escalation.acknowledged_at.is_(None)
    )
    notices = (
        select(MemberNotice.id, MemberNotice.reason, MemberNotice.conversation_id)
        .join(MemberNotice.conversation)
        .where(
            MemberNotice.staff_id == person.id,
            MemberNotice.seen_at.is_(None),
            Conversation.practice.in_(person.reachable),
        )
    )
    raised = session.execute(alarms.order_by(Escalation.id.desc()).limit(MOST_COUNTED)).all()
    unseen = session.execute(notices.order_by(MemberNotice.id.desc()).limit(MOST_COUNTED)).all()
    return [
        *(Call(ALARM, row.id, row.conversation_id) for row in raised),
        *(Call(row.reason, row.id, row.conversation_id) for row in unseen),
    ]


def _calls() -> list[Call]:
    if "calls" not in g:
        with services_of(current_app).database.read() as session:
            g.calls = read_calls_of(session, member())
    found: list[Call] = g.calls
    return found


def _for_me() -> str:
    """Return how many conversations colleagues called the member to, such as "2 for you"; empty if none."""
    number = len({call.conversation_id for call in _calls() if call.kind != ALARM})
    shown = f"{MOST_COUNTED - 1}+" if number >= MOST_COUNTED else str(number)
    return f"{shown} for you" if number else ""
