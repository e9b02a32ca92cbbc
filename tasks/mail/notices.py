"""Mail to members about what calls them: an outbox of its own, with a link and nothing of a patient.

One mail covers all that calls a member to a conversation, and the next goes out 15 minutes later at the earliest. An
attempt that was not answered is repeated with the same Message-ID, so that nothing is lost and a mail program shows it
once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import BindParameter, Select, case, select, update
from sqlalchemy.orm import Session

from inbox.conversations.member_notices import next_mail_at
from inbox.models import MemberNotice, NoticePreference, NoticeReason, NotificationState, now
from intake.practices import Practice
from intake.vocabulary import Medium
from tasks.carriers.backoff import MAX_ATTEMPTS, retry_delay
from tasks.carriers.protocol import Accepted, NotSent, Outcome, OutgoingMessage, Postponed, Refused
from tasks.mail.accounts import practice_that_mails
from tasks.queues.due import is_due, is_ripe
from tasks.queues.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)

STALE_MAIL = timedelta(minutes=2)
_WHAT = {
    NoticeReason.MENTIONED: "mentioned you in a note",
    NoticeReason.ASSIGNED: "assigned you a conversation",
}
_HELD = "A scheduled message is held"
_BODY = (
    "{said} at {practice}.{why}\n\nOpen it:\n{link}\n\n"
    "You get this email because your account asks for it. To change that, open your account page:\n{account}"
)


@dataclass(frozen=True, slots=True)
class _Claim:
    """The notices that one mail covers, which this worker has claimed.

    Attributes:
        row_ids: the notices, the oldest first.
        practice: the conversation's practice; None if mail cannot be sent for it.
        to: the member's address.
        subject: who did what, the latest of it.
        body: the same, with the links.
        key: what tells this mail from every other, at each attempt.
    """

    row_ids: tuple[int, ...]
    practice: Practice | None
    to: str = field(repr=False)
    subject: str
    body: str
    key: str


def mail_notice(context: Context, notice_id: int) -> AfterCommit:
    """Mail a member about a conversation that they are called to, unless they have opened it meanwhile."""
    with context.database.write() as session:
        claim = _claim(session, notice_id, context)
    if claim is None:
        return AfterCommit()
    outcome = _send(context, claim)
    with context.database.write() as session:
        for row in session.scalars(select(MemberNotice).where(MemberNotice.id.in_(claim.row_ids))):
            _write_outcome(row, outcome)
    return AfterCommit()


def due_mail(moment: BindParameter[datetime], young: BindParameter[datetime]) -> Select[int]:
    """Return a query for the notices whose mail is due and whose own job is likely lost; see `tasks.queues.due`."""
    columns = MemberNotice.next_attempt_at, MemberNotice.attempts, MemberNotice.created_at
    waiting = MemberNotice.mail_state == NotificationState.PENDING
    return select(MemberNotice.id).where(waiting, is_ripe(*columns, moment, young)).order_by(MemberNotice.id)


def requeue_interrupted_mail(session: Session, moment: datetime) -> None:
    """Release the notices whose worker died before it recorded what became of the mail; at last, give up."""
    is_last = MemberNotice.attempts >= MAX_ATTEMPTS
    session.execute(
        update(MemberNotice)
        .where(MemberNotice.mail_state == NotificationState.SENDING, MemberNotice.mailed_at <= moment - STALE_MAIL)
        .values(mail_state=case((is_last, NotificationState.FAILED.value), else_=NotificationState.PENDING.value))
        .execution_options(synchronize_session=False)
    )


def _claim(session: Session, notice_id: int, context: Context) -> _Claim | None:
    """Claim all that one mail covers; return None if there is nothing to send, or not yet."""
    moment, asked = now(), session.get(MemberNotice, notice_id)
    if asked is None:
        return None
    columns = MemberNotice.next_attempt_at, MemberNotice.attempts, MemberNotice.created_at
    pending = select(MemberNotice).where(
        MemberNotice.staff_id == asked.staff_id,
        MemberNotice.conversation_id == asked.conversation_id,
        MemberNotice.mail_state == NotificationState.PENDING,
        is_due(*columns, moment),
    )
    locked = pending.order_by(MemberNotice.id).with_for_update().execution_options(populate_existing=True)
    rows = session.scalars(locked).all()
    unseen = [row for row in rows if row.seen_at is None]
    wants_mail = _wants_mail(asked)
    for row in rows:
        if row not in unseen or not wants_mail:
            row.mail_state = NotificationState.DROPPED
    if not unseen or not wants_mail:
        return None
    earliest = next_mail_at(session, asked.staff_id, asked.conversation_id, moment)
    for row in unseen:
        if earliest > moment:
            row.next_attempt_at = earliest
        else:
            row.mail_state, row.mailed_at, row.attempts = NotificationState.SENDING, moment, row.attempts + 1
    return None if earliest > moment else _word(unseen, context)


def _wants_mail(notice: MemberNotice) -> bool:
    """Return whether the member still wants mail, and still works where the conversation is."""
    account = notice.member
    own = [row.practice for row in account.practices]
    is_active = account.disabled_at is None and notice.conversation.practice in own
    return is_active and account.notices == NoticePreference.EMAIL


def _word(rows: Sequence[MemberNotice], context: Context) -> _Claim:
    first, latest = rows[0], rows[-1]
    practice = practice_that_mails(context.settings, context.practices, [first.conversation.practice])
    is_held = latest.reason == NoticeReason.HELD
    said = _HELD if is_held else f"{latest.by.name} {_WHAT[NoticeReason(latest.reason)]}"
    base = f"{context.settings.public_url}/staff"
    body = _BODY.format(
        said=said,
        why=" The patient wrote after it was scheduled. It waits until somebody decides." if is_held else "",
        practice=practice.name if practice else "",
        link=f"{base}/conversations/{first.conversation_id}",
        account=f"{base}/account",
    )
    return _Claim(
        row_ids=tuple(row.id for row in rows),
        practice=practice,
        to=first.member.email,
        subject=said,
        body=body,
        key=f"member-{first.id}-{first.created_at:%Y%m%d%H%M%S%f}",
    )


def _send(context: Context, claim: _Claim) -> Outcome:
    if claim.practice is None:
        return NotSent()
    return context.senders[Medium.EMAIL].send(
        OutgoingMessage(
            delivery_id=None,
            to=claim.to,
            sender=claim.practice.email or "",
            body=claim.body,
            sending_at=now(),
            from_name=claim.practice.sender_name,
            subject=claim.subject,
            staff_mail=claim.key,
        )
    )


def _write_outcome(row: MemberNotice, outcome: Outcome) -> None:
    if isinstance(outcome, Postponed):
        row.mail_state, row.attempts = NotificationState.PENDING, row.attempts - 1
        row.next_attempt_at = now() + outcome.wait
        return
    delay = retry_delay(row.attempts)
    if isinstance(outcome, Accepted):
        row.mail_state = NotificationState.SENT
    elif isinstance(outcome, Refused | NotSent) or delay is None:
        row.mail_state = NotificationState.FAILED
        log.error("notice_mail_failed", notice_id=row.id, outcome=type(outcome).__name__)
    else:
        row.mail_state, row.next_attempt_at = NotificationState.PENDING, now() + delay
