"""Patient records: found by number, address, and name, merged and restored, and kept through a change of keys."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import LargeBinary, select, type_coerce, update
from sqlalchemy.orm import Session

from inbox.exports.patient import export_patient
from inbox.incoming.inbound import Contact, record_message
from inbox.keys.rotation import rotate_keys
from inbox.models import (
    Conversation,
    Message,
    Patient,
    PatientAddress,
    PatientConversation,
    PatientMerge,
    Voicemail,
    now,
)
from inbox.patients.book import (
    Details,
    add_address,
    check_details,
    conversations_of_patient,
    create_patient,
    edit_patient,
    find_patients,
    link_conversation,
    patients_of_conversation,
)
from inbox.patients.names import last_name_of, ordered_name
from inbox.patients.record_merging import latest_merge, merge_fields, merge_patients, unmerge_patients
from inbox.patients.records import PatientRecords, find_records, search_records
from inbox.patients.search import search_patients
from inbox.retention.erasure import erase_patients
from inbox.retention.patients import delete_overdue_patients, overdue_patients
from inbox.storage.database import Database
from intake.errors import IntakeError
from intake.vocabulary import Channel
from tests.inbox.conftest import NO_FILES, Reopen, acting, inbound
from tests.world import ENCRYPTION_KEY, OTHER_KEY, PATIENT

TODAY = date(2026, 11, 29)
MARIA = Details("María Rivera", "she/her", "1984-03-27", "Spanish", "Prefers mornings")


def add(session: Session, details: Details = MARIA, *addresses: str, practice: str = "demo") -> Patient:
    patient = create_patient(session, practice, details)
    for address in addresses:
        add_address(session, patient, address)
    return patient


def delete_overdue_of(session: Session, before: datetime) -> int:
    return delete_overdue_patients(session, "demo", before, list(overdue_patients(session, "demo", before)))


def names(found: object) -> list[str]:
    return [patient.name for patient in found]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "full", "last"),
    [
        ("María  Rivera", "maria rivera", "rivera"),
        ("Rivera, María", "maria rivera", "rivera"),
        ("Sam O’Neill Jr.", "sam oneill jr", "oneill"),
        ("Cher", "cher", "cher"),
        ("Ana-Lucía de la Cruz", "ana lucia de la cruz", "cruz"),
    ],
)
def test_a_name_is_compared_without_accents_capitals_and_punctuation(name: str, full: str, last: str) -> None:
    assert (ordered_name(name), last_name_of(name)) == (full, last)


def test_details_are_refused_field_by_field() -> None:
    typed = {"name": " ", "birth_date": "2027-01-01", "pronouns": "x" * 41}

    assert check_details(typed, TODAY)[0] is None
    assert set(check_details(typed, TODAY)[1]) == {"name", "birth_date", "pronouns"}
    for spelling in ("19840327", "1984-W13-2", "1984W132"):
        details, _ = check_details({"name": "Maria", "birth_date": spelling}, TODAY)
        assert details == Details("Maria", birth_date="1984-03-27")
    assert check_details({"name": "Maria", "birth_date": "1984-03-27"}, TODAY)[0] == Details(
        "Maria", birth_date="1984-03-27"
    )


@pytest.mark.parametrize(
    "wanted", ["(202) 555-0123", "MARIA@example.com", "maria rivera", "Rivera, Maria", "RIVERA", "María Rivera"]
)
def test_a_record_is_found_by_its_exact_number_address_or_name(database: Database, wanted: str) -> None:
    with database.write() as session:
        add(session, MARIA, PATIENT, "maria@example.com")
        add(session, MARIA, PATIENT, practice="other")

    with database.read() as session:
        assert len(find_patients(session, "demo", wanted)) == 1


@pytest.mark.parametrize("wanted", ["", "Maria", "River", "Maria Rivers", "+12025550199", "rivera@example.com"])
def test_the_indexes_find_nothing_by_a_part_of_a_name(database: Database, wanted: str) -> None:
    with database.write() as session:
        add(session, MARIA, PATIENT)

    with database.read() as session:
        assert find_patients(session, "demo", wanted) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("maria", ["María Rivera"]),
        ("riv mar", ["María Rivera"]),
        ("0123", ["María Rivera"]),
        ("555-0123", ["María Rivera"]),
        ("maria@ex", ["María Rivera"]),
        ("2", ["Leo Rivera"]),
        ("Rivera", ["Leo Rivera", "María Rivera"]),
        ("m", []),
        ("123", []),
        ("riv riv", []),
        ("", []),
    ],
)
def test_a_search_finds_the_beginnings_of_names_and_parts_of_numbers(
    database: Database, wanted: str, found: list[str]
) -> None:
    with database.write() as session:
        add(session, MARIA, PATIENT, "maria@example.com")
        add(session, Details("Leo Rivera"))
        add(session, MARIA, PATIENT, practice="other")

    with database.read() as session:
        assert sorted(names(search_patients(session, "demo", wanted).patients)) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param("barera", ["Thomas Barrera"], id="a letter left out"),
        pytest.param("Barrrera", ["Thomas Barrera"], id="one too many"),
        pytest.param("Barrena", ["Thomas Barrera"], id="another letter"),
        pytest.param("Barenna", [], id="two letters"),
        pytest.param("Abrrera", ["Thomas Barrera"], id="two turned around"),
        pytest.param("Tho Barera", ["Thomas Barrera"], id="beside a beginning"),
        pytest.param("Tim Barera", [], id="beside a word that is wrong"),
        pytest.param("Ann", ["Ann Li", "Anna Lee"], id="never beside what is right"),
        pytest.param("Ani", [], id="too short"),
    ],
)
def test_where_nothing_begins_so_a_name_with_one_letter_wrong_is_found(
    database: Database, wanted: str, found: list[str]
) -> None:
    with database.write() as session:
        for name in ("Thomas Barrera", "Ann Li", "Anna Lee"):
            add(session, Details(name))

    with database.read() as session:
        search = search_patients(session, "demo", wanted)
    assert (sorted(names(search.patients)), search.is_near) == (found, found == ["Thomas Barrera"])


def test_parts_are_looked_for_in_the_newest_records_and_the_search_says_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.patients.search.SEARCHED", 1)
    with database.write() as session:
        add(session, MARIA, PATIENT)
        add(session, Details("Marius Old"))

    with database.read() as session:
        search = search_patients(session, "demo", "mar")
        assert (names(search.patients), search.searched, search.is_complete) == (["Marius Old"], 1, False)
        assert names(search_patients(session, "demo", "maria rivera").patients) == ["María Rivera"]


def test_a_number_can_belong_to_a_family(database: Database) -> None:
    record_message(database, inbound())
    with database.write() as session:
        add(session, MARIA, PATIENT)
        add(session, Details("Leo Rivera"), PATIENT)

    with database.read() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert sorted(names(patients_of_conversation(session, conversation))) == ["Leo Rivera", "María Rivera"]


def test_a_record_has_the_conversations_of_its_addresses_and_those_linked_to_it(database: Database) -> None:
    texted = record_message(database, inbound()).conversation_id
    mailed = record_message(
        database, inbound(channel=Channel.EMAIL, patient_address="maria@example.com")
    ).conversation_id
    hidden = record_message(database, inbound(channel=Channel.WEB_FORM, patient_address=None)).conversation_id
    record_message(database, inbound(patient_address="+12025550199"))
    with database.write() as session:
        patient = add(session, MARIA, PATIENT, "maria@example.com")
        conversation = session.get_one(Conversation, hidden)
        assert link_conversation(session, patient, conversation)
        assert not link_conversation(session, patient, conversation)
        assert add_address(session, patient, "202-555-0123") is None

        assert conversations_of_patient(session, patient) == sorted([texted, mailed, hidden])


def test_an_edit_says_which_fields_changed_and_counts(database: Database) -> None:
    with database.write() as session:
        patient = add(session)
        assert edit_patient(patient, Details("Maria Rivera-Diaz", "she/her", "1984-03-27", "Spanish", None)) == [
            "name",
            "notes",
        ]
        assert patient.version == 2
        assert edit_patient(patient, Details("Maria Rivera-Diaz", "she/her", "1984-03-27", "Spanish", None)) == []
        assert patient.version == 2


def test_a_merge_fills_blanks_and_joins_notes() -> None:
    blank = {"name": "Maria", "pronouns": None, "birth_date": None, "language": "Spanish", "notes": "Mornings"}
    other = {"name": "M. Rivera", "pronouns": "she/her", "birth_date": None, "language": "English", "notes": "Cat"}

    assert merge_fields(blank, other) == {"pronouns": "she/her", "notes": "Mornings\n\nCat"}


def test_a_merge_moves_everything_and_undoing_it_restores_both_records(database: Database) -> None:
    hidden = record_message(database, inbound(channel=Channel.WEB_FORM, patient_address=None)).conversation_id
    with database.write() as session:
        kept = add(session, Details("Maria Rivera", notes="Mornings"), PATIENT)
        dropped = add(session, MARIA, PATIENT, "maria@example.com")
        link_conversation(session, dropped, session.get_one(Conversation, hidden))
    before = snapshot(database)

    with database.write() as session:
        kept, dropped = session.scalars(select(Patient).order_by(Patient.id)).all()
        merge_patients(session, kept, dropped, 1)
    with database.read() as session:
        assert names(find_patients(session, "demo", "maria@example.com")) == ["Maria Rivera"]
        kept = session.get_one(Patient, 1)
        assert kept.birth_date == "1984-03-27"
        assert hidden in conversations_of_patient(session, kept)
        assert len(find_patients(session, "demo", "Maria Rivera")) == 1

    with database.write() as session:
        merge = latest_merge(session, 1)
        assert merge is not None
        unmerge_patients(session, merge, session.get_one(Patient, 1), session.get_one(Patient, 2))
        assert latest_merge(session, 1) is None
    assert snapshot(database) == before


def test_undoing_a_merge_keeps_what_staff_wrote_since(database: Database) -> None:
    with database.write() as session:
        kept, dropped = add(session, Details("Maria Rivera")), add(session, MARIA)
        merge = merge_patients(session, kept, dropped, 1)
        edit_patient(kept, Details("Maria Rivera", "they/them", "1984-03-27", "Spanish", "Prefers mornings"))
        unmerge_patients(session, merge, kept, dropped)

        assert (kept.pronouns, kept.birth_date, kept.notes) == ("they/them", None, None)


def snapshot(database: Database) -> list[object]:
    with database.read() as session:
        rows: list[object] = [
            (p.id, p.name, p.pronouns, p.birth_date, p.language, p.notes, p.merged_into, p.name_index)
            for p in session.scalars(select(Patient).order_by(Patient.id))
        ]
        rows += [(a.id, a.patient_id, a.patient_address) for a in session.scalars(select(PatientAddress))]
        rows += [conversations_of_patient(session, p) for p in session.scalars(select(Patient).order_by(Patient.id))]
        return rows


def test_records_are_found_under_a_new_key(database: Database, reopen: Reopen) -> None:
    with database.write() as session:
        add(session, MARIA, PATIENT)
    rotate_keys(reopen(f"{OTHER_KEY},{ENCRYPTION_KEY}"), NO_FILES)

    with acting(reopen(OTHER_KEY)).read() as session:
        for wanted in (PATIENT, "Rivera", "maria rivera"):
            assert names(find_patients(session, "demo", wanted)) == ["María Rivera"]


# ---- whose record it is, and when it goes


def found(session: Session, address: str) -> PatientRecords:
    return find_records(session, address, ["demo", "other"])


def test_everything_of_a_person_is_found_by_any_address_of_the_record(database: Database) -> None:
    record_message(database, inbound())
    with database.write() as session:
        add(session, MARIA, PATIENT, "maria@example.com")

        records = found(session, "maria@example.com")
        assert len(records.conversations) == 1
        assert "Mornings" not in str(export_patient(session, "maria@example.com", records, now())["conversations"])
        exported = export_patient(session, "maria@example.com", records, now())["records"]
        assert [record["name"] for record in exported] == ["María Rivera"]
        assert [address["patient_address"] for address in exported[0]["addresses"]] == [PATIENT, "maria@example.com"]


def test_a_number_that_a_family_shares_tells_nobody_of_the_others(database: Database) -> None:
    shared = record_message(database, inbound()).conversation_id
    his = record_message(database, inbound(patient_address="+12025550199")).conversation_id
    by_mail = inbound(channel=Channel.EMAIL, provider="email", patient_address="maria@example.com")
    hers = record_message(database, by_mail).conversation_id
    with database.write() as session:
        add(session, MARIA, PATIENT, "maria@example.com")
        leo = add(session, Details("Leo Rivera"), PATIENT)
        link_conversation(session, leo, session.get_one(Conversation, his))

        assert [row.id for row in found(session, "maria@example.com").all_conversations] == [hers]
        assert [row.id for row in found(session, PATIENT).all_conversations] == [shared]
        assert export_patient(session, PATIENT, found(session, PATIENT), now())["records"] == []
        with pytest.raises(IntakeError, match="share this number or address"):
            erase_patients(session, found(session, PATIENT).patients)


def form(database: Database, **contact: str) -> int:
    """Store a form with contact details that nobody verified, and return its conversation's id."""
    sent = inbound(channel=Channel.WEB_FORM, provider="form", patient_address=None, contact=Contact(**contact))
    return record_message(database, sent).conversation_id


