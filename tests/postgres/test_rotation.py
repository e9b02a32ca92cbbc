"""Rotating keys on PostgreSQL, while others write."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import delete, select
from sqlalchemy.engine import make_url

from inbox.incoming.inbound import record_message
from inbox.keys.rotation import rotate_keys
from inbox.models import EncryptionKey, Message
from inbox.storage.database import Database
from inbox.storage.key_registry import read_keys
from intake.errors import IntakeError
from tests.inbox.conftest import NO_FILES, Reopen, inbound
from tests.inbox.keys.test_rotation import (
    keys_of,
    test_a_process_with_a_new_key_alone_stores_what_comes_in_and_says_which_key_it_used,
    test_a_rotation_that_was_interrupted_after_the_switch_is_finished,
    test_two_conversations_of_one_patient_become_one_with_all_messages,
    test_two_opt_outs_of_one_patient_become_one_that_is_opted_out,
)
from tests.postgres.conftest import wait_for_a_lock
from tests.world import ENCRYPTION_KEY, OTHER_KEY

__all__ = [
    "test_a_process_with_a_new_key_alone_stores_what_comes_in_and_says_which_key_it_used",
    "test_a_rotation_that_was_interrupted_after_the_switch_is_finished",
    "test_two_conversations_of_one_patient_become_one_with_all_messages",
    "test_two_opt_outs_of_one_patient_become_one_that_is_opted_out",
]


def test_a_rotation_never_writes_an_old_text_over_a_newer_one(database: Database, reopen: Reopen) -> None:
    message_id = record_message(database, inbound("")).message_id
    both = reopen(f"{OTHER_KEY},{ENCRYPTION_KEY}")
    with both.change_keys() as session:  # a rotation that was interrupted after the switch
        session.query(EncryptionKey).update({"writes": False})
        session.add(EncryptionKey(fingerprint=both.keyring.fingerprints[0], writes=True))
    rotating = threading.Thread(target=rotate_keys, args=(both, NO_FILES))
    with both.write() as session:
        message = session.get_one(Message, message_id, with_for_update=True)
        rotating.start()
        wait_for_a_lock(both, rotating)
        message.text = "The transcription"
    rotating.join()

    with reopen(OTHER_KEY).read() as session:
        assert session.scalars(select(Message.text)).all() == ["The transcription"]


def test_who_stores_a_message_does_not_wait_for_a_rotation_that_waits_for_a_backup(
    database: Database, reopen: Reopen
) -> None:
    both = reopen(f"{OTHER_KEY},{ENCRYPTION_KEY}")
    rotating = threading.Thread(target=rotate_keys, args=(both, NO_FILES))
    url = make_url(database.url).update_query_dict({"options": "-c lock_timeout=10s"})
    impatient = Database(url.render_as_string(hide_password=False), both.keyring)
    with database.engine.begin() as backup:
        backup.exec_driver_sql("LOCK TABLE encryption_keys IN ACCESS SHARE MODE")  # which pg_dump has until it ends
        rotating.start()
        wait_for_a_lock(both, rotating)
        record_message(impatient, inbound())
    rotating.join()
    impatient.close()

    with reopen(OTHER_KEY).read() as session:
        assert read_keys(session).known == {both.keyring.fingerprints[0]}
        assert session.scalars(select(Message.text)).all() == [inbound().text]


def test_a_rotation_that_a_backup_keeps_waiting_says_so_and_changes_nothing(database: Database) -> None:
    before = keys_of(database)
    with database.engine.begin() as backup:
        backup.exec_driver_sql("LOCK TABLE encryption_keys IN ACCESS SHARE MODE")
        busy = pytest.raises(IntakeError, match="a backup, or something else")
        with busy, database.change_keys(attempts=1) as session:
            session.execute(delete(EncryptionKey))
    assert keys_of(database) == before
