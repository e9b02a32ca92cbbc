"""Who has already written or called from a number or address that staff are about to add to a patient's record.

A number in a message may be somebody else's: on a record, it would give that person's conversations another name. So
staff are shown who wrote from it, and say whose it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Conversation, Message, PatientConversation
from inbox.patients.book import record_names
from inbox.patients.conversations import indexes_of
from inbox.patients.found_entities import stored_entities
from intake.vocabulary import EntityKind
from staff import display
from staff.conversations.rows import text_of

UNANSWERED = "Say whose the number or address is: somebody has already written to you from it."
_LONGEST = 80


class Whose(StrEnum):
    """What staff say of a number that somebody has written from: the same person's, or others' as well."""

    SAME = "same"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class EarlierWriter:
    """Who wrote last from a number or address.

    Attributes:
        conversation_id: the conversation.
        name: whose it is, as a record or the conversation has it, or as the message says; empty if nothing tells.
        name_from: where the name is from, in display words.
        words: how the message begins.
        shown_at: when it came, in display words.
        linked_to: the records that staff have linked its conversations to.
    """

    conversation_id: int
    name: str = field(repr=False)
    name_from: str
    words: str = field(repr=False)
    shown_at: str
    linked_to: Collection[int] = ()


def read_writers(
    session: Session, practice: str, zone: str, addresses: Collection[str], *, besides: Collection[int] = ()
) -> dict[str, EarlierWriter]:
    """Return who wrote last from each of some numbers and addresses; those that nobody wrote from are absent.

    Args:
        session: an open transaction.
        practice: the practice's slug.
        zone: its time zone.
        addresses: the numbers and email addresses.
        besides: the conversations that don't count, such as the one that an address was found in.
    """
    if not addresses:
        return {}
    query = (
        select(Conversation, Message)
        .join(Message, Message.id == Conversation.last_message_id)
        .where(
            Conversation.practice == practice,
            Conversation.patient_index.in_(indexes_of(addresses)),
            Conversation.id.not_in(besides),
        )
    )
    newest: dict[str, tuple[Conversation, Message]] = {}
    links: dict[int, str] = {}
    for conversation, message in session.execute(query.order_by(Message.id)):
        newest[conversation.patient_address or ""] = conversation, message
        links[conversation.id] = conversation.patient_address or ""
    if not newest:
        return {}
    linked: dict[str, set[int]] = {}
    columns = select(PatientConversation.conversation_id, PatientConversation.patient_id)
    for row_id, patient_id in session.execute(columns.where(PatientConversation.conversation_id.in_(links))):
        linked.setdefault(links[row_id], set()).add(patient_id)
    names = _read_names(session, list(newest.values()), practice)
    return {
        address: EarlierWriter(
            conversation.id,
            *names[conversation.id],
            display.shorten(text_of(message), _LONGEST),
            display.clock(message.received_at, zone),
            frozenset(linked.get(address, ())),
        )
        for address, (conversation, message) in newest.items()
    }


def read_choice(form: Mapping[str, str], key: str = "") -> Whose | None:
    """Return what a form says of whose a number is, None if nothing."""
    said = form.get(f"whose-{key}" if key else "whose", "")
    return Whose(said) if said in set(Whose) else None


def _read_names(
    session: Session, found: Sequence[tuple[Conversation, Message]], practice: str
) -> dict[int, tuple[str, str]]:
    """Return the names of who wrote, and where they are from: a record, what they gave, or what a message says."""
    recorded = record_names(session, [conversation for conversation, _ in found], [practice])
    entities = stored_entities(session, [message.id for _, message in found])
    names = {}
    for conversation, message in found:
        said = [entity for entity in entities.get(message.id, ()) if entity.kind == EntityKind.NAME]
        if name := recorded.get(conversation.id):
            names[conversation.id] = name, "on the record"
        elif conversation.patient_name:
            names[conversation.id] = conversation.patient_name, "as the sender says"
        elif said:
            names[conversation.id] = message.text[said[-1].start : said[-1].end], "in the message"
        else:
            names[conversation.id] = "", ""
    return names