def test_what_a_search_found_is_locked_without_another_look_at_everyone_elses_details(database: Database) -> None:
    hers, theirs = form(database, phone=PATIENT), form(database, phone="+12025550199")
    with database.write() as session:
        for caller in (PATIENT, "+12025550199"):
            session.add(Voicemail(call_sid=f"CA{caller}", practice="demo", caller=caller, received_on=""))
    with database.read() as session:
        searched = search_records(session, PATIENT, ["demo", "other"])

    with database.write() as session:
        unreadable = {"contact_phone": type_coerce(b"nobody can read this", LargeBinary)}
        session.execute(update(Conversation).where(Conversation.id == theirs).values(unreadable))

        records = find_records(session, PATIENT, ["demo", "other"], searched)
        assert [row.id for row in records.named] == [hers]
        assert [call.caller for call in records.calls] == [PATIENT]


def test_what_stopped_being_hers_since_the_search_is_left_alone(database: Database) -> None:
    corrected, joined = (
        form(database, phone=PATIENT),
        record_message(
            database, inbound(channel=Channel.VOICEMAIL, patient_address="+12025550199", contact=Contact(phone=PATIENT))
        ).conversation_id,
    )
    with database.read() as session:
        searched = search_records(session, PATIENT, ["demo"])
    assert searched.named == {corrected, joined}

    record_message(database, inbound("I am Leo", channel=Channel.VOICEMAIL, patient_address="+12025550199"))
    with database.write() as session:
        session.get_one(Conversation, corrected).contact_phone = None
        for message in session.scalars(select(Message).where(Message.conversation_id == corrected)):
            message.claimed_phone = None
        session.flush()

        assert find_records(session, PATIENT, ["demo"], searched).named == []


