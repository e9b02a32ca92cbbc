"""One patient's data can be had, erased, and held, and the trail of it names nobody."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from inbox.attachments.file_store import Folder
from inbox.attachments.rows import keep_contents, take_contents
from inbox.contact.consent import is_opted_out, record_consent
from inbox.conversations.legal_hold import hold_conversation
from inbox.incoming.inbound import Contact, record_message
from inbox.keys.rotation import rotate_keys
from inbox.models import (
    Attachment,
    AttachmentKind,
    AttachmentState,
    AuditEntry,
    Base,
    CarrierErasure,
    Classification,
    Conversation,
    ConversationTag,
    Decision,
    Delivery,
    DeliveryState,
    Escalation,
    Message,
    Note,
    Notification,
    OptOut,
    ReplyDraft,
    Role,
    StaffMember,
    Voicemail,
    now,
)
from inbox.patients.book import Details, add_address, create_patient, link_conversation
from inbox.replies.drafts import KeptDraft, read_draft, save_draft
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.vocabulary import Channel, Medium
from tests.app.command import Finished, complete, intake
from tests.inbox.conftest import NO_FILES, inbound
from tests.world import ENCRYPTION_KEY, OTHER_KEY, PATIENT, PRACTICES_TOML

STRANGER = "+12025550177"
EMAIL = "maria@example.com"
WORDS = "Can I move my visit to Tuesday?"
# what may be left once the only patient is erased
LEFT = {
    "audit_entries",
    "leases",
    "carrier_erasures",
    "encryption_keys",
    "opt_outs",
    "staff_members",
    "staff_practices",
}


@pytest.fixture
def folder(tmp_path: Path, migrated_file: Path) -> Path:
    """A folder with a practices file and an empty database."""
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)
    (tmp_path / "intake.db").write_bytes(migrated_file.read_bytes())
    return tmp_path


@pytest.fixture
def stored(folder: Path) -> Iterator[Database]:
    """Its database."""
    database = Database(f"sqlite:///{folder / 'intake.db'}", Keyring(ENCRYPTION_KEY))
    yield database
    database.close()


def run(folder: Path, *arguments: str, **options: Any) -> Finished:
    return intake("patient", *arguments, folder=folder, environment=complete(folder), **options)


def converse(database: Database, **changes: Any) -> int:
    """Store a message with all that the service and staff add to it, and return its conversation's id."""
    recorded = record_message(database, inbound(WORDS, **changes))
    with database.write() as session:
        message = session.get_one(Message, recorded.message_id)
        message.handled_at = now()
        staff = session.scalar(select(StaffMember)) or StaffMember(
            email="dana@maple.example", name="Dana", role=Role.STAFF, password_hash="x"
        )
        session.add(staff)
        session.flush()
        if read_draft(session, recorded.conversation_id, staff.id) == KeptDraft():
            save_draft(session, recorded.conversation_id, staff.id, "Tuesday at 9 wor", None)
        session.add_all(
            [
                Classification(
                    message_id=message.id,
                    model_version="0123456789ab",
                    intent="appointment_request",
                    confidence=0.9,
                    probabilities={},
                    triage="routine",
                    language="en",
                    disposition="route",
                ),
                Decision(message_id=message.id, route="appointment_request", why="confidence 0.90"),
                Delivery(
                    conversation_id=recorded.conversation_id,
                    message_id=message.id,
                    reply="appointment_request",
                    sender="+15005550006",
                    body="Book at our site.",
                    state=DeliveryState.DELIVERED,
                    provider_id=f"SM{message.id:032x}".replace("SM0", "SMf", 1),
                ),
                Note(conversation_id=recorded.conversation_id, staff_id=staff.id, text="Prefers mornings"),
                ConversationTag(
                    conversation_id=recorded.conversation_id,
                    practice=recorded.practice,
                    tag="prior auth",
                    tag_index="0" * 32,
                ),
                Notification(
                    message_id=message.id, reason="message", team="scheduling", target="console", priority="normal"
                ),
                Escalation(
                    message_id=message.id,
                    conversation_id=message.conversation_id,
                    practice=recorded.practice,
                    code=f"4F{message.id}",
                    acknowledged_at=now(),
                ),
            ]
        )
    return recorded.conversation_id


