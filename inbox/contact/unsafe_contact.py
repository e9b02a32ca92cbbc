"""Numbers and addresses that nobody may write to or call, as the patient said that it is not safe.

The flag is on each conversation of the address with the practice, whatever the channel, and on new ones from their
beginning. Where staff set it on a chat, a form, or a doubted email, it reaches the number and the address that this
names. Only staff take it away.

What is written where nothing proves the sender, such as on the website, flags that conversation alone: a stranger must
not be able to keep the words for an emergency from a patient's phone.

A chat has no address of its own, so what was said of the number and the address that it names is looked up whenever
something would go there: `flag_against` answers that for the claim of a reply, for the console, and for routing.

In a chat, the flag stops texts and mails. Whoever writes on the open page reads the answer there, so it goes on
showing, unless they say that the page itself may be seen, or staff set the flag.
A patient who says in the same place that it is safe now gets automatic replies there again, for `SAFE_FOR` or until
they say otherwise. Who names the hours of the day at which it is safe gets them there at these hours, until somebody
says again that it is not safe without naming any. The flag stays for staff, and one that staff set is not lifted by
anything that a message says.
See `docs/adr/0027-what-silences-a-phone.md`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from inbox.contact.chat_contact import reply_address
from inbox.contact.safe_hours import SafeHours
from inbox.models import Conversation, Delivery, DeliveryState
from inbox.patients.conversations import conversations_of, indexes_of, named_conversations
from intake.channels import medium_for
from intake.vocabulary import Medium

SAFE_FOR = timedelta(minutes=30)
"""How long automatic replies go out after a patient has said that it is safe now."""

# Built once, as building a statement takes longer than running it.
_FLAGGED = (
    select(Conversation.unsafe_since, Conversation.unsafe_by, Conversation.id)
    .where(Conversation.practice == bindparam("practice"), Conversation.unsafe_since.is_not(None))
    .order_by(Conversation.unsafe_since.desc())
)
_OWN = _FLAGGED.where(named_conversations(), Conversation.unsafe_alone.is_(False)).limit(1)
_BY_STAFF = _FLAGGED.where(Conversation.patient_index.is_(None), Conversation.unsafe_by.is_not(None)).add_columns(
    Conversation.contact_phone, Conversation.contact_email
)


class UnsafeFlag(NamedTuple):
    """A word that contact is not safe.

    Attributes:
        since: the moment, aware.
        by: the member who says so, None if the patient does.
        conversation_id: the conversation that it is on.
    """

    since: datetime
    by: int | None
    conversation_id: int


@dataclass(frozen=True, slots=True)
class Flags:
    """The newest flag on each number and email address of a practice.

    Attributes:
        by_index: by the keyed hash of the address that a conversation is from.
        by_name: by the number or address that staff flagged in a chat which only names it.
    """

    by_index: Mapping[str, UnsafeFlag] = field(repr=False)
    by_name: Mapping[str, UnsafeFlag] = field(repr=False)

    def at(self, *addresses: str) -> UnsafeFlag | None:
        """Return the newest flag on any of some numbers and email addresses; see `read_flag`."""
        found = [self.by_index[index] for index in indexes_of(addresses) if index in self.by_index]
        found = found or [self.by_name[address] for address in addresses if address in self.by_name]
        return max(found, key=lambda flag: flag.since, default=None)

    def among(self, addresses: Collection[str]) -> set[str]:
        """Return those of some numbers and email addresses at which contact is not safe."""
        return {address for address in addresses if self.at(address) is not None}


def set_unsafe(
    session: Session,
    conversation: Conversation,
    since: datetime,
    *,
    by: int | None = None,
    alone: bool = False,
    page: bool = True,
) -> bool:
    """Set since when contact is not safe, and return whether that changes anything.

    Args:
        session: an open write transaction that holds the conversation's lock.
        conversation: one of the conversations.
        since: the moment, aware.
        by: the member who says so, None if the patient does.
        alone: whether nothing proves who says so, so that it holds for this conversation alone.
        page: whether it holds for the open page of a chat, too.
    """
    conversation.safe_until = conversation.safe_hours = None
    if not alone and (reached := _reached(conversation, by)):
        _forget_hours(session, reached)
    was_set = conversation.unsafe_since is not None
    is_wider = (page and not conversation.unsafe_page) or (conversation.unsafe_alone and not alone)
    is_wider = is_wider or (by is not None and conversation.unsafe_by is None)  # which no message lifts
    if was_set and not is_wider:
        return False
    if not alone and (reached := _reached(conversation, by)):
        session.execute(
            update(Conversation)
            .where(or_(*reached), or_(Conversation.unsafe_since.is_(None), Conversation.unsafe_alone))
            .values(unsafe_since=since, unsafe_by=by, unsafe_page=page, unsafe_alone=False)
            .execution_options(synchronize_session=False)
        )
    conversation.unsafe_alone = alone and (conversation.unsafe_alone or not was_set)
    conversation.unsafe_page = page or conversation.unsafe_page
    conversation.unsafe_since, conversation.unsafe_by = since, by
    return True


def _forget_hours(session: Session, reached: list[ColumnElement[bool]]) -> None:
    session.execute(
        update(Conversation)
        .where(or_(*reached), Conversation.safe_hours.is_not(None))
        .values(safe_hours=None)
        .execution_options(synchronize_session=False)
    )


def clear_unsafe(session: Session, conversation: Conversation) -> bool:
    """Let contact be safe again, and return whether that changes anything.

    Args:
        session: an open write transaction that holds the conversation's lock.
        conversation: one of the conversations.
    """
    if conversation.unsafe_since is None:
        return False
    flagged_by_staff = conversation.unsafe_by is not None
    cleared = [] if conversation.unsafe_alone else _reached(conversation, None)
    if flagged_by_staff:
        together = (Conversation.unsafe_since == conversation.unsafe_since, Conversation.unsafe_by.is_not(None))
        cleared.append(and_(Conversation.practice == conversation.practice, *together))
    if cleared:
        safe = {"unsafe_since": None, "unsafe_by": None, "unsafe_page": False, "unsafe_alone": False}
        session.execute(
            update(Conversation).where(or_(*cleared)).values(safe).execution_options(synchronize_session=False)
        )
    conversation.unsafe_since, conversation.unsafe_by, conversation.safe_hours = None, None, None
    conversation.unsafe_page, conversation.unsafe_alone = False, False
    conversation.other_writer_at = None
    return True


def lift_for_now(session: Session, conversation: Conversation, moment: datetime, *, named: bool = True) -> bool:
    """Let automatic replies go to the patient for a while who says that it is safe, and return whether they do.

    Args:
        session: an open write transaction that holds the conversation's lock.
        conversation: the conversation in which they say so.
        moment: when they said so, aware.
        named: as for `read_flag`.
    """
    flag = flag_against(session, conversation, _medium_of(conversation), named=named)
    if flag is None or flag.by is not None:
        return False
    conversation.safe_until = moment + SAFE_FOR
    return True


def keep_hours(session: Session, conversation: Conversation, hours: SafeHours, *, named: bool = True) -> bool:
    """Let automatic replies go at some hours to the patient who names them, and return whether they do.

    Args:
        session: an open write transaction that holds the conversation's lock.
        conversation: the conversation in which they name them.
        hours: the hours.
        named: as for `read_flag`.
    """
    flag = flag_against(session, conversation, _medium_of(conversation), named=named)
    if flag is None or flag.by is not None:
        return False
    conversation.safe_hours = hours.stored
    return True


def _reached(conversation: Conversation, by: int | None) -> list[ColumnElement[bool]]:
    """Return which conversations a flag reaches: those of the address, and if staff set it, of what it names."""
    named = (conversation.contact_phone, conversation.contact_email) if by is not None else ()
    addresses = [address for address in (conversation.patient_address, *named) if address]
    return [conversations_of(conversation.practice, address) for address in addresses]


def read_flag(session: Session, practice: str, *addresses: str, named: bool = True) -> UnsafeFlag | None:
    """Return the newest flag on any of some numbers and email addresses, None if contact is safe at all of them.

    Args:
        session: an open transaction.
        practice: the practice's slug.
        addresses: the numbers and email addresses.
        named: whether to look also at what staff flagged in chats that only name them, which needs every key.
    """
    found = session.execute(_OWN, {"practice": practice, "indexes": indexes_of(addresses)}).one_or_none()
    if found is not None:
        return UnsafeFlag(found.unsafe_since, found.unsafe_by, found.id)
    if named:
        for since, by, row_id, *given in session.execute(_BY_STAFF, {"practice": practice}):
            if not set(addresses).isdisjoint(given):
                return UnsafeFlag(since, by, row_id)
    return None


def read_flags(session: Session, practice: str) -> Flags:
    """Return every flag of a practice at once, for a page that asks about several numbers and addresses."""
    columns = (Conversation.unsafe_since, Conversation.unsafe_by, Conversation.id)
    more = (Conversation.patient_index, Conversation.unsafe_alone)
    given_there = (Conversation.contact_phone, Conversation.contact_email)
    flagged = select(*columns, *more, *given_there).where(
        Conversation.practice == practice, Conversation.unsafe_since.is_not(None)
    )
    by_index: dict[str, UnsafeFlag] = {}
    by_name: dict[str, UnsafeFlag] = {}
    rows: Iterable[Any] = session.execute(flagged.order_by(Conversation.unsafe_since))
    for since, by, row_id, index, is_alone, *given in rows:
        flag = UnsafeFlag(since, by, row_id)  # oldest first, so that the newest stays
        if index is not None and not is_alone:
            by_index[index] = flag
        elif index is None and by is not None:
            by_name |= {value: flag for value in given if value}
    return Flags(by_index, by_name)


def flag_on(
    session: Session, conversation: Conversation, *, named: bool = True, flags: Flags | None = None
) -> UnsafeFlag | None:
    """Return a flag on a conversation, or on a number or address of its patient, where somebody might call or write.

    Args:
        session: an open transaction.
        conversation: the conversation.
        named: as for `read_flag`.
        flags: the practice's flags, if they are read already.
    """
    if (own := _own_flag(conversation)) is not None:
        return own
    known = (conversation.patient_address, conversation.contact_phone, conversation.contact_email)
    addresses = [address for address in known if address]
    if flags is not None:
        return flags.at(*addresses)
    return read_flag(session, conversation.practice, *addresses, named=named) if addresses else None


def flag_against(
    session: Session, conversation: Conversation, medium: Medium, *, named: bool = True
) -> UnsafeFlag | None:
    """Return the newest flag against writing from a conversation by a medium, None if it is safe.

    Args:
        session: an open transaction.
        conversation: the conversation.
        medium: how something would go out.
        named: as for `read_flag`.
    """
    is_page = medium is Medium.CHAT
    own = _own_flag(conversation) if not is_page or conversation.unsafe_page else None
    address = "" if is_page else _written_to(conversation, medium)
    there = read_flag(session, conversation.practice, address, named=named) if address else None
    return max((flag for flag in (own, there) if flag is not None), key=lambda flag: flag.since, default=None)


def is_silenced(session: Session, conversation: Conversation, medium: Medium, *, named: bool = True) -> bool:
    """Return whether nothing may go out from a conversation by a medium, as it is not safe."""
    return flag_against(session, conversation, medium, named=named) is not None


def lifted_until(conversation: Conversation, moment: datetime) -> datetime | None:
    """Return until when automatic replies go out though contact is not safe, None if that is over or was never said."""
    until = conversation.safe_until
    return until if until is not None and moment < until else None


def hours_of(conversation: Conversation) -> SafeHours | None:
    """Return at which hours automatic replies go out though contact is not safe, None if the patient named none."""
    return SafeHours.read(conversation.safe_hours) if conversation.safe_hours else None


def silences_robot(
    session: Session, conversation: Conversation, medium: Medium, moment: datetime, *, named: bool = True
) -> UnsafeFlag | None:
    """Return the flag that keeps automatic replies of a conversation from going out by a medium, None if they may.

    Args:
        session: an open transaction.
        conversation: the conversation.
        medium: how the reply would go out.
        moment: the current time, aware.
        named: as for `read_flag`.
    """
    flag = flag_against(session, conversation, medium, named=named)
    hours = hours_of(conversation)
    is_safe = lifted_until(conversation, moment) is not None or (hours is not None and hours.include(moment))
    is_lifted = is_safe and medium is _medium_of(conversation)
    return None if is_lifted and flag is not None and flag.by is None else flag


def is_held_back(session: Session, delivery: Delivery) -> bool:
    """Return whether a reply that waits for its time will not go out, as the patient said since that it is not safe."""
    if delivery.state != DeliveryState.PENDING or delivery.scheduled_for is None:
        return False
    flag = flag_against(session, delivery.conversation, Medium(delivery.medium))
    return flag is not None and delivery.created_at < flag.since


def _medium_of(conversation: Conversation) -> Medium:
    return medium_for(conversation.channel, conversation.patient_address)


def _own_flag(conversation: Conversation) -> UnsafeFlag | None:
    since = conversation.unsafe_since
    return None if since is None else UnsafeFlag(since, conversation.unsafe_by, conversation.id)


def _written_to(conversation: Conversation, medium: Medium) -> str:
    """Return where a reply goes; of an email whose sender is doubted, staff may answer the address that it gave."""
    given = conversation.contact_email if medium is Medium.EMAIL else None
    return reply_address(conversation, medium) or given or ""
