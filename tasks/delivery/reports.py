"""What mail servers report of mail that was sent from here, to patients or to staff: that it never arrived."""

from __future__ import annotations

from collections.abc import Collection

import structlog
from sqlalchemy import select

from inbox.models import Conversation, Delivery
from inbox.storage.database import Database
from intake.practices import Practices
from intake.vocabulary import Medium
from tasks.carriers.protocol import ProviderStatus
from tasks.carriers.staff_mail import find_staff_mail, read_notices
from tasks.delivery.status import record_status
from tasks.queues.queue import AfterCommit

log = structlog.get_logger(__name__)

BOUNCED = "bounced"


def record_report(
    database: Database,
    practices: Practices,
    practice: str,
    keys: Collection[str],
    secrets: Collection[str],
    *,
    has_failed: bool,
) -> AfterCommit | None:
    """Mark a reply or a notice as failed that came back.

    Args:
        database: the database with the deliveries.
        practices: the practices, whose staff are notified.
        practice: the slug of the practice that got the report.
        keys: the local parts of the Message-IDs that it names, which nobody can guess; see `delivery_key`.
        secrets: what the service signs with, or did.
        has_failed: whether the mail is given up, rather than late.

    Returns:
        None if it is about no mail of this practice.
    """
    for about in find_staff_mail(keys, secrets):
        log.warning("staff_mail_returned", practice=practice, about=about, has_failed=has_failed)
        if not has_failed:
            return AfterCommit()
        from tasks.notification.outbox import record_returned  # with all that words notices, which edges do without

        return record_returned(database, practice, read_notices(about))
    named = select(Delivery.provider_id).join(Conversation)
    own = (Conversation.practice == practice, Delivery.medium == Medium.EMAIL, Delivery.provider_id.in_(keys))
    with database.read() as session:
        key = session.scalar(named.where(*own).limit(1))
    if key is None:
        return None
    log.info("mail_reported", has_failed=has_failed)
    if not has_failed:
        return AfterCommit()
    return record_status(database, practices, None, ProviderStatus(key, "failed", BOUNCED))
