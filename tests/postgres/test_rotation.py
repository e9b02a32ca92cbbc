"""Rotating keys on PostgreSQL, while others write."""

from __future__ import annotations

import threading

from sqlalchemy import select

from inbox.database import Database
from inbox.inbound import record_message
from inbox.models import EncryptionKey, Message
from inbox.rotation import rotate_keys
from tests.inbox.conftest import NO_FILES, Reopen, inbound
from tests.inbox.test_rotation import (
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