def rows(database: Database, model: type[Base]) -> list[Any]:
    with database.read() as session:
        return list(session.scalars(select(model)))


# ---- export


def test_an_export_has_everything_about_the_patient_over_all_channels(folder: Path, stored: Database) -> None:
    texted = converse(stored)
    form = converse(stored, channel=Channel.WEB_FORM, provider="form", contact=Contact(name="Maria", email=EMAIL))
    chat = converse(
        stored, channel=Channel.WEB_FORM, provider="form", patient_address=EMAIL, contact=Contact(phone=PATIENT)
    )
    converse(stored, patient_address=STRANGER)
    record_message(stored, inbound("STOP"))

    assert run(folder, "export", PATIENT, "--to", "maria.json").lines

    exported = json.loads((folder / "maria.json").read_text())
    assert exported["patient"] == PATIENT
    found = {conversation["id"]: conversation["found_by"] for conversation in exported["conversations"]}
    assert found == {texted: "address", form: "address", chat: "contact details"}
    first = exported["conversations"][0]
    assert [message["text"] for message in first["messages"]] == [WORDS, "STOP"]
    assert first["messages"][0]["classification"]["intent"] == "appointment_request"
    assert first["messages"][0]["decision"]["why"] == "confidence 0.90"
    assert [(reply["by"], reply["body"]) for reply in first["replies"]] == [("automatic", "Book at our site.")]
    assert [(draft["by"], draft["text"]) for draft in first["drafts"]] == [("Dana", "Tuesday at 9 wor")]
    assert first["tags"] == ["prior auth"]
    assert [(consent["practice"], consent["opted_out"]) for consent in exported["consents"]] == [("demo", True)]


@pytest.mark.parametrize(
    ("flags", "has_notes", "said"),
    [
        pytest.param((), False, "without internal notes (--include-notes adds them)", id="left out"),
        pytest.param(("--include-notes",), True, "with internal notes", id="asked for"),
    ],
)
def test_an_export_has_internal_notes_only_if_asked_for(
    folder: Path, stored: Database, flags: tuple[str, ...], has_notes: bool, said: str
) -> None:
    converse(stored)

    lines = run(folder, "export", PATIENT, "--to", "maria.json", *flags).lines

    assert f"to maria.json, {said}." in lines[0]
    assert json.loads((folder / "maria.json").read_text())["internal_notes"] is has_notes
    for name in ("maria.json", "maria.html"):
        assert ("Prefers mornings" in (folder / name).read_text()) is has_notes
    assert {entry.detail["notes"] for entry in rows(stored, AuditEntry)} == {has_notes}


def test_an_export_can_be_read_by_its_owner_alone_and_replaces_no_file(folder: Path, stored: Database) -> None:
    converse(stored)

    assert run(folder, "export", "(202) 555-0123", "--to", "maria.json").lines

    written = [folder / "maria.json", folder / "maria.html"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in written] == [0o600, 0o600]
    assert "maria.json exists" in run(folder, "export", PATIENT, "--to", "maria.json").error
    assert "maria.html exists" in run(folder, "export", PATIENT, "--to", "maria.txt").error
    assert "ends in .json" in run(folder, "export", PATIENT, "--to", "new.html").error