def test_an_address_that_the_record_was_given_since_the_search_is_searched_for(database: Database) -> None:
    mailed = form(database, email="maria@example.com")
    with database.write() as session:
        maria = add(session, MARIA, PATIENT)
        searched = search_records(session, PATIENT, ["demo"])
        add_address(session, maria, "maria@example.com")

        assert [row.id for row in find_records(session, PATIENT, ["demo"], searched).named] == [mailed]


def test_an_erased_record_is_gone_with_those_merged_into_it(database: Database) -> None:
    with database.write() as session:
        kept, dropped = add(session, MARIA, PATIENT), add(session, Details("Maria R"), "maria@example.com")
        merge_patients(session, kept, dropped, 1)

    with database.write() as session:
        erase_patients(session, found(session, "maria@example.com").patients)
        for table in (Patient, PatientAddress, PatientConversation, PatientMerge):
            assert session.scalars(select(table)).all() == []


def test_a_record_goes_by_age_unless_a_conversation_is_recent_or_held(database: Database) -> None:
    conversation_id = record_message(database, inbound()).conversation_id
    with database.write() as session:
        kept, gone = add(session, MARIA, PATIENT), add(session, Details("Leo Rivera"), "+12025550199")
        merge_patients(session, gone, add(session, Details("L. Rivera")), 1)
        for patient in session.scalars(select(Patient)):
            patient.updated_at = now() - timedelta(days=40)
        before = now() - timedelta(days=30)

        assert delete_overdue_of(session, before) == 1
        assert session.scalars(select(Patient.id)).all() == [kept.id]

        conversation = session.get_one(Conversation, conversation_id)
        conversation.last_activity_at, conversation.held_at = now() - timedelta(days=40), now()
        session.flush()
        assert delete_overdue_of(session, before) == 0
        conversation.held_at = None
        session.flush()
        assert delete_overdue_of(session, before) == 1
