"""Looking up recordings for which no callback arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from inbox.models import Voicemail
from inbox.voicemail import record_report
from tasks.carriers.protocol import CarrierUnreachableError
from tasks.pubsub import topics_of
from tasks.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)


def look_for_recording(context: Context, voicemail_id: int) -> AfterCommit:
    """Ask the carrier whether a call was recorded, and merge the answer into its voicemail.

    A caller who hangs up during the greeting leaves no recording, and Twilio sends no callback about it.
    """
    with context.database.read() as session:
        voicemail = session.get(Voicemail, voicemail_id)
    if voicemail is None:
        return AfterCommit()
    try:
        report = context.lookup.recording(voicemail.call_sid)
    except CarrierUnreachableError as error:
        log.warning("carrier_unreachable", voicemail_id=voicemail_id, error=str(error))
        return AfterCommit()
    message = record_report(context.database, voicemail.call_sid, None, report)
    log.info("recording_looked_for", voicemail_id=voicemail_id, found=report.recording_sid is not None)
    if message is None or not message.is_new:
        return AfterCommit()
    return AfterCommit(messages=(message.message_id,), topics=topics_of(message.conversation_id, message.practice))
