"""Administrators export and erase everything about one patient on the console, as the commands do."""

from __future__ import annotations

import io
import json
import logging
import random
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from inbox.attachments.rows import keep_contents, take_contents
from inbox.contact.consent import is_opted_out
from inbox.exports.patient import export_patient
from inbox.models import (
    Attachment,
    AttachmentKind,
    AttachmentState,
    AuditEntry,
    CarrierErasure,
    Conversation,
    DraftKind,
    Message,
    Note,
    OptOut,
    Patient,
    Role,
    now,
)
from inbox.patients.book import Details, add_address, create_patient, link_conversation
from inbox.patients.record_merging import merge_patients
from inbox.patients.records import find_records
from inbox.replies.drafts import save_draft
from intake.vocabulary import Channel
from staff.patients.archive import write_archive
from tests.sqlite_steps import ON_SQLITE, counted_steps
from tests.staff.conftest import PASSWORD, Browser, Console
from tests.staff.conversations.test_conversation import words
from tests.told_classifier import EMERGENCY, sure_of, tell
from web.services import services_of

MARIA, LEO, NEWEST, NEXT = "+12025550131", "+12025550132", "+12025550133", "+12025550134"
DATA = "/staff/patients/demo/1/data"
NAME = "Maria Rivera"


@pytest.fixture
def kept(console: Console) -> Console:
    """Two patients with a text each, a record of one of them, and her STOP."""
    tell(console, {"My knee hurts like a swordfish": sure_of("existing_patient_question")})
    for number, text in ((MARIA, "My knee hurts like a swordfish"), (LEO, "Do you have parking?")):
        console.text(text, from_=number)
    console.work()
    console.text("STOP", from_=MARIA)
    console.work()
    with console.edit() as session:
        add_address(session, create_patient(session, "demo", Details(NAME)), MARIA)
    return console


@pytest.fixture
def ada(kept: Console) -> Browser:
    return kept.sign_in(Role.ADMIN, name="Ada Cole")


def export(browser: Browser, password: str = PASSWORD, **chosen: str) -> requests.Response:
    return browser.post(f"{DATA}/export", data={"password": password, **chosen})