def test_an_export_has_the_pictures_and_files_beside_it(folder: Path, stored: Database) -> None:
    converse(stored)
    [message], [reply] = rows(stored, Message), rows(stored, Delivery)
    store = Folder(folder / "var" / "attachments")
    kept = [keep_contents(stored, store, contents) for contents in (b"her knee", b"a form", b"lost", b"her gait")]
    kinds = [
        (AttachmentKind.PICTURE, "image/jpeg"),
        (AttachmentKind.PDF, "application/pdf"),
        (AttachmentKind.PDF, "application/pdf"),
        (AttachmentKind.PHOTO, "image/heic"),
    ]
    owners = [{"message_id": message.id}, {"delivery_id": reply.id}, *[{"message_id": message.id}] * 2]
    with stored.write() as session:
        for number, (contents, (kind, form), owner) in enumerate(zip(kept, kinds, owners, strict=True)):
            file = Attachment(position=number, state=AttachmentState.STORED, kind=kind, content_type=form, **owner)
            session.add(file)
            take_contents(session, file, contents)
    store.delete(kept[2].file_id)

    said = run(folder, "export", PATIENT, "--to", "maria.json").lines

    assert said[1:] == [
        "Wrote 3 pictures and files to maria.files.",
        "Lost, and not there: 3.",
        "Wrote maria.html for people to read.",
    ]
    page = (folder / "maria.html").read_text()
    assert WORDS in page
    assert re.findall(r'(?:src|href)="([^"]+)"', page) == [
        "maria.files/1.jpg",
        "maria.files/1.jpg",
        "maria.files/4.heic",  # named, as no browser shows it
        "maria.files/2.pdf",
    ]
    assert "Pictures and files that are no longer there: 1." in page
    written = folder / "maria.files"
    assert {path.name: path.read_bytes() for path in written.iterdir()} == {
        "1.jpg": b"her knee",
        "2.pdf": b"a form",
        "4.heic": b"her gait",
    }
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (written, *written.iterdir())]
    assert modes == [0o700, 0o600, 0o600, 0o600]
    [conversation] = json.loads((folder / "maria.json").read_text())["conversations"]
    assert [file["id"] for file in conversation["messages"][0]["files"]] == [1, 3, 4]
    assert [file["id"] for file in conversation["replies"][0]["files"]] == [2]
    assert "maria.files exists" in run(folder, "export", PATIENT, "--to", "maria.txt").error
    assert not (folder / "maria.txt").exists()


def test_an_export_is_found_by_email_address_and_limited_to_a_practice(folder: Path, stored: Database) -> None:
    converse(stored, channel=Channel.EMAIL, provider="email", patient_address=EMAIL)
    other = converse(stored, channel=Channel.EMAIL, provider="email", patient_address=EMAIL, practice="other")

    with stored.write() as session:
        record_consent(session, "demo", EMAIL, opted_out=True)

    assert run(folder, "export", "Maria@Example.com", "--practice", "other", "--to", "maria.json").lines

    exported = json.loads((folder / "maria.json").read_text())
    assert [conversation["id"] for conversation in exported["conversations"]] == [other]
    assert exported["consents"] == []


def test_an_unknown_patient_or_practice_is_an_error_that_repeats_no_number(folder: Path, stored: Database) -> None:
    error = run(folder, "export", STRANGER, "--to", "nobody.json").error
    assert "nothing is on record" in error
    assert STRANGER not in error
    assert "there is no practice maple" in run(folder, "erase", PATIENT, "--practice", "maple", "--yes").error
    assert "not a phone number" in run(folder, "erase", "Maria", "--yes").error
    assert not (folder / "nobody.json").exists()


@pytest.mark.parametrize("options", [(), ("--practice", "removed")])
def test_a_patient_of_a_practice_that_left_the_file_is_erased_too(
    folder: Path, stored: Database, options: tuple[str, ...]
) -> None:
    record_message(stored, inbound(WORDS, practice="removed"))

    assert run(folder, "erase", PATIENT, "--yes", *options).lines

    assert rows(stored, Message) == []


def test_an_address_that_one_message_of_many_gave_makes_the_others_nobodys(folder: Path, stored: Database) -> None:
    own = converse(stored, channel=Channel.WEB_FORM, provider="form", patient_address=EMAIL)
    converse(stored, channel=Channel.WEB_FORM, provider="form", patient_address=EMAIL, contact=Contact(phone=PATIENT))

    assert "nothing is on record" in run(folder, "erase", PATIENT, "--yes").error

    assert [conversation.id for conversation in rows(stored, Conversation)] == [own]


# ---- erasure


