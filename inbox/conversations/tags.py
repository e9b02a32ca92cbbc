"""The tags of conversations: adding, removing, and finding them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from inbox.conversations.tag_words import MOST_TAGS, fold_tag, tag_value
from inbox.models import Conversation, ConversationTag
from inbox.models.column_types import keyring

LOOKED_AT = 1000
MOST_SUGGESTED = 40


class TooManyTagsError(Exception):
    """A conversation has as many tags as it may."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, and the keyed hash that stands for it in addresses."""

    word: str = field(repr=False)
    index: str


def add_tag(session: Session, conversation: Conversation, tag: str) -> int | None:
    """Tag a conversation, spelled as the practice already spells it; return the row's ID, None if it is tagged so.

    Args:
        session: an open transaction that holds the conversation's lock.
        conversation: the conversation.
        tag: the tag, tidied and checked.

    Raises:
        TooManyTagsError: it has as many tags as it may.
    """
    known = tags_of(session, [conversation.id]).get(conversation.id, [])
    if fold_tag(tag) in {fold_tag(other.word) for other in known}:
        return None
    if len(known) >= MOST_TAGS:
        raise TooManyTagsError
    value = tag_value(conversation.practice, tag)
    own = ConversationTag.practice == conversation.practice, ConversationTag.tag_index.in_(keyring().indexes(value))
    in_use = session.scalar(select(ConversationTag.tag).where(*own).limit(1))
    row = ConversationTag(
        conversation_id=conversation.id,
        practice=conversation.practice,
        tag=in_use or tag,
        tag_index=keyring().index(value),
    )
    session.add(row)
    session.flush()
    return row.id


def remove_tag(session: Session, conversation: Conversation, tag: str) -> list[int]:
    """Remove a tag from a conversation, and return the rows' IDs; none if it does not have the tag."""
    rows = session.scalars(select(ConversationTag).where(ConversationTag.conversation_id == conversation.id))
    gone = [row for row in rows if fold_tag(row.tag) == fold_tag(tag)]
    for row in gone:
        session.delete(row)
    return [row.id for row in gone]


def tags_of(session: Session, conversation_ids: Sequence[int]) -> dict[int, list[Tag]]:
    """Return the tags of conversations, each once, in the order in which they were added."""
    columns = (ConversationTag.conversation_id, ConversationTag.tag, ConversationTag.tag_index)
    query = select(*columns).where(ConversationTag.conversation_id.in_(conversation_ids))
    found: dict[int, dict[str, Tag]] = {}
    for row in session.execute(query.order_by(ConversationTag.id)):
        # a process that lacked a key, or a merge of two conversations, may have added one twice
        found.setdefault(row.conversation_id, {}).setdefault(fold_tag(row.tag), Tag(row.tag, row.tag_index))
    return {conversation_id: list(tags.values()) for conversation_id, tags in found.items()}


def tags_in_use(session: Session, practices: Sequence[str]) -> list[Tag]:
    """Return the tags that practices use most of late, in alphabetical order; of one that several use, the first."""
    own = ConversationTag.practice.in_(practices)
    columns = (ConversationTag.id, ConversationTag.practice, ConversationTag.tag_index)
    recent = select(*columns).where(own).order_by(ConversationTag.id.desc()).limit(LOOKED_AT).subquery()
    newest = func.max(recent.c.id)
    counted = select(newest).group_by(recent.c.practice, recent.c.tag_index)
    ids = counted.order_by(func.count().desc(), newest.desc()).limit(MOST_SUGGESTED).subquery()
    query = select(ConversationTag.tag, ConversationTag.tag_index).where(ConversationTag.id.in_(select(ids)))
    found: dict[str, Tag] = {}
    for word, index in session.execute(query.order_by(ConversationTag.id)):
        found.setdefault(fold_tag(word), Tag(word, index))
    return [found[key] for key in sorted(found)]


def find_tag(session: Session, practices: Sequence[str], index: str) -> Tag | None:
    """Return the tag of these practices that an address means; None if no conversation of theirs has it."""
    own = ConversationTag.practice.in_(practices), ConversationTag.tag_index == index
    word = session.scalar(select(ConversationTag.tag).where(*own).limit(1))
    return None if word is None else Tag(word, index)


def codes_of_tags(session: Session, practices: Sequence[str], words: Iterable[str]) -> dict[str, str]:
    """Return the codes that stand for tags in addresses now, whether or not any conversation has them."""
    codes = {word: _indexes_of(practices, word) for word in words}
    every = {code for found in codes.values() for code in found}
    if not every:
        return dict.fromkeys(codes, "")
    own = ConversationTag.practice.in_(practices), ConversationTag.tag_index.in_(every)
    query = select(ConversationTag.tag_index).where(*own).group_by(ConversationTag.tag_index)
    in_use = session.scalars(query.order_by(func.min(ConversationTag.id))).all()
    return {word: next((code for code in in_use if code in found), found[0]) for word, found in codes.items()}


def has_tag(session: Session, practices: Sequence[str], index: str) -> ColumnElement[bool]:
    """Return the condition that a conversation of these practices has the tag that an address means.

    Each practice has an index of its own for a tag, and for a while each key has.
    """
    tag = find_tag(session, practices, index)
    return is_tagged(practices, tag.word) if tag else false()


def is_tagged(practices: Sequence[str], word: str) -> ColumnElement[bool]:
    """Return the condition that a conversation of these practices has a tag."""
    own = ConversationTag.practice.in_(practices), ConversationTag.tag_index.in_(_indexes_of(practices, word))
    return Conversation.id.in_(select(ConversationTag.conversation_id).where(*own))


def _indexes_of(practices: Sequence[str], word: str) -> list[str]:
    return [index for slug in practices for index in keyring().indexes(tag_value(slug, word))]
