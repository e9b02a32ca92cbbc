"""Tags of conversations: found by a keyed hash, kept through a change of keys, and gone with the conversation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.conversations.tag_words import MOST_TAGS, find_tag_problem, tidy_tag
from inbox.conversations.tags import TooManyTagsError, add_tag, find_tag, has_tag, remove_tag, tags_in_use, tags_of
from inbox.incoming.inbound import record_message
from inbox.keys.rotation import rotate_keys
from inbox.models import Conversation, ConversationTag, Message, now
from inbox.retention.limits import choose_overdue, delete_overdue
from inbox.storage.database import Database
from intake.practices import Practice
from tests.inbox.conftest import NO_FILES, Reopen, acting, inbound
from tests.world import ENCRYPTION_KEY, OTHER_KEY

TWO = "+12025550144"


def tag(database: Database, *tags: str, address: str = TWO, practice: str = "demo") -> int:
    """Tags a conversation, and returns its ID."""
    row_id = record_message(database, inbound(patient_address=address, practice=practice)).conversation_id
    with database.write() as session:
        for word in tags:
            add_tag(session, session.get_one(Conversation, row_id), word)
    return row_id


def tagged(session: Session, practices: list[str], index: str) -> list[int]:
    return list(session.scalars(select(Conversation.id).where(has_tag(session, practices, index))))


def words(session: Session, conversation_id: int) -> list[str]:
    return [found.word for found in tags_of(session, [conversation_id]).get(conversation_id, [])]


def test_a_tag_is_spelled_as_the_practice_spells_it_and_is_on_a_conversation_once(database: Database) -> None:
    tag(database, "Records")
    row_id = tag(database, "records", "RECORDS", "Prior auth", address="+12025550145")

    with database.write() as session:
        assert words(session, row_id) == ["Records", "Prior auth"]
        remove_tag(session, session.get_one(Conversation, row_id), "rECORDS")
        assert words(session, row_id) == ["Prior auth"]
        assert [found.word for found in tags_in_use(session, ["demo"])] == ["Prior auth", "Records"]
        assert tags_in_use(session, ["other"]) == []


def test_a_conversation_has_at_most_ten(database: Database) -> None:
    row_id = tag(database, *(f"tag {number}" for number in range(MOST_TAGS)))

    with database.write() as session:
        conversation = session.get_one(Conversation, row_id)
        assert add_tag(session, conversation, "tag 1") is None
        with pytest.raises(TooManyTagsError):
            add_tag(session, conversation, "one more")


@pytest.mark.parametrize(
    ("typed", "kept", "problem"),
    [
        ("  prior \n auth ", "prior auth", ""),
        ("#records", "records", ""),
        ("X" * 30, "X" * 30, ""),
        ("X" * 31, "X" * 31, "at most 30"),
        ("", "", "Write a word"),
        ("#!", "!", "Write a word"),
        ("a\u202eb", "a\u202eb", "control characters"),
    ],
)
def test_a_tag_is_a_short_word(typed: str, kept: str, problem: str) -> None:
    assert tidy_tag(typed) == kept
    assert problem in find_tag_problem(kept)
    assert bool(problem) == bool(find_tag_problem(kept))


def test_one_tag_of_two_practices_is_found_in_both_and_its_hash_tells_nothing_of_that(database: Database) -> None:
    ours, theirs = tag(database, "Records"), tag(database, "records", practice="other")

    with database.read() as session:
        indexes = list(session.scalars(select(ConversationTag.tag_index)))
        assert len(set(indexes)) == 2
        for index in indexes:
            assert tagged(session, ["demo", "other"], index) == [ours, theirs]
        assert tagged(session, ["demo"], indexes[0]) == [ours]
        assert tagged(session, ["demo"], indexes[1]) == []  # of another practice, it says as much as a made-up one
        assert find_tag(session, ["demo"], indexes[1]) is None


def test_tags_are_found_during_and_after_a_change_of_keys(database: Database, reopen: Reopen) -> None:
    old = tag(database, "Records")
    with database.read() as session:
        [old_index] = session.scalars(select(ConversationTag.tag_index))
    both = reopen(f"{OTHER_KEY},{ENCRYPTION_KEY}")
    rotate_keys(both, NO_FILES)
    new = tag(both, "records", address="+12025550145")

    with acting(reopen(OTHER_KEY)).read() as session:
        [index] = set(session.scalars(select(ConversationTag.tag_index)))
        assert index != old_index
        assert tagged(session, ["demo"], index) == [old, new]
        assert words(session, new) == ["Records"]


def test_tags_go_with_the_words_of_the_conversation(database: Database) -> None:
    row_id = tag(database, "Records")
    practice = Practice.model_validate(
        {"slug": "demo", "name": "Demo", "phone": "+12025550100", "time_zone": "UTC", "retention": {"message_days": 30}}
    )
    with database.write() as session:
        long_ago = now() - timedelta(days=31)
        session.execute(update(Message).values(received_at=long_ago, handled_at=long_ago))
        session.execute(update(Conversation).values(last_activity_at=long_ago))
        delete_overdue(session, practice, now(), choose_overdue(session, practice, now()))

    with database.read() as session:
        assert words(session, row_id) == []
