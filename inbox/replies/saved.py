"""Saved replies of practices and of members, and what practices made of the starter set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.models import SavedReply, now
from templates.saved_replies import LONGEST_NAME, LONGEST_TEXT, find_wrong_variable, tidy_variables
from templates.starter_replies import StarterReply, starter_replies

MOST_SAVED = 100
"""How many saved replies a practice or a member may have, besides the starter set."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose saved replies they are: a practice's, or else a member's."""

    practice: str | None = None
    staff_id: int | None = None

    def __post_init__(self) -> None:
        """Check that there is one owner."""
        if (self.practice is None) == (self.staff_id is None):
            raise ValueError("a saved reply belongs to a practice or to a member")


@dataclass(frozen=True, slots=True)
class ReplyWords:
    """What is typed for a saved reply.

    Attributes:
        name: what it is found by.
        text: the text in English, with variables.
        text_es: the Spanish variant, empty for none.
    """

    name: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    text_es: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PracticeStarter:
    """A reply of the starter set as a practice has it.

    Attributes:
        key: its key in the starter set.
        starter: what it was to begin with.
        row: what the practice made of it, None for nothing.
    """

    key: str
    starter: StarterReply
    row: SavedReply | None

    @property
    def is_hidden(self) -> bool:
        """Whether the practice wants none of it."""
        return self.row is not None and self.row.is_hidden

    @property
    def words(self) -> ReplyWords:
        """Its words in the practice."""
        found = self.row or self.starter
        return ReplyWords(found.name, found.text, found.text_es or "")

    @property
    def is_changed(self) -> bool:
        """Whether the practice has put it into words of its own."""
        return self.words != ReplyWords(self.starter.name, self.starter.text, self.starter.text_es)


def split_starters(rows: Iterable[SavedReply]) -> tuple[list[SavedReply], list[PracticeStarter]]:
    """Return the replies that a practice wrote itself, and the whole starter set as the practice has it."""
    starters = starter_replies()
    made = {row.starter: row for row in rows if row.starter in starters}
    own = [row for row in rows if row.starter not in starters and not row.is_hidden]
    return own, [PracticeStarter(key, starter, made.get(key)) for key, starter in starters.items()]


class ReplyChangedError(Exception):
    """Someone else has changed a saved reply meanwhile."""


def tidy_words(name: str, text: str, text_es: str) -> ReplyWords:
    """Return what was typed, without what browsers and hurried fingers add to it."""
    texts = (tidy_variables(typed.strip().replace("\r\n", "\n")) for typed in (text, text_es))
    return ReplyWords(" ".join(name.split()), *texts)


def find_words_problem(words: ReplyWords, others: Sequence[SavedReply]) -> tuple[str, str]:
    """Return why a saved reply cannot be stored beside its owner's others, and which field says so; empty if it can."""
    if not words.name or len(words.name) > LONGEST_NAME:
        return f"Give the reply a name of 1 to {LONGEST_NAME} characters.", "name"
    if words.name.casefold() in {other.name.casefold() for other in others}:
        return "Another saved reply has this name. Choose a different one.", "name"
    if not words.text:
        return "Write the reply’s text.", "text"
    for field_name, text in (("text", words.text), ("text_es", words.text_es)):
        if len(text) > LONGEST_TEXT:
            return f"A text has {len(text)} characters. The limit is {LONGEST_TEXT}.", field_name
        if wrong := find_wrong_variable(text):
            return wrong, field_name
    if len(others) >= MOST_SAVED:
        return f"There are {MOST_SAVED} saved replies already. Delete one first.", "name"
    return "", ""


def read_replies(session: Session, owner: Owner) -> list[SavedReply]:
    """Return an owner's saved replies, by name."""
    return read_replies_of(session, [owner])[owner]


def read_replies_of(session: Session, owners: Sequence[Owner]) -> dict[Owner, list[SavedReply]]:
    """Return the saved replies of several owners, by name."""
    found: dict[Owner, list[SavedReply]] = {owner: [] for owner in owners}
    query = select(SavedReply).where(or_(*map(_owned_by, owners)))
    for reply in sorted(session.scalars(query), key=lambda reply: (reply.name.casefold(), reply.id)):
        found[Owner(reply.practice, reply.staff_id)].append(reply)
    return found


def find_reply(session: Session, owner: Owner, reply_id: int) -> SavedReply | None:
    """Return one saved reply of an owner, locked."""
    query = select(SavedReply).where(_owned_by(owner), SavedReply.id == reply_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def find_starter(session: Session, owner: Owner, key: str) -> SavedReply | None:
    """Return what an owner made of a reply of the starter set, locked; None for nothing."""
    query = select(SavedReply).where(_owned_by(owner), SavedReply.starter == key).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def hide_starter(session: Session, owner: Owner, key: str) -> SavedReply:
    """Take a reply of the starter set from what its owner can use; its words stay.

    Raises:
        ReplyChangedError: someone else did at the same moment.
    """
    row = find_starter(session, owner, key)
    if row is None:
        words = PracticeStarter(key, starter_replies()[key], None).words
        row = write_reply(session, owner, None, words, starter=key)
    row.is_hidden = True
    return row


def write_reply(
    session: Session, owner: Owner, reply: SavedReply | None, words: ReplyWords, starter: str | None = None
) -> SavedReply:
    """Store checked words as a saved reply of an owner.

    Args:
        session: an open write transaction.
        owner: whose it is.
        reply: the one whose words these replace, None for a new one.
        words: the words.
        starter: the key of the reply of the starter set that a new one replaces.

    Raises:
        ReplyChangedError: someone else replaced that at the same moment.
    """
    if reply is None:
        reply = SavedReply(practice=owner.practice, staff_id=owner.staff_id, starter=starter, version=0)
        session.add(reply)
    reply.name, reply.text, reply.text_es = words.name, words.text, words.text_es or None
    reply.version += 1
    reply.updated_at = now()
    try:
        session.flush()
    except IntegrityError:
        raise ReplyChangedError from None
    return reply


def _owned_by(owner: Owner) -> ColumnElement[bool]:
    if owner.practice is not None:
        return SavedReply.practice == owner.practice
    return SavedReply.staff_id == owner.staff_id
