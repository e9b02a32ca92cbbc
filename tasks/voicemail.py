"""Looking up recordings for which no callback arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from inbox.models import Voicemail
from inbox.voicemail import record_report
from tasks.carriers.protocol import CarrierUnreachableError

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)


def look_for_recording(context: Context, voicemail_id: int) -> None:
    """Ask the carrier whether a call was recorded, and merge the answer into its voicemail.

    A caller who hangs up during the greeting leaves no recording, and Twilio sends no callback about it.
    """
    with context.database.read() as session:
        voicemail = session.get(Voicemail, voicemail_id)
    if voicemail is None:
        return
    try:
        report = context.lookup.recording(voicemail.call_sid)
    except CarrierUnreachableError as error:
        log.warning("carrier_unreachable", voicemail_id=voicemail_id, error=str(error))
        return
    message = record_report(context.database, voicemail.call_sid, None, report)
    log.info("recording_looked_for", voicemail_id=voicemail_id, found=report.recording_sid is not None)
    if message is not None and message.is_new:
        context.queue.put("handle_message", message.message_id)
