"""What every page of the console shows of what calls the member: open alarms, mentions, assignments, held messages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Blueprint, current_app, g
from flask_login import current_user
from sqlalchemy import CompoundSelect, bindparam, literal, select, union_all
from sqlalchemy.orm import Session

from inbox.conversations.member_notices import count_unseen
from inbox.models import Conversation, Escalation, MemberNotice
from staff.auth.access import Member, member
from staff.conversations.alarms import MOST_COUNTED
from tasks.samples import is_sample
from web.services import services_of

blueprint = Blueprint("calls", __name__)

ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class MemberCall:
    """Something that calls the member to a conversation; of those of one kind, the newest has the highest id.

    Attributes:
        kind: `alarm`, or a `NoticeReason`.
        id: the id of the alarm or the notice.
        conversation_id: the conversation.
        is_sample: whether that is a fictional one of a new service; False unless it is an alarm's.
    """

    kind: str
    id: int
    conversation_id: int
    is_sample: bool = False


@blueprint.app_context_processor
def calls() -> dict[str, Any]:
    """Let every page show what calls the member."""
    return (
        {"calls": calls_of_member, "for_me": _for_me}
        if current_user.is_authenticated
        else {"calls": list, "for_me": str}
    )


@cache
def _calls() -> CompoundSelect[Any]:
    """Return the query for what calls a member; every page asks it, and building it takes longer than answering it."""
    alarms = (
        select(literal(ALARM), Escalation.id, Escalation.conversation_id, is_sample())
        .outerjoin(Conversation, Conversation.id == Escalation.conversation_id)
        .where(Escalation.practice.in_(bindparam("practices", expanding=True)), Escalation.acknowledged_at.is_(None))
    )
    notices = (
        select(MemberNotice.reason, MemberNotice.id, MemberNotice.conversation_id, literal(False))
        .join(MemberNotice.conversation)
        .where(
            MemberNotice.staff_id == bindparam("staff_id"),
            MemberNotice.seen_at.is_(None),
            Conversation.practice.in_(bindparam("reachable", expanding=True)),
        )
    )
    newest = (
        alarms.order_by(Escalation.id.desc()).limit(MOST_COUNTED).subquery(),
        notices.order_by(MemberNotice.id.desc()).limit(MOST_COUNTED).subquery(),
    )
    return union_all(*(select(*part.c) for part in newest))


def read_calls_of(session: Session, person: Member) -> list[MemberCall]:
    """Return the newest open alarms of a member's practices, and what colleagues called the member to and is unseen."""
    whose = {"practices": person.practices, "staff_id": person.id, "reachable": person.reachable}
    found = session.execute(_calls(), whose)
    calls = [MemberCall(kind, row_id, conversation_id, bool(sample)) for kind, row_id, conversation_id, sample in found]
    return sorted(calls, key=lambda call: (call.kind != ALARM, -call.id))


def calls_of_member() -> list[MemberCall]:
    """Return what calls the signed-in member; read once per request."""
    if "calls" not in g:
        with services_of(current_app).database.read() as session:
            g.calls = read_calls_of(session, member())
    found: list[MemberCall] = g.calls
    return found


def count_calls(session: Session) -> int:
    """Count the conversations that colleagues called the signed-in member to, who has not opened them since."""
    unseen = [call.conversation_id for call in calls_of_member() if call.kind != ALARM]
    if len(unseen) < MOST_COUNTED:  # so there are no others
        return len(set(unseen))
    return session.scalar(select(count_unseen(member().id, member().reachable))) or 0


def _for_me() -> str:
    """Return how many conversations colleagues called the member to, such as "2 for you"; empty if none."""
    number = len({call.conversation_id for call in calls_of_member() if call.kind != ALARM})
    shown = f"{MOST_COUNTED - 1}+" if number >= MOST_COUNTED else str(number)
    return f"{shown} for you" if number else ""
