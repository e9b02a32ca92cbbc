"""Patient text and numbers are unreadable at rest, and the service can still read them while its keys change."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.accounts.members import add_member
from inbox.audit.trail import record_action
from inbox.contact.consent import is_opted_out
from inbox.conversations.tags import add_tag
from inbox.incoming.inbound import Contact, Media, record_message
from inbox.keys import rotation
from inbox.keys.rotation import Rotated, rotate_keys
from inbox.models import (
    Attachment,
    Conversation,
    Delivery,
    EmergencyAccess,
    EncryptionKey,
    Escalation,
    FoundEntities,
    Message,
    Note,
    OptOut,
    ReplyDraft,
    Role,
    SavedView,
    Voicemail,
    now,
)
from inbox.models.column_types import EncryptedText
from inbox.patients.book import Details, add_address, create_patient
from inbox.patients.record_merging import merge_patients
from inbox.practices.setting_versions import Change, Standing, add_version, read_standing
from inbox.replies.saved import Owner, ReplyWords, write_reply
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.practice_settings import Override
from tests.inbox.conftest import NO_FILES, Reopen, inbound
from tests.world import ENCRYPTION_KEY, OTHER_KEY, PATIENT

OLD_KEY, NEW_KEY = ENCRYPTION_KEY, OTHER_KEY
BOTH_KEYS = f"{NEW_KEY},{OLD_KEY}"
ENCRYPTED_COLUMNS = [
    ("attachments", "checksum"),
    ("attachments", "name"),
    ("audit_entries", "detail"),
    ("conversation_tags", "tag"),
    ("conversations", "contact_email"),
    ("conversations", "contact_phone"),
    ("conversations", "patient_address"),
    ("conversations", "patient_name"),
    ("deliveries", "body"),
    ("emergency_accesses", "reason"),
    ("escalations", "acknowledged_by"),
    ("found_entities", "spans"),
    ("messages", "claimed_email"),
    ("messages", "claimed_name"),
    ("messages", "claimed_phone"),
    ("messages", "media"),
    ("messages", "sender_message_id"),
    ("messages", "subject"),
    ("messages", "text"),
    ("messages", "trimmed"),
    ("notes", "text"),
    ("opt_outs", "patient_address"),
    ("patient_addresses", "patient_address"),
    ("patient_merges", "moved"),
    ("patients", "birth_date"),
    ("patients", "language"),
    ("patients", "name"),
    ("patients", "notes"),
    ("patients", "pronouns"),
    ("reply_drafts", "text"),
    ("saved_replies", "name"),
    ("saved_replies", "text"),
    ("saved_replies", "text_es"),
    ("saved_views", "name"),
    ("saved_views", "tag"),
    ("setting_versions", "changes"),
    ("setting_versions", "overrides"),
    ("staff_members", "totp_secret"),
    ("voicemails", "caller"),
    ("voicemails", "recording_url"),
    ("voicemails", "text"),
]


def fill(database: Database) -> None:
    """Puts a value into every encrypted column."""
    picture = Media("https://api.twilio.com/swordfish.jpg", "image/jpeg")
    contact = Contact("Sam Swordfish", PATIENT, "sam.swordfish@mail.example")
    message_id = record_message(
        database,
        inbound(
            "My swordfish allergy is back",
            media=(picture,),
            contact=contact,
            subject="Swordfish",
            trimmed="> Swordfish",
            sender_message_id="<swordfish@mail.example>",
        ),
    ).message_id
    record_message(database, inbound("STOP"))
    with database.write() as session:
        message = session.get_one(Message, message_id)
        message.conversation.contact_phone, message.conversation.contact_email = contact.phone, contact.email
        session.add(FoundEntities(message_id=message_id, spans=[["NAME", 3, 12, 1.0, "model"]]))
        attachment = session.scalars(select(Attachment)).one()
        attachment.name, attachment.checksum = "swordfish.jpg", "0" * 64
        session.add(
            Voicemail(
                call_sid="CA1",
                practice="demo",
                caller=PATIENT,
                received_on="+15005550006",
                recording_url="https://api.twilio.com/swordfish",
                text="A swordfish bit me",
            )
        )
        session.add(
            Delivery(
                conversation_id=message.conversation_id,
                message_id=message.id,
                reply="review",
                sender="+15005550006",
                body="We cannot treat a swordfish allergy",
            )
        )
        member = add_member(session, "dana@maple.example", "Dana", Role.STAFF, ["demo"], "correct horse battery staple")
        member.totp_secret = "SWORDFISH"
        session.flush()
        session.add(Note(conversation_id=message.conversation_id, staff_id=member.id, text="The swordfish again"))
        draft = {"conversation_id": message.conversation_id, "staff_id": member.id, "mark": "a"}
        session.add(ReplyDraft(**draft, text="Bring the swordfish"))
        words = ReplyWords("Swordfish", "Bring the swordfish", "Traiga el swordfish")
        write_reply(session, Owner(staff_id=member.id), None, words)
        add_tag(session, message.conversation, "swordfish")
        session.add(SavedView(staff_id=member.id, name="The swordfish", query="view=mine", tag="swordfish"))
        access = EmergencyAccess(staff_id=member.id, practice="demo", reason="The swordfish again", expires_at=now())
        session.add(access)
        key, value = "teams.billing.notify", ["mailto://desk:swordfish@maple.example"]
        standing = Standing(1, {key: Override(value, [])})
        add_version(session, "demo", standing, {key: Change([], value, [])}, staff_id=member.id)
        alarm = Escalation(message_id=message_id, conversation_id=message.conversation_id, practice="demo", code="4F7")
        alarm.acknowledged_by = PATIENT  # by text: staff are known by their number
        session.add(alarm)
        sam = Details("Sam Swordfish", "he/swordfish", "1984-03-27", "Swordfish", "The swordfish again")
        patient = create_patient(session, "demo", sam)
        add_address(session, patient, PATIENT)
        merge_patients(
            session, patient, create_patient(session, "demo", Details("Sam", notes="A swordfish")), member.id
        )
        record_action(session, staff_id=None, practice="demo", action="noted", subject="staff:1", about="swordfish")


def stored(database: Database, table: str, column: str) -> list[bytes]:
    with database.engine.connect() as connection:
        return [value for (value,) in connection.execute(text(f"SELECT {column} FROM {table}")) if value is not None]


def texts(session: Session) -> list[str]:
    return list(session.scalars(select(Message.text).order_by(Message.id)))


def files_of(database: Database) -> bytes:
    path = Path(database.url.removeprefix("sqlite:///"))
    files = [path, path.with_name(f"{path.name}-wal")]
    return b"".join(file.read_bytes() for file in files if file.exists())


# ---- at rest


def test_neither_text_nor_number_is_in_the_database_files(sqlite_database: Database) -> None:
    database = sqlite_database
    fill(database)

    content = files_of(database)
    assert b"demo" in content  # so these are the files
    for secret in (b"swordfish", b"allergy", PATIENT.encode(), PATIENT.removeprefix("+1").encode()):
        assert secret not in content


def test_a_private_column_holds_what_the_key_alone_reads(database: Database) -> None:
    fill(database)

    for table, column in ENCRYPTED_COLUMNS:
        tokens = stored(database, table, column)
        assert tokens, (table, column)
        for token in tokens:
            assert Keyring(OLD_KEY).decrypt(token), (table, column)
            with pytest.raises(IntakeError):
                Keyring(NEW_KEY).decrypt(token)


def test_the_private_columns_are_these() -> None:
    columns = [column for table in Message.metadata.sorted_tables for column in table.columns]
    encrypted = [(column.table.name, column.name) for column in columns if isinstance(column.type, EncryptedText)]

    assert sorted(encrypted) == ENCRYPTED_COLUMNS


def test_an_error_of_the_database_repeats_no_text(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "sqlalchemy")
    orphan: dict[str, Any] = {"provider": "twilio", "provider_id": "SM1", "received_on": "+15005550006"}
    with pytest.raises(IntegrityError) as failure, database.write() as session:
        session.add(Message(conversation_id=999, text="swordfish", **orphan))
    with pytest.raises(IntegrityError) as second_failure, database.write() as session:
        session.add(OptOut(practice=None, patient_address=PATIENT, patient_index="no index"))

    for said in (str(failure.value), str(second_failure.value), caplog.text):
        assert "swordfish" not in said
        assert PATIENT not in said


# ---- a key goes missing


def test_a_command_is_refused_without_a_key_that_the_database_was_written_with(reopen: Reopen) -> None:
    missing = "ENCRYPTION_KEYS is missing a key that this database was written with"
    with pytest.raises(IntakeError, match=missing) as refusal:
        reopen(NEW_KEY).check_keys()

    assert "intake keys status" in str(refusal.value)
    assert NEW_KEY not in str(refusal.value)


@pytest.mark.parametrize("keys", [OLD_KEY, BOTH_KEYS, f"{OLD_KEY},{NEW_KEY}"])
def test_a_database_is_opened_with_all_its_keys_in_any_order(reopen: Reopen, keys: str) -> None:
    reopen(keys).check_keys()


def test_a_key_is_known_by_its_fingerprint_alone(database: Database) -> None:
    with database.read() as session:
        assert list(session.scalars(select(EncryptionKey.fingerprint))) == Keyring(OLD_KEY).fingerprints
    assert OLD_KEY.encode() not in files_of(database)


# ---- while both keys are there


def test_what_was_written_with_the_old_key_stays_readable(database: Database, reopen: Reopen) -> None:
    fill(database)

    with reopen(BOTH_KEYS).read() as session:
        assert session.scalars(select(Message.text).order_by(Message.id)).all() == [
            "My swordfish allergy is back",
            "STOP",
        ]


def test_an_old_opt_out_is_honoured_and_can_be_taken_back(database: Database, reopen: Reopen) -> None:
    record_message(database, inbound("STOP"))
    both = reopen(BOTH_KEYS)

    with both.read() as session:
        assert is_opted_out(session, "demo", PATIENT)
    record_message(both, inbound("START"))
    with both.read() as session:
        assert [row.active for row in session.scalars(select(OptOut))] == [False]


def test_an_old_conversation_goes_on(database: Database, reopen: Reopen) -> None:
    record_message(database, inbound("First"))
    both = reopen(BOTH_KEYS)
    record_message(both, inbound("Second"))

    with both.read() as session:
        assert len(session.scalars(select(Conversation)).all()) == 1


def test_new_rows_are_written_with_the_old_key_until_the_rotation(reopen: Reopen) -> None:
    both = reopen(BOTH_KEYS)
    fill(both)

    for table, column in ENCRYPTED_COLUMNS:
        assert all(Keyring(OLD_KEY).decrypt(token) for token in stored(both, table, column))


def test_new_rows_are_written_with_the_new_key_after_it(reopen: Reopen) -> None:
    both = reopen(BOTH_KEYS)
    rotate_keys(both, NO_FILES)
    fill(both)

    for table, column in ENCRYPTED_COLUMNS:
        assert all(Keyring(NEW_KEY).decrypt(token) for token in stored(both, table, column))


# ---- rotation


def test_after_a_rotation_the_old_key_can_be_dropped(database: Database, reopen: Reopen) -> None:
    fill(database)
    both = reopen(BOTH_KEYS)
    # a conversation, two messages, a delivery, an opt-out, a voicemail, an alarm, an audit entry, an attachment,
    # a message's entities, three of staff, a patient's record, a saved reply, a tag, and a saved view
    assert rotate_keys(both, NO_FILES) == Rotated(22, 0)

    alone = reopen(NEW_KEY)
    alone.check_keys()
    with alone.read() as session:
        assert session.scalars(select(Message.text).order_by(Message.id)).all() == [
            "My swordfish allergy is back",
            "STOP",
        ]
        assert session.scalars(select(Delivery.body)).all() == ["We cannot treat a swordfish allergy"]
        assert session.scalars(select(Conversation.patient_address)).all() == [PATIENT]
        assert is_opted_out(session, "demo", PATIENT)
        assert read_standing(session, "demo").overrides["teams.billing.notify"].file == []
    record_message(alone, inbound("Third"))
    with alone.read() as session:
        assert len(session.scalars(select(Conversation)).all()) == 1


def test_a_rotation_leaves_nothing_that_the_old_key_reads(database: Database, reopen: Reopen) -> None:
    fill(database)
    both = reopen(BOTH_KEYS)
    rotate_keys(both, NO_FILES)

    for table, column in ENCRYPTED_COLUMNS:
        for token in stored(both, table, column):
            with pytest.raises(IntakeError):
                Keyring(OLD_KEY).decrypt(token)


def test_a_rotation_goes_through_every_batch(
    database: Database, reopen: Reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    for number in range(5):
        record_message(database, inbound(f"Message {number}"))

    assert rotate_keys(reopen(BOTH_KEYS), NO_FILES).rows == 6
    with reopen(NEW_KEY).read() as session:
        assert texts(session) == [f"Message {number}" for number in range(5)]


def test_a_rotation_may_be_repeated(database: Database, reopen: Reopen) -> None:
    fill(database)
    both = reopen(BOTH_KEYS)

    rotate_keys(both, NO_FILES)
    assert rotate_keys(both, NO_FILES) == Rotated(0, 0)
    reopen(NEW_KEY).check_keys()


def test_a_rotation_changes_nothing_but_the_keys(database: Database, reopen: Reopen) -> None:
    fill(database)
    both = reopen(BOTH_KEYS)
    unchanged = ("SELECT received_at, handled_at FROM messages", "SELECT state, updated_at FROM deliveries")

    def snapshot() -> list[Any]:
        with both.engine.connect() as connection:
            return [connection.execute(text(query)).all() for query in unchanged]

    before = snapshot()
    rotate_keys(both, NO_FILES)
    assert snapshot() == before
