"""Numbers and addresses that nobody may write to or call, as the patient said that it is not safe.

The flag is on each conversation of the address with the practice, whatever the channel, and on new ones from their
beginning. Where staff set it on a chat, a form, or a doubted email, it reaches the number and the address that this
names. Only staff take it away.

What is written where nothing proves the sender, such as on the website, flags that conversation alone: a stranger must
not be able to keep the words for an emergency from a patient's phone.

In a chat, the flag stops texts and mails. Whoever writes on the open page reads the answer there, so it goes on
showing, unless they say that the page itself may be seen, or staff set the flag.
See `docs/adr/0027-what-silences-a-phone.md`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from inbox.models import Conversation
from inbox.patients import conversations_of
from intake.vocabulary import Medium


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
    was_set = conversation.unsafe_since is not None
    is_wider = (page and not conversation.unsafe_page) or (conversation.unsafe_alone and not alone)
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
    conversation.unsafe_since, conversation.unsafe_by = None, None
    conversation.unsafe_page, conversation.unsafe_alone = False, False
    return True


def _reached(conversation: Conversation, by: int | None) -> list[ColumnElement[bool]]:
    """Return which conversations a flag reaches: those of the address, and if staff set it, of what it names."""
    named = (conversation.contact_phone, conversation.contact_email) if by is not None else ()
    addresses = [address for address in (conversation.patient_address, *named) if address]
    return [conversations_of(conversation.practice, address) for address in addresses]


def read_flag(
    session: Session, practice: str, address: str, *, named: bool = True
) -> tuple[datetime | None, int | None]:
    """Return since when contact at an address is not safe, and which member says so; two times None if it is safe.

    Args:
        session: an open transaction.
        practice: the practice's slug.
        address: the number or email address.
        named: whether to look also at what staff flagged in chats that only name it, which needs every key.
    """
    columns = (Conversation.unsafe_since, Conversation.unsafe_by)
    flagged = select(*columns).where(Conversation.practice == practice, Conversation.unsafe_since.is_not(None))
    own = flagged.where(conversations_of(practice, address), Conversation.unsafe_alone.is_(False))
    if (found := session.execute(own.order_by(Conversation.unsafe_since.desc()).limit(1)).one_or_none()) is not None:
        return found.unsafe_since, found.unsafe_by
    if named:
        by_staff = flagged.where(Conversation.patient_index.is_(None), Conversation.unsafe_by.is_not(None))
        names = by_staff.add_columns(Conversation.contact_phone, Conversation.contact_email)
        for since, by, *given in session.execute(names.order_by(Conversation.unsafe_since.desc())):
            if address in given:
                return since, by
    return None, None


def is_silenced(conversation: Conversation, medium: Medium) -> bool:
    """Return whether nothing may go out by a medium, as it is not safe."""
    return conversation.unsafe_since is not None and (medium is not Medium.CHAT or conversation.unsafe_page)
