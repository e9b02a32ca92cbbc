"""Voicemail recordings, fetched from the carrier during playback and never stored here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import structlog
from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import AuditEntry, Message, Role, Voicemail, now
from intake.settings import Settings
from intake.twilio_hosts import is_twilio_address, rebase
from staff.auth.access import member, open_to, own_message, record_on_conversation
from web.services import services_of

if TYPE_CHECKING:
    import requests

log = structlog.get_logger(__name__)

blueprint = Blueprint("recordings", __name__, url_prefix="/staff")

TIMEOUT_SECONDS = 10.0
CHUNK_BYTES = 32 * 1024
MOST_REDIRECTS = 3
PLAYING = timedelta(minutes=10)
_PASSED_ON = ("Content-Length", "Content-Range", "Accept-Ranges")
UNREACHABLE = "The recording is not available from the carrier right now. Try again later."


@blueprint.get("/messages/<int:message_id>/recording")
@open_to(Role.STAFF)
def play(message_id: int) -> Response:
    """Stream a voicemail's recording, or the part of it that the player requests."""
    services = services_of(current_app)
    with services.database.write() as session:
        message = own_message(session, message_id)
        url = session.scalar(select(Voicemail.recording_url).where(Voicemail.message_id == message.id))
        if url is None:
            abort(404)
        if not _is_playing(session, message):
            record_on_conversation(
                session, message.conversation_id, message.conversation.practice, "played", message=message.id
            )
    found = _fetch(f"{url}.mp3", request.headers.get("Range"), services.settings)
    response = Response(found.iter_content(CHUNK_BYTES), status=found.status_code, mimetype="audio/mpeg")
    response.call_on_close(found.close)
    for name in _PASSED_ON:
        if name in found.headers:
            response.headers[name] = found.headers[name]
    return response


def _is_playing(session: Session, message: Message) -> bool:
    """Return whether the request goes on with what the member began to play a short time ago, by the audit trail."""
    if request.headers.get("Range", "bytes=0-").startswith("bytes=0-"):
        return False
    begun = select(AuditEntry.detail).where(
        AuditEntry.subject == f"conversation:{message.conversation_id}",
        AuditEntry.action == "played",
        AuditEntry.staff_id == member().id,
        AuditEntry.at > now() - PLAYING,
    )
    return any(detail.get("message") == message.id for detail in session.scalars(begun))


def _fetch(url: str, part: str | None, settings: Settings) -> requests.Response:
    """Request a recording with the account's credentials, which are sent only to the carrier's own hosts."""
    import requests  # slow to import, and many services record no voicemail

    if not settings.twilio_account_sid or not settings.twilio_auth_token:
        abort(502, UNREACHABLE)
    for _ in range(MOST_REDIRECTS + 1):
        if not is_twilio_address(url):
            abort(502, UNREACHABLE)
        try:
            found = requests.get(
                rebase(url, settings.twilio_api_base_url),
                auth=(settings.twilio_account_sid, settings.twilio_auth_token),
                headers={"Accept-Encoding": "identity"} | ({"Range": part} if part else {}),
                timeout=TIMEOUT_SECONDS,
                stream=True,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            log.warning("recording_unreachable", error=type(error).__name__)
            abort(502, UNREACHABLE)
        if not found.is_redirect:
            break
        found.close()
        url = urljoin(url, found.headers["Location"])
    if found.status_code not in (200, 206):
        found.close()
        log.warning("recording_refused", status=found.status_code)
        if found.status_code == requests.codes.not_found:
            abort(404, "The carrier no longer has this recording.")
        abort(502, UNREACHABLE)
    return found
