"""What a restored database must forget or ask about, because the world has gone on since the backup was made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, bindparam, func, not_, or_, select, update
from sqlalchemy.orm import Session

from inbox.audit.trail import record_action
from inbox.models import Delivery, DeliveryState, Message, RestoredBackup, RetentionRun, StaffLink, StaffSession, now
from intake.vocabulary import Medium

# Built once, as building a statement takes longer than running it. The ID alone does not tell, as older versions on
# SQLite gave a new message the ID of one that was erased.
_AT = bindparam("at", type_=RestoredBackup.restored_at.type)
_RESTORED_SINCE = (
    select(RestoredBackup.id)
    .where(
        or_(
            and_(RestoredBackup.last_message_id >= bindparam("message"), RestoredBackup.restored_at >= _AT),
            and_(RestoredBackup.last_message_id.is_(None), RestoredBackup.made_at >= _AT),
        )
    )
    .limit(1)
)


def note_restoration(session: Session, made_at: datetime) -> int:
    """Prepare a restored database, and return how many replies must be looked up before they may be sent.

    A reply that waited when the backup was made may have gone out since, so its delivery becomes `unknown`: the carrier
    is asked before anything is sent. One that is scheduled for later stays as it is. Browsers that were signed in must
    sign in again, links to set a password are void, and retention runs at once.

    Args:
        session: an open write transaction.
        made_at: when the backup was made.
    """
    moment = now()
    is_ahead = and_(Delivery.attempts == 0, Delivery.scheduled_for.is_not(None), Delivery.scheduled_for > moment)
    waiting = update(Delivery).where(
        Delivery.state.in_((DeliveryState.PENDING, DeliveryState.SENDING)),
        Delivery.medium != Medium.CHAT,
        not_(is_ahead),
    )
    unsure = session.execute(
        waiting.values(state=DeliveryState.UNKNOWN, sending_at=Delivery.created_at, next_attempt_at=moment)
    )
    session.execute(update(StaffSession).where(StaffSession.revoked_at.is_(None)).values(revoked_at=moment))
    unused = update(StaffLink).where(StaffLink.used_at.is_(None), StaffLink.expires_at > moment)
    session.execute(unused.values(expires_at=moment))
    session.execute(update(RetentionRun).values(next_run_at=moment))
    session.add(RestoredBackup(made_at=made_at, last_message_id=session.scalar(select(func.max(Message.id))) or 0))
    record_action(
        session, staff_id=None, practice=None, action="restored", subject="backup", made_at=made_at.isoformat()
    )
    return int(unsure.rowcount)  # type: ignore[attr-defined]


def was_received_before_backup(session: Session, message: Message) -> bool:
    """Return whether a message may have been answered in a life of this database that a restoration ended."""
    return session.scalar(_RESTORED_SINCE, {"message": message.id, "at": message.received_at}) is not None
