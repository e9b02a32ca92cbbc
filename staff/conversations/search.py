"""The search: a bounded number of conversations is decrypted and searched; a full number is found by its index."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.column_types import keyring
from inbox.models import Conversation, Delivery, Message
from intake import phone
from intake.errors import IntakeError
from intake.practices import Practice
from staff.auth.access import Member
from staff.conversations.filters import Filters
from staff.conversations.inbox_queries import PAGE, Page, cursor, find_conversations
from staff.conversations.rows import Found, show_rows

SEARCHED = 300
MESSAGES_SEARCHED = 20
_E164 = re.compile(r"\+[0-9]+")


def search_page(
    session: Session,
    member: Member,
    filters: Filters,
    wanted: str,
    practices: Mapping[str, Practice],
    moment: datetime,
) -> Page:
    """Return the conversations that match a search, among the first ones that match the filters.

    Stored text, names, and numbers are encrypted, so a bounded number of conversations is decrypted and searched here.
    A full phone number is found among all conversations by its blind index.
    """
    found = find_conversations(session, member, filters, moment, SEARCHED + 1)
    more, found = len(found) > SEARCHED, found[:SEARCHED]
    said = _texts(session, [hit.conversation.id for hit in found])
    matching = [hit for hit in found if _matches(hit.conversation, said.get(hit.conversation.id, []), wanted)]
    by_number = [] if filters.after else _find_by_number(session, member, filters, wanted, moment)
    known = {hit.conversation.id for hit in matching}
    matching += [hit for hit in by_number if hit.conversation.id not in known]
    rows = show_rows(session, member.id, matching, practices, moment)
    return Page(rows, cursor(found[-1].conversation, filters.order) if more else None)


def _find_by_number(session: Session, member: Member, filters: Filters, wanted: str, moment: datetime) -> list[Found]:
    try:
        number = phone.normalise(wanted)
    except IntakeError:
        return []
    by_index = Conversation.patient_index.in_(keyring().indexes(number))
    return find_conversations(session, member, filters, moment, PAGE, by_index)


def _texts(session: Session, conversation_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the newest texts by patients and staff in each conversation, and the contact details they came with."""
    texts: dict[int, list[str]] = {}
    claimed = (Message.claimed_name, Message.claimed_phone, Message.claimed_email)
    for table, columns, others in (
        (Message, (Message.text, *claimed), Message.id.is_not(None)),
        (Delivery, (Delivery.body,), Delivery.message_id.is_(None)),
    ):
        place = func.row_number().over(partition_by=table.conversation_id, order_by=table.id.desc()).label("place")
        newest = select(table.id, place).where(table.conversation_id.in_(conversation_ids), others).subquery()
        query = select(table.conversation_id, *columns).join(newest, newest.c.id == table.id)
        for conversation_id, *said in session.execute(query.where(newest.c.place <= MESSAGES_SEARCHED)):
            texts.setdefault(conversation_id, []).extend(filter(None, said))
    return texts


def _matches(conversation: Conversation, texts: Sequence[str], wanted: str) -> bool:
    numbers = filter(_E164.fullmatch, texts)
    addresses = [conversation.patient_address, conversation.contact_phone, conversation.contact_email, *numbers]
    plain = wanted.casefold()
    if any(plain in text.casefold() for text in (*texts, conversation.patient_name or "", *filter(None, addresses))):
        return True
    figures = "".join(filter(str.isdecimal, wanted))
    looks_like_a_number = len(figures) >= 3 and not any(map(str.isalpha, wanted))
    return looks_like_a_number and any(figures in address for address in addresses if address)