def test_an_erasure_deletes_everything_of_the_patient_and_nothing_of_others(folder: Path, stored: Database) -> None:
    converse(stored)
    converse(stored, channel=Channel.WEB_FORM, provider="form", patient_address=EMAIL, contact=Contact(phone=PATIENT))
    kept = converse(stored, patient_address=STRANGER)

    assert run(folder, "erase", PATIENT, "--yes").lines

    assert [conversation.id for conversation in rows(stored, Conversation)] == [kept]
    for model in (
        Message,
        Classification,
        Decision,
        Delivery,
        Note,
        ReplyDraft,
        ConversationTag,
        Notification,
        Escalation,
    ):
        assert len(rows(stored, model)) == 1, model


def test_an_erased_patient_is_in_no_table(folder: Path, stored: Database) -> None:
    converse(stored)
    record_message(stored, inbound("STOP"))
    with stored.write() as session:
        session.add(Voicemail(call_sid="CA1", practice="demo", caller=PATIENT, received_on="+15005550006"))

    assert run(folder, "erase", PATIENT, "--yes").lines

    with stored.read() as session:
        filled = {
            table.name
            for table in Base.metadata.sorted_tables
            if session.scalar(select(func.count()).select_from(table))
        }
    assert filled <= LEFT
    assert [opt_out.patient_address for opt_out in rows(stored, OptOut)] == [None]


def test_a_chat_that_staff_linked_to_the_patients_record_is_exported_and_erased_with_the_patient(
    folder: Path, stored: Database
) -> None:
    texted = converse(stored)
    chat, shared = (converse(stored, channel=Channel.WEB_FORM, provider="form", patient_address=None) for _ in range(2))
    with stored.write() as session:
        patient, sibling = (create_patient(session, "demo", Details(name)) for name in ("Maria Rivera", "Leo Rivera"))
        add_address(session, patient, PATIENT)
        for row_id, owners in ((chat, [patient]), (shared, [patient, sibling])):
            for owner in owners:
                link_conversation(session, owner, session.get_one(Conversation, row_id))

    assert run(folder, "export", PATIENT, "--to", "maria.json").lines
    found = json.loads((folder / "maria.json").read_text())["conversations"]
    assert {row["id"]: row["found_by"] for row in found} == {texted: "address", chat: "patient record"}

    assert run(folder, "erase", PATIENT, "--yes").lines
    assert [row.id for row in rows(stored, Conversation)] == [shared]
    assert [draft.conversation_id for draft in rows(stored, ReplyDraft)] == [shared]


def test_texts_and_recordings_of_an_erased_patient_are_erased_at_the_carrier(folder: Path, stored: Database) -> None:
    converse(stored)
    [message], [reply] = rows(stored, Message), rows(stored, Delivery)

    assert run(folder, "erase", PATIENT, "--yes").lines

    waiting = {(erasure.kind, erasure.provider_id) for erasure in rows(stored, CarrierErasure)}
    assert waiting == {("message", message.provider_id), ("message", reply.provider_id)}


def test_an_erased_number_that_opted_out_is_still_opted_out(folder: Path, stored: Database) -> None:
    record_message(stored, inbound("STOP"))

    assert run(folder, "erase", PATIENT, "--yes").lines

    with stored.read() as session:
        assert is_opted_out(session, "demo", PATIENT)
    record_message(stored, inbound("START"))
    with stored.read() as session:
        assert not is_opted_out(session, "demo", PATIENT)


def test_after_a_rotation_of_keys_an_erased_number_is_still_opted_out(folder: Path, stored: Database) -> None:
    record_message(stored, inbound("STOP"))
    assert run(folder, "erase", PATIENT, "--yes").lines

    both = Database(stored.url, Keyring(f"{OTHER_KEY},{ENCRYPTION_KEY}"))
    both.check_keys()
    rotate_keys(both, NO_FILES)
    with both.read() as session:
        assert is_opted_out(session, "demo", PATIENT)
    both.close()

    only_new = Database(stored.url, Keyring(OTHER_KEY))
    with pytest.raises(IntakeError, match="missing a key"):
        only_new.check_keys()
    only_new.close()


