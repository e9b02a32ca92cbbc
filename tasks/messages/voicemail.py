"""Looking up the recordings of a call for which no callback arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from inbox.incoming.voicemail import RecordingState, VoicemailReport, record_report
from inbox.models import Voicemail
from tasks.carriers.protocol import CarrierUnreachableError
from tasks.pubsub import topics_of
from tasks.queues.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)


def look_for_recording(context: Context, voicemail_id: int) -> AfterCommit:
    """Ask the carrier what was recorded of a call, and merge the answer into its voicemails.

    A caller who hangs up during the greeting leaves no recording, and Twilio sends no callback about it.
    """
    with context.database.read() as session:
        voicemail = session.get(Voicemail, voicemail_id)
    if voicemail is None:
        return AfterCommit()
    try:
        found = context.lookup.recordings(voicemail.call_sid)
    except CarrierUnreachableError as error:
        log.warning("carrier_unreachable", voicemail_id=voicemail_id, error=str(error))
        return AfterCommit()
    # if it is none of those found, there is none
    reports = [*found, VoicemailReport(RecordingState.ABSENT, recording_sid=voicemail.recording_sid)]
    recorded = [record_report(context.database, voicemail.call_sid, None, report) for report in reports]
    log.info("recording_looked_for", voicemail_id=voicemail_id, found=len(found))
    new = [message for message in recorded if message is not None and message.is_new]
    return AfterCommit(
        messages=tuple(message.message_id for message in new),
        topics=tuple(topic for message in new for topic in topics_of(message.conversation_id, message.practice)),
    )
