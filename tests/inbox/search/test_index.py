"""The search index holds every message and staff reply, and nothing of one whose words are gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, func, select, update

from inbox.incoming.inbound import record_message
from inbox.keys.rotation import rotate_keys
from inbox.models import Conversation, Delivery, Message, SearchCode, now
from inbox.retention.erasure import erase_conversations
from inbox.search.index import codes_of, index_waiting, prepare_codes
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.vocabulary import Medium
from tasks.delivery.outbox import add_delivery
from tests.inbox.conftest import NO_FILES, Reopen, acting, inbound
from tests.world import ENCRYPTION_KEY, OTHER_KEY

BOTH_KEYS = f"{OTHER_KEY},{ENCRYPTION_KEY}"


def sources(database: Database, stem: str, practice: str = "demo") -> set[int]:
    with acting(database).read() as session:
        codes = codes_of([practice], stem)
        return set(session.scalars(select(SearchCode.source).where(SearchCode.code.in_(codes))))


def count_codes(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(SearchCode)) or 0


def store(database: Database, text: str) -> None:
    """Store a message and index it, as a job does a moment later."""
    record_message(database, inbound(text))
    with acting(database).write() as session:
        index_waiting(session)


def reply(database: Database, body: str, message_id: int | None = None) -> int:
    with database.write() as session:
        delivery = Delivery(
            conversation_id=1, message_id=message_id, reply="staff", medium=Medium.SMS, sender="+1", body=body
        )
        add_delivery(session, delivery)
        return delivery.id


def test_a_staff_reply_is_indexed_as_soon_as_it_is_stored_and_a_message_by_a_job(database: Database) -> None:
    record_message(database, inbound("Where do I park?"))
    assert count_codes(database) == 0
    with database.write() as session:
        index_waiting(session)
    written = reply(database, "Park behind the house.")
    reply(database, "The park is closed.", message_id=1)  # an automatic one

    assert sources(database, "par") == {1, -written}
    assert sources(database, "0123") == {1, -written}  # the patient's number
    assert sources(database, "par", "other") == set()


def test_what_was_written_before_there_was_an_index_is_added_in_batches(database: Database) -> None:
    for number in range(5):
        record_message(database, inbound(f"Parking at entrance {number}?"))
    written = reply(database, "Parking is behind the house.")
    with database.write() as session:
        session.execute(delete(SearchCode))
        session.execute(update(Message).values(indexed_with=None))
        session.execute(update(Message).where(Message.id == 5).values(text="", emptied_at=now()))
        session.execute(update(Delivery).values(indexed_with=None))
        before = session.get_one(Delivery, written).updated_at

    with database.write() as session:
        assert index_waiting(session, limit=3) == 4
    assert sources(database, "parki") == {1, 2, 3, -written}
    with database.write() as session:
        assert index_waiting(session, limit=3) == 1
        assert index_waiting(session, limit=3) == 0
    assert sources(database, "parki") == {1, 2, 3, 4, -written}
    with database.read() as session:
        assert session.get_one(Delivery, written).updated_at == before


def test_an_erased_conversation_leaves_nothing_in_the_index(database: Database) -> None:
    store(database, "Do you have parking?")
    reply(database, "Yes, behind the house.")
    with database.write() as session:
        session.execute(update(Delivery).values(state="sent"))
        erase_conversations(session, session.scalars(select(Conversation)).all())

    assert count_codes(database) == 0


def test_the_index_is_made_anew_under_a_new_key(database: Database, reopen: Reopen) -> None:
    store(database, "Do you have parking?")
    before = count_codes(database)
    both = reopen(BOTH_KEYS)
    assert sources(both, "parki") == {1}

    rotate_keys(both, NO_FILES)

    assert sources(reopen(OTHER_KEY), "parki") == {1}
    assert sources(database, "parki") == set()
    assert count_codes(database) == before


def test_what_a_process_that_lacks_a_key_stores_another_one_indexes(database: Database, reopen: Reopen) -> None:
    store(database, "Do you have parking?")
    record_message(reopen(OTHER_KEY), inbound("Is the parking free?"))
    assert sources(reopen(BOTH_KEYS), "parki") == {1}

    with acting(database).write() as session:
        assert index_waiting(session) == 0
    both = reopen(BOTH_KEYS)
    with both.write() as session:
        assert index_waiting(session) == 1

    assert sources(both, "parki") == {1, 2}


def test_codes_that_were_prepared_for_another_text_are_not_used(database: Database) -> None:
    record_message(database, inbound("Do you have parking?"))
    with database.read() as session:
        prepared = prepare_codes(session)
    with database.write() as session:
        session.get_one(Message, 1).text = "Is the garage open?"

    with acting(database).write() as session:
        assert index_waiting(session, prepared=prepared) == 1

    assert sources(database, "garag") == {1}
    assert sources(database, "parki") == set()


def test_two_conversations_that_become_one_are_found_as_one(database: Database, reopen: Reopen) -> None:
    record_message(database, inbound("Do you have parking?"))
    record_message(reopen(OTHER_KEY), inbound("Is the parking free?"))
    both = reopen(BOTH_KEYS)
    with both.write() as session:
        index_waiting(session)

    rotate_keys(both, NO_FILES)

    with both.read() as session:
        assert set(session.scalars(select(SearchCode.conversation_id))) == {1}
        assert session.scalars(select(Conversation.id)).all() == [1]


@pytest.mark.parametrize("make", [Keyring.word_codes, lambda keys, scope, words: keys.wanted_codes(scope, words[0])])
def test_a_code_depends_on_the_key_and_the_practice(make: Callable[[Keyring, str, list[str]], set[int]]) -> None:
    codes = {
        *make(Keyring(ENCRYPTION_KEY), "demo", ["parking"]),
        *make(Keyring(ENCRYPTION_KEY), "other", ["parking"]),
        *make(Keyring(OTHER_KEY), "demo", ["parking"]),
    }

    assert len(codes) == len({code >> 16 for code in codes}) == 3
    assert all(-(2**31) <= code < 2**31 for code in codes)