def test_an_erasure_asks_first(folder: Path, stored: Database) -> None:
    converse(stored)

    assert run(folder, "erase", PATIENT, stdin="n\n").status != 0
    assert len(rows(stored, Message)) == 1

    done = run(folder, "erase", PATIENT, stdin="y\n")
    assert (done.status, rows(stored, Message)) == (0, [])


def test_a_patient_in_danger_whom_nobody_has_acknowledged_is_not_erased(folder: Path, stored: Database) -> None:
    number = converse(stored)
    with stored.write() as session:
        session.execute(update(Escalation).values(acknowledged_at=None))

    refused = run(folder, "erase", PATIENT, "--yes")

    assert refused.status == 1
    assert f"nobody has acknowledged the emergency in conversation {number}, so nothing was erased" in refused.error
    assert len(rows(stored, Conversation)) == 1


def test_a_held_patient_is_not_erased(folder: Path, stored: Database) -> None:
    converse(stored, channel=Channel.VOICEMAIL)
    conversation_id = converse(stored)
    with stored.write() as session:
        hold_conversation(session.get_one(Conversation, conversation_id), None)

    assert f"conversation {conversation_id} is under legal hold" in run(folder, "erase", PATIENT, "--yes").error

    assert [message.text for message in rows(stored, Message)] == [WORDS, WORDS]
    assert [entry.action for entry in rows(stored, AuditEntry)] == []


@pytest.mark.parametrize("state", [DeliveryState.SENDING, DeliveryState.UNKNOWN])
def test_a_patient_whose_reply_is_being_sent_is_not_erased(folder: Path, stored: Database, state: str) -> None:
    converse(stored)
    with stored.write() as session:
        session.execute(update(Delivery).values(state=state, medium=Medium.SMS))

    assert "is being sent" in run(folder, "erase", PATIENT, "--yes").error
    assert len(rows(stored, Message)) == 1


# ---- hold


def test_a_hold_is_placed_and_released_on_all_conversations_of_a_patient(folder: Path, stored: Database) -> None:
    converse(stored)
    converse(stored, channel=Channel.WEB_FORM, provider="form")
    converse(stored, patient_address=STRANGER)

    placed = run(folder, "hold", PATIENT).lines
    assert placed[0] == "2 conversations placed under legal hold."
    assert "What comes later from their numbers and email addresses is held, too" in placed[1]
    assert [row.held_at is not None for row in rows(stored, Conversation)] == [True, True, False]

    assert run(folder, "hold", PATIENT, "--release").lines == ["2 conversations released."]
    assert [row.held_at for row in rows(stored, Conversation)] == [None, None, None]
    assert [entry.action for entry in rows(stored, AuditEntry)] == ["held", "held", "hold_released", "hold_released"]


def test_a_patient_who_only_called_has_nothing_to_hold(folder: Path, stored: Database) -> None:
    with stored.write() as session:
        session.add(Voicemail(call_sid="CA1", practice="demo", caller=PATIENT, received_on="+15005550006"))

    assert "no conversation to hold, only calls" in run(folder, "hold", PATIENT).error


# ---- the trail


def test_the_audit_trail_names_no_patient(folder: Path, stored: Database) -> None:
    conversation_id = converse(stored)
    record_message(stored, inbound("STOP"))

    assert run(folder, "export", PATIENT, "--to", "maria.json").lines
    assert run(folder, "erase", PATIENT, "--yes").lines

    entries = rows(stored, AuditEntry)
    assert [(entry.action, entry.subject) for entry in entries] == [
        ("patient_exported", f"conversation:{conversation_id}"),
        ("patient_exported", "patient"),
        ("patient_erased", f"conversation:{conversation_id}"),
        ("patient_erased", "patient"),
    ]
    index = Keyring(ENCRYPTION_KEY).index(PATIENT)
    for entry in entries:
        told = f"{entry.subject} {json.dumps(entry.detail)}"
        assert PATIENT not in told
        assert index not in told
