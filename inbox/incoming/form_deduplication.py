"""Recognizing contact forms that arrive twice, after a double click or a resend: their contents serve as the id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from inbox.incoming.inbound import InboundMessage, find_known_id
from inbox.models.column_types import keyring
from inbox.storage.database import Database

SAME_WITHIN = timedelta(minutes=10)


def identify_submission(
    database: Database, inbound: InboundMessage, contents: Sequence[str | None], client_id: str | None, moment: datetime
) -> InboundMessage:
    """Return a form's message with an id, which is the earlier one's id if the same form arrived shortly before.

    The id is a keyed hash. It covers the contents, and with them the page's own id for the submission if there is one,
    otherwise the current ten-minute period. A form counts as the same if it arrived in this period or the previous one.
    The page's id alone would not do: a page from a cache gives the same one to every visitor.

    Args:
        database: the database.
        inbound: the message, without its `provider_id`.
        contents: everything that the patient entered.
        client_id: the page's id for the submission, which is valid without a time limit.
        moment: when it arrived, aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached.
    """
    step = int(moment.timestamp() // SAME_WITHIN.total_seconds())
    names = (
        [_name(inbound.practice, "id", client_id, *contents)]
        if client_id
        else [_name(inbound.practice, "contents", *contents, str(number)) for number in (step, step - 1)]
    )
    ids = [index for name in names for index in keyring().indexes(name)]
    return replace(inbound, provider_id=find_known_id(database, inbound.provider, ids))


def _name(*values: str | None) -> str:
    return "\x1f".join(value or "" for value in values)
