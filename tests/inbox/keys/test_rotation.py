"""Changing the encryption key while processes run that have it, lack it, or come back without it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from inbox.attachments.file_store import Folder
from inbox.contact.consent import is_opted_out, record_consent
from inbox.incoming.inbound import record_message
from inbox.keys.rotation import _forget_others, rotate_keys
from inbox.keys.status import KeyStatus, Phase, advise, read_status
from inbox.models import (
    Attachment,
    AttachmentState,
    Conversation,
    ConversationState,
    EncryptionKey,
    Message,
    OptOut,
    now,
)
from inbox.patients.records import find_records
from inbox.retention.patient_data import erase_records
from inbox.storage.database import Database
from inbox.storage.key_registry import KeyUse, lacks_keys, read_keys
from inbox.storage.presence import Heartbeat, Presence
from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.vocabulary import Priority
from tests.inbox.conftest import NO_FILES, Reopen, acting, inbound
from tests.world import ENCRYPTION_KEY, OTHER_KEY, PATIENT

OLD_KEY, NEW_KEY = ENCRYPTION_KEY, OTHER_KEY
BOTH_KEYS = f"{NEW_KEY},{OLD_KEY}"
OLD, NEW = Keyring(OLD_KEY).fingerprints[0], Keyring(NEW_KEY).fingerprints[0]


def keys_of(database: Database) -> KeyUse:
    with database.read() as session:
        return read_keys(session)


def opted_out(database: Database) -> bool:
    with acting(database).read() as session:
        return is_opted_out(session, "demo", PATIENT)


# ---- what to do next


def process(name: str, *fingerprints: str) -> Presence:
    return Presence(name, "worker", frozenset(), frozenset(fingerprints), now())


@pytest.mark.parametrize(
    ("use", "own", "processes", "phase", "advice"),
    [
        (KeyUse(frozenset({OLD}), OLD), (OLD,), (), Phase.SETTLED, "nothing"),
        (KeyUse(frozenset({OLD}), OLD), (NEW,), (), Phase.MISSING, "add the missing key"),
        (KeyUse(frozenset({OLD}), OLD), (NEW, OLD), (process("worker 1", OLD),), Phase.WAITING, "restart worker 1"),
        (KeyUse(frozenset({OLD}), OLD), (NEW, OLD), (process("worker 1", OLD, NEW),), Phase.READY, "keys rotate"),
        (KeyUse(frozenset({OLD, NEW}), NEW), (NEW, OLD), (), Phase.REWRITING, "again to finish"),
        (KeyUse(frozenset({OLD, NEW}), NEW), (NEW, OLD), (process("web 1", NEW),), Phase.WAITING, "restart web 1"),
        (KeyUse(frozenset({NEW}), NEW), (NEW, OLD), (), Phase.SPARE, "remove every key but the first"),
    ],
)
def test_the_next_step_follows_from_the_keys(
    use: KeyUse, own: tuple[str, ...], processes: tuple[Presence, ...], phase: Phase, advice: str
) -> None:
    status = KeyStatus(use, own, processes)

    assert status.phase is phase
    assert advice in advise(status)


def test_a_key_of_erased_patients_that_still_writes_is_not_named_as_one_to_keep() -> None:
    status = KeyStatus(KeyUse(frozenset({NEW}), NEW), (NEW, OLD), (), frozenset({NEW}))

    assert "every key but the first from ENCRYPTION_KEYS" in advise(status)


# ---- the right order


def test_a_process_that_has_both_keys_writes_what_one_with_the_old_key_finds(
    database: Database, reopen: Reopen
) -> None:
    record_message(reopen(BOTH_KEYS), inbound("STOP"))

    assert opted_out(database)
    with database.write() as session:
        assert not lacks_keys(session)


def test_a_rotation_waits_until_every_running_process_can_read_the_new_key(database: Database, reopen: Reopen) -> None:
    Heartbeat(database, "worker", ["messages"]).beat()
    both = reopen(BOTH_KEYS)

    with pytest.raises(IntakeError, match=r"these processes cannot read the new key yet: worker \d+ on "):
        rotate_keys(both, NO_FILES)
    assert keys_of(both) == KeyUse(frozenset({OLD}), OLD)

    Heartbeat(both, "worker", ["messages"]).beat()  # the same process after a restart
    rotate_keys(both, NO_FILES)
    assert keys_of(both) == KeyUse(frozenset({NEW}), NEW)


def test_a_running_process_writes_with_the_new_key_as_soon_as_it_is_switched(
    database: Database, reopen: Reopen
) -> None:
    running, rotating = reopen(BOTH_KEYS), reopen(BOTH_KEYS)
    rotate_keys(rotating, NO_FILES)
    record_message(acting(running), inbound("STOP"))

    assert opted_out(reopen(NEW_KEY))


def test_a_rotation_that_was_interrupted_after_the_switch_is_finished(database: Database, reopen: Reopen) -> None:
    record_message(database, inbound("STOP"))
    both = reopen(BOTH_KEYS)
    with both.change_keys() as session:
        session.execute(update(EncryptionKey).values(writes=False))
        session.add(EncryptionKey(fingerprint=NEW, writes=True))
    record_message(both, inbound("Do you have parking?", patient_address="+12025550124"))
    assert read_status(both).phase is Phase.REWRITING

    rotate_keys(both, NO_FILES)

    alone = reopen(NEW_KEY)
    assert opted_out(alone)
    with alone.read() as session:
        assert len(session.scalars(select(Message.text)).all()) == 2


def test_an_old_key_that_was_written_with_meanwhile_is_not_forgotten(database: Database, reopen: Reopen) -> None:
    both = reopen(BOTH_KEYS)
    with both.change_keys() as session:
        session.execute(update(EncryptionKey).values(writes=False))
        session.add(EncryptionKey(fingerprint=NEW, writes=True))
    record_message(acting(database), inbound("STOP"))  # by a process that came back with the old key alone

    assert not _forget_others(both, NEW, strays=0)
    assert keys_of(both).known == {OLD, NEW}


def test_a_service_that_lost_every_file_finishes_a_rotation_only_once_told_so(
    database: Database, reopen: Reopen, tmp_path: Path
) -> None:
    message_id = record_message(database, inbound("Here is my card")).message_id
    with database.write() as session:
        session.add(Attachment(message_id=message_id, position=0, state=AttachmentState.STORED))
    both, empty = reopen(BOTH_KEYS), Folder(tmp_path)

    with pytest.raises(
        IntakeError, match=r"\(file 1 of conversation 1\).* lost for good, run it with --files-are-lost"
    ):
        rotate_keys(both, empty)
    assert keys_of(both) == KeyUse(frozenset({OLD, NEW}), NEW)

    rotate_keys(both, empty, files_are_lost=True)
    assert keys_of(both) == KeyUse(frozenset({NEW}), NEW)
    with both.read() as session:
        assert session.scalars(select(Attachment.state)).all() == [AttachmentState.GONE]


# ---- the wrong order


def test_a_process_with_a_new_key_alone_stores_what_comes_in_and_says_which_key_it_used(
    database: Database, reopen: Reopen
) -> None:
    record_message(database, inbound("Hello"))
    alone = reopen(NEW_KEY)
    alone.migrate()
    stored = inbound("STOP")

    assert record_message(alone, stored).is_new
    assert not record_message(alone, stored).is_new
    assert keys_of(alone) == KeyUse(frozenset({OLD, NEW}), OLD)
    for lacking in (database, alone):
        with acting(lacking).write() as session:
            assert lacks_keys(session)


def test_a_process_with_another_key_that_writes_no_text_stops_nobody(database: Database, reopen: Reopen) -> None:
    Heartbeat(reopen(NEW_KEY), "worker").beat()

    assert keys_of(database) == KeyUse(frozenset({OLD}), OLD)


def test_a_repeat_is_recognised_though_its_text_cannot_be_read(database: Database, reopen: Reopen) -> None:
    message = inbound("Hello")
    record_message(database, message)

    assert not record_message(reopen(NEW_KEY), message).is_new


def test_two_opt_outs_of_one_patient_become_one_that_is_opted_out(database: Database, reopen: Reopen) -> None:
    record_message(database, inbound("STOP"))
    record_message(reopen(NEW_KEY), inbound("STOP"))
    with acting(database).write() as session:
        record_consent(session, "demo", PATIENT, opted_out=False)
    both = reopen(BOTH_KEYS)
    assert opted_out(both)

    assert rotate_keys(both, NO_FILES).merged == 2  # the opt-outs, and the conversations

    assert opted_out(reopen(NEW_KEY))
    with both.read() as session:
        assert session.scalars(select(OptOut.active)).all() == [True]


# ---- opt-outs of erased patients


def erase(database: Database, address: str = PATIENT) -> None:
    with database.write() as session:
        erase_records(session, find_records(session, address, ["demo"]), None)


def index_keys(database: Database) -> list[str | None]:
    with database.read() as session:
        return list(session.scalars(select(OptOut.index_key).order_by(OptOut.id)))


@pytest.mark.parametrize("keys", [BOTH_KEYS, f"{OLD_KEY},{NEW_KEY}"])
def test_an_erased_patient_stays_opted_out_through_a_change_of_keys(
    database: Database, reopen: Reopen, keys: str
) -> None:
    record_message(database, inbound("STOP"))
    erase(reopen(keys))
    assert index_keys(database) == [OLD]

    rotate_keys(reopen(BOTH_KEYS), NO_FILES)

    assert reopen(NEW_KEY).missing_keys() == {OLD}
    assert opted_out(reopen(BOTH_KEYS))


def test_a_key_that_is_listed_twice_counts_once(database: Database, reopen: Reopen) -> None:
    twice = reopen(f"{OLD_KEY},{OLD_KEY}")
    record_message(twice, inbound("STOP"))

    erase(twice)

    assert twice.keyring.fingerprints == [OLD]
    assert index_keys(twice) == [OLD]


@pytest.mark.parametrize("written_by", [OLD_KEY, NEW_KEY])
def test_no_key_is_given_up_while_it_is_unknown_which_an_erased_patient_needs(
    database: Database, reopen: Reopen, written_by: str
) -> None:
    record_message(database, inbound("Hello", patient_address="+12025550124"))
    record_message(reopen(written_by), inbound("STOP"))
    both = reopen(BOTH_KEYS)
    erase(both)
    with both.write() as session:
        session.execute(update(OptOut).values(index_key=None))
    rotate_keys(both, NO_FILES)
    assert keys_of(both).known == {OLD, NEW}
    assert "remove" not in advise(read_status(both))

    record_message(both, inbound("START"))
    rotate_keys(both, NO_FILES)

    needed = Keyring(written_by).fingerprints[0]
    assert index_keys(both) == [needed]
    assert keys_of(both).known == {NEW, needed}


def test_an_opt_in_ends_both_opt_outs_of_a_patient(database: Database, reopen: Reopen) -> None:
    record_message(database, inbound("STOP"))
    record_message(reopen(NEW_KEY), inbound("STOP"))
    both = reopen(BOTH_KEYS)

    record_message(both, inbound("START"))

    assert not opted_out(both)


def test_two_conversations_of_one_patient_become_one_with_all_messages(database: Database, reopen: Reopen) -> None:
    record_message(database, inbound("First"))
    record_message(reopen(NEW_KEY), inbound("Second"))
    both = reopen(BOTH_KEYS)
    with both.write() as session:
        first, second = session.scalars(select(Conversation).order_by(Conversation.id))
        first.state, first.priority = ConversationState.CLOSED, None
        second.state, second.priority = ConversationState.OPEN, Priority.HIGH

    rotate_keys(both, NO_FILES)

    with reopen(NEW_KEY).read() as session:
        [conversation] = session.scalars(select(Conversation))
        assert (conversation.id, conversation.state, conversation.priority) == (1, "open", "high")
        assert conversation.patient_address == PATIENT
        assert [message.text for message in session.scalars(select(Message).order_by(Message.id))] == [
            "First",
            "Second",
        ]
    record_message(both, inbound("Third"))
    with both.read() as session:
        assert len(session.scalars(select(Conversation.id)).all()) == 1