def unpacked(answer: requests.Response) -> dict[str, bytes]:
    """What is in the ZIP file, by name."""
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def data_of(answer: requests.Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(unpacked(answer)["patient.json"])
    return found


def erase(browser: Browser, typed: str = NAME, password: str = PASSWORD) -> requests.Response:
    return browser.post(f"{DATA}/erase", data={"patient": typed, "password": password})


def actions(console: Console) -> list[tuple[str, str, int | None]]:
    found = [(entry.action, entry.subject, entry.staff_id) for entry in console.rows(AuditEntry)]
    return [entry for entry in found if entry[0].startswith("patient_e")]


def everyone(console: Console) -> tuple[list[int], list[int]]:
    return [row.id for row in console.rows(Conversation)], [row.id for row in console.rows(Patient)]


def test_an_export_is_what_the_command_writes_and_is_on_the_audit_trail(kept: Console, ada: Browser) -> None:
    assert "Export or erase" in ada.get("/staff/patients/demo/1").text
    answer = export(ada)

    with kept.database.read() as session:
        written = export_patient(session, MARIA, find_records(session, MARIA, ["demo"]), now())
    assert data_of(answer) | {"exported_at": ""} == json.loads(json.dumps(written)) | {"exported_at": ""}
    assert answer.headers["Content-Disposition"] == 'attachment; filename="patient-1.zip"'
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert ada.member is not None
    by = ada.member.id
    subjects = ("conversation:1", "patient:1", "patient")
    assert actions(kept) == [("patient_exported", subject, by) for subject in subjects]


def add_file(console: Console, message_id: int, contents: bytes, content_type: str, name: str) -> int:
    kept_file = keep_contents(console.database, console.context.files, contents)
    with console.edit() as session:
        file = Attachment(
            message_id=message_id,
            position=len(session.scalars(select(Attachment.id)).all()),
            state=AttachmentState.STORED,
            kind=AttachmentKind.PICTURE if content_type.startswith("image/") else AttachmentKind.PDF,
            content_type=content_type,
            name=name,
        )
        session.add(file)
        session.flush()
        take_contents(session, file, kept_file)
        return file.id


def test_the_export_has_a_page_that_a_patient_can_read_with_the_files_beside_it(kept: Console, ada: Browser) -> None:
    said = "<b>Is this the right cream?</b>"
    tell(kept, {said: sure_of("existing_patient_question")})
    kept.text(said, from_=MARIA)
    kept.work()
    picture, form = (
        add_file(kept, 1, b"her knee", "image/png", ""),
        add_file(kept, 4, b"a form", "application/pdf", "form.pdf"),
    )
    lost = add_file(kept, 3, b"lost", "image/png", "")
    with kept.edit() as session:
        session.get_one(Message, 1).received_at = datetime(2026, 3, 31, 16, 5, tzinfo=UTC)
        kept.context.files.delete(session.get_one(Attachment, lost).file_id)

    found = unpacked(export(ada))

    assert set(found) == {f"files/{picture}.png", f"files/{form}.pdf", "patient.html", "patient.json"}
    assert (found[f"files/{picture}.png"], found[f"files/{form}.pdf"]) == (b"her knee", b"a form")
    page = found["patient.html"].decode()
    assert "Mar 31, 2026, 12:05 PM My knee hurts like a swordfish" in words(page)
    assert "&lt;b&gt;Is this the right cream?" in page
    assert f'<img src="files/{picture}.png" alt="Picture {picture}"' in page
    assert f'<a href="files/{form}.pdf">form.pdf</a>' in page
    assert "Pictures and files that are no longer there: 1." in page
    assert "Recordings of voicemails" in page
    assert page.count("<main>") == page.count("</main>") == 1
    assert re.findall(r'(?:src|href)="(?!files/)', page) == []  # nothing from elsewhere


def test_what_staff_wrote_for_themselves_is_in_the_export_only_if_chosen(kept: Console, ada: Browser) -> None:
    """Notes, begun ones, notes of transfers, and those of the record, also as a merge joined them."""
    assert ada.member is not None
    with kept.edit() as session:
        session.add(Note(conversation_id=1, staff_id=1, text="A note: call the daughter."))
        for kind in (DraftKind.NOTE, DraftKind.TRANSFER):
            save_draft(session, 1, ada.member.id, f"A note for {kind}.", None, kind)
        save_draft(session, 1, ada.member.id, "Dear Maria", None)
        mine = session.get_one(Patient, 1)
        mine.notes = "A note: pays late."
        twin = create_patient(session, "demo", Details("M Rivera", pronouns="she/her", notes="A note: knows Leo."))
        merge_patients(session, mine, twin, ada.member.id)

    without, chosen = unpacked(export(ada)), unpacked(export(ada, notes="yes"))

    for name in ("patient.html", "patient.json"):
        assert "A note" not in without[name].decode()
    assert "she/her" in without["patient.html"].decode()
    assert "Dear Maria" in without["patient.json"].decode()
    assert "Internal notes of the practice." in words(without["patient.html"].decode())
    page, data = words(chosen["patient.html"].decode()), json.loads(chosen["patient.json"])
    assert "Internal notes of the practice are on this page." in page
    assert "internal note of the practice, not sent A note: call the daughter." in page
    assert "Notes A note: pays late. A note: knows Leo." in page
    [conversation] = data["conversations"]
    assert [note["text"] for note in conversation["notes"]] == ["A note: call the daughter."]
    assert [draft["kind"] for draft in conversation["drafts"]] == ["note", "transfer", "reply"]
    assert (json.loads(without["patient.json"])["internal_notes"], data["internal_notes"]) == (False, True)
    trail = words(ada.get("/staff/audit/demo").text)
    assert "exported the patient’s data, without internal notes" in trail
    assert "exported the patient’s data, with internal notes" in trail


def test_the_check_for_internal_notes_is_off_at_first_and_stays_as_it_was_chosen(kept: Console, ada: Browser) -> None:
    box = r'<input type="checkbox" name="notes" value="yes"( checked)?>'
    assert re.findall(box, ada.get(DATA).text) == [""]
    assert re.findall(box, export(ada, "guessed", notes="yes").text) == [" checked"]


def test_an_export_is_sent_while_it_is_made_and_leaves_nothing_behind(
    kept: Console, ada: Browser, tmp_path: Path
) -> None:
    kept_files = {path for path in tmp_path.rglob("*") if path.is_file()}
    contents = [bytes(random.Random(number).randbytes(3_000_000)) for number in range(4)]
    files = [add_file(kept, 1, part, "application/pdf", f"{number}.pdf") for number, part in enumerate(contents)]
    with kept.database.read() as session:
        rows = [session.get_one(Attachment, row_id) for row_id in files]

    pieces = list(write_archive(kept.context.files, rows, lambda lost: {"page.html": str(lost)}))

    assert max(map(len, pieces)) < 200_000
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert [archive.read(f"files/{row_id}.pdf") for row_id in files] == contents
    added = {path for path in tmp_path.rglob("*") if path.is_file()} - kept_files
    assert [path for path in added if path.suffix in (".zip", ".html", ".json", ".pdf")] == []


def test_an_erasure_says_what_goes_and_what_stays_and_leaves_others_alone(
    kept: Console, ada: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = words(ada.get(DATA).text)
    assert "On record about Maria Rivera 1 conversation and 1 patient record." in page
    assert "That (202) 555-0131 wants no texts, as a code that does not show the number." in page
    assert "The audit trail" in page

    answer = erase(ada)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/patients/demo")
    said = words(ada.get("/staff/patients/demo").text)
    assert "Erased 1 conversation and 1 patient record." in said
    assert everyone(kept) == ([2], [])
    assert [message.text for message in kept.rows(Message)] == ["Do you have parking?"]
    left = len(kept.rows(CarrierErasure))
    assert left > 1
    assert f"{left} texts, recordings, and files are still to be erased at the phone company" in said
    [opt_out] = kept.rows(OptOut)
    assert opt_out.patient_address is None
    with kept.database.read() as session:
        assert is_opted_out(session, "demo", MARIA)
    assert ada.member is not None
    assert set(actions(kept)) == {
        ("patient_erased", subject, ada.member.id) for subject in ("conversation:1", "patient:1", "patient")
    }
    assert "Rivera" not in caplog.text
    assert "Rivera" not in " ".join(str(entry.detail) for entry in kept.rows(AuditEntry))


def test_whoever_comes_after_an_erased_patient_inherits_nothing_of_the_audit_trail(kept: Console, ada: Browser) -> None:
    kept.text("Where do I send my records?", from_=NEWEST)
    kept.work()
    with kept.edit() as session:
        add_address(session, create_patient(session, "demo", Details("Nora Quist")), NEWEST)
    assert "Ada Cole" in words(ada.get("/staff/conversations/3").text)
    ada.get("/staff/patients/demo/2")

    assert ada.post("/staff/patients/demo/2/data/erase", data={"patient": NEWEST, "password": PASSWORD}).ok
    kept.text("Do you take walk-ins?", from_=NEXT)
    kept.work()
    with kept.edit() as session:
        add_address(session, create_patient(session, "demo", Details("Omar Said")), NEXT)

    subjects = {entry.subject for entry in kept.rows(AuditEntry)}
    conversations, patients = everyone(kept)
    assert not subjects & {f"conversation:{conversations[-1]}", f"patient:{patients[-1]}"}


@pytest.mark.parametrize("typed", [NAME, "maria  rivera", "(202) 555-0131", MARIA])
def test_whose_data_it_is_is_typed_as_a_name_or_a_number(kept: Console, ada: Browser, typed: str) -> None:
    assert erase(ada, typed).status_code == 303
    assert everyone(kept) == ([2], [])


@pytest.mark.parametrize("typed", ["", "Maria", "Leo Rivera", LEO, "1"])
def test_another_name_or_number_erases_nothing(kept: Console, ada: Browser, typed: str) -> None:
    answer = erase(ada, typed)

    assert (answer.status_code, "Not erased: type the patient’s name" in answer.text) == (400, True)
    assert everyone(kept) == ([1, 2], [1])


def test_neither_is_done_without_the_members_password(kept: Console, ada: Browser) -> None:
    for answer in (export(ada, "guessed"), export(ada, ""), erase(ada, password="guessed"), erase(ada, password="")):
        assert (answer.status_code, "Incorrect password" in answer.text) == (400, True)
        assert "swordfish" not in answer.text
    assert (everyone(kept), actions(kept)) == (([1, 2], [1]), [])


@pytest.mark.parametrize("role", [Role.STAFF, Role.MANAGER])
def test_nobody_but_an_administrator_exports_or_erases(kept: Console, role: Role) -> None:
    bob = kept.sign_in(role, name="Bob Stone")

    assert "Export or erase" not in bob.get("/staff/patients/demo/1").text
    assert [bob.get(DATA).status_code, export(bob).status_code, erase(bob).status_code] == [403, 403, 403]
    assert (everyone(kept), actions(kept)) == (([1, 2], [1]), [])


def test_another_practices_administrator_finds_no_such_record(kept: Console) -> None:
    eve = kept.sign_in(Role.ADMIN, practices=["other"], name="Eve Other")

    for place in (DATA, DATA.replace("demo", "other")):
        form = {"patient": NAME, "password": PASSWORD}
        asked = [eve.get(place), eve.post(f"{place}/export", data=form), eve.post(f"{place}/erase", data=form)]
        assert [answer.status_code for answer in asked] == [404, 404, 404]
    assert everyone(kept) == ([1, 2], [1])


def test_under_legal_hold_nothing_is_erased(kept: Console, ada: Browser) -> None:
    with kept.edit() as session:
        session.get_one(Conversation, 1).held_at = now()

    page = ada.get(DATA).text
    assert "Under legal hold: conversation 1" in words(page)
    assert 'name="patient"' not in page
    answer = erase(ada)

    assert (answer.status_code, "under legal hold, so nothing was erased" in answer.text) == (409, True)
    assert (everyone(kept), actions(kept)) == (([1, 2], [1]), [])


def test_a_patient_in_danger_is_not_erased_before_somebody_has_acknowledged_that(kept: Console, ada: Browser) -> None:
    said = "My chest feels crushed and I can't breathe"
    tell(kept, {said: EMERGENCY})
    kept.text(said, from_=MARIA)
    kept.work()

    page = ada.get(DATA).text
    assert "Nobody has acknowledged the emergency in conversation 1" in words(page)
    assert 'name="patient"' not in page
    answer = erase(ada)

    why = "Nobody has acknowledged the emergency in conversation 1, so nothing was erased"
    assert (answer.status_code, why in answer.text) == (409, True)
    assert (everyone(kept), actions(kept)) == (([1, 2], [1]), [])
    ada.post("/staff/escalations/1")
    assert erase(ada).status_code == 303


def test_what_is_also_another_patients_stays(kept: Console, ada: Browser) -> None:
    """A number that two records share, and a conversation that is linked to both."""
    with kept.edit() as session:
        maria, leo = session.get_one(Patient, 1), create_patient(session, "demo", Details("Leo Rivera"))
        add_address(session, leo, MARIA)
        for patient in (maria, leo):
            link_conversation(session, patient, session.get_one(Conversation, 2))

    assert "Linked here and to another patient’s record: conversation 2" in words(ada.get(DATA).text)
    assert data_of(export(ada))["conversations"] == []
    assert erase(ada).status_code == 303

    assert everyone(kept) == ([1, 2], [2])


def test_numbers_and_names_are_in_no_address(kept: Console, ada: Browser) -> None:
    page = ada.get(DATA).text
    forms = re.findall(r'<form method="(\w+)" action="([^"]+/data/\w+)"', page)

    assert forms == [("post", f"{DATA}/export"), ("post", f"{DATA}/erase")]
    with kept.database.read() as session:
        assert session.scalar(select(Patient.id)) == 1


def rows_read_while_others_wait(console: Console, act: Callable[[], requests.Response]) -> int:
    """Return how many hundred steps SQLite takes for a request in transactions that hold the write lock."""
    with counted_steps(services_of(console.app).database.engine) as steps:
        assert act().status_code in (200, 303)
    return steps["writing"]


def add_strangers(console: Console, count: int) -> None:
    with console.edit() as session:
        for number in range(count):
            session.add(Conversation(practice="demo", channel=Channel.WEB_FORM, contact_phone=f"+120255{number:05d}"))


@ON_SQLITE
@pytest.mark.parametrize("act", [lambda browser: browser.get(DATA), export], ids=["page", "export"])
def test_nobody_waits_longer_because_others_gave_contact_details(
    kept: Console, ada: Browser, act: Callable[[Browser], requests.Response]
) -> None:
    few = rows_read_while_others_wait(kept, lambda: act(ada))
    add_strangers(kept, 1000)
    many = rows_read_while_others_wait(kept, lambda: act(ada))

    assert many <= few + 20
