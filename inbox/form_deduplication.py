"""Contact forms that come twice, by a double click or a browser's resend: they have no id, so their contents are it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from inbox.column_types import keyring
from inbox.database import Database
from inbox.inbound import InboundMessage
from inbox.models import Message

SAME_WITHIN = timedelta(minutes=10)


def identify_submission(
    database: Database, inbound: InboundMessage, contents: Sequence[str | None], client_id: str | None, moment: datetime
) -> InboundMessage:
    """Give a form's message an id, the one of the same form if it was stored in the last ten minutes or so.

    Its id is a keyed hash, of the page's own id for it where there is one, else of its contents and the time in steps
    of ten minutes. It is the same as one of this step or of the last.

    Args:
        database: where forms are stored.
        inbound: the message, without its `provider_id`.
        contents: everything that the patient wrote.
        client_id: what the page calls it, which holds without a time limit.
        moment: when it came in, aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached.
    """
    step = int(moment.timestamp() // SAME_WITHIN.total_seconds())
    names = (
        [_name(inbound.practice, "id", client_id)]
        if client_id
        else [_name(inbound.practice, "contents", *contents, str(number)) for number in (step, step - 1)]
    )
    ids = [index for name in names for index in keyring().indexes(name)]
    with database.read() as session:
        query = select(Message.provider_id).where(Message.provider == inbound.provider, Message.provider_id.in_(ids))
        known = session.scalar(query.limit(1))
    return replace(inbound, provider_id=known or ids[0])


def _name(*values: str | None) -> str:
    return "\x1f".join(value or "" for value in values)
