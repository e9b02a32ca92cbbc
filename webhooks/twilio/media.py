"""The pictures of texts, for Twilio to fetch: each at a signed address that expires, for as long as its text exists."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, current_app
from sqlalchemy import select

from inbox.attachments.file_store import StoreAwayError
from inbox.attachments.rows import read_contents
from inbox.models import Attachment, AttachmentKind, Delivery
from intake.errors import MissingKeyError
from intake.vocabulary import Medium
from tasks.delivery.reply_files import MEDIA_PATH, MediaLinks
from web.errors import RequestError
from web.file_answers import file_answer
from web.services import services_of

blueprint = Blueprint("media", __name__, url_prefix=MEDIA_PATH)

log = structlog.get_logger(__name__)


@blueprint.get("/<token>")
def fetch(token: str) -> Response:
    """Return a picture that a member sends by text."""
    services = services_of(current_app)
    attachment_id = MediaLinks(services.settings.secret_keys).check(token)
    query = (
        select(Attachment)
        .join(Delivery, Attachment.delivery_id == Delivery.id)
        .where(
            Attachment.id == attachment_id,
            Attachment.kind == AttachmentKind.PICTURE,
            Delivery.medium == Medium.SMS,
            Delivery.emptied_at.is_(None),
        )
    )
    contents = None
    if attachment_id is not None:
        with services.database.read() as session:
            attachment = session.scalar(query)
        try:
            contents = read_contents(services.files, attachment) if attachment else None
        except StoreAwayError:
            raise
        except (MissingKeyError, OSError) as error:
            log.error("attachment_not_read", attachment_id=attachment_id, error=type(error).__name__)
    if attachment_id is None or attachment is None or contents is None:
        raise RequestError(404, "unknown_media", "There is no picture at this address, or it has expired.")
    return file_answer(contents, attachment.content_type, "picture", inline=True)
