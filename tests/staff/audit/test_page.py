"""Administrators read the audit trail: who did what, when, and to which patient or conversation."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import requests
from sqlalchemy import select, update

from inbox.audit.trail import record_action, record_check, verify
from inbox.models import AuditEntry, Role, StaffMember, now
from inbox.patients.book import Details, add_address, create_patient
from staff.audit.page import PART
from staff.audit.trail import SHOWN
from tests.sqlite_steps import ON_SQLITE, counted_steps
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import words
from tests.told_classifier import sure_of, tell
from web.services import services_of

MARIA = "+12025550131"
NAME, SAID = "Maria Rivera", "My knee hurts like a swordfish"
TRAIL = "/staff/audit/demo"


@pytest.fixture
def kept(console: Console) -> Console:
    """A patient with a text and a record."""
    tell(console, {SAID: sure_of("existing_patient_question")})
    console.text(SAID, from_=MARIA)
    console.work()
    with console.edit() as session:
        add_address(session, create_patient(session, "demo", Details(NAME)), MARIA)
    return console


@pytest.fixture
def ada(kept: Console) -> Browser:
    return kept.sign_in(Role.ADMIN, name="Ada Cole")


@pytest.fixture
def bob(kept: Console) -> Browser:
    """A colleague who read the text."""
    browser = kept.sign_in(name="Bob Stone")
    browser.get("/staff/conversations/1")
    return browser


def entries(answer: requests.Response) -> list[str]:
    """The entries that a page shows, without their times."""
    found = re.findall(r'<li>\s*<span class="at">.*?</span>(.*?)</li>', answer.text, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", entry)).split()).replace(" .", ".") for entry in found]


def asked(browser: Browser, **question: Any) -> list[str]:
    return entries(browser.get(TRAIL, params=question))


def add_entries(console: Console, count: int, practice: str | None = "demo") -> None:
    with console.edit() as session:
        for _ in range(count):
            record_action(session, staff_id=1, practice=practice, action="viewed", subject="conversation:1")


# ---- what it says


def test_the_trail_says_in_words_who_did_what_to_whom(ada: Browser, bob: Browser) -> None:
    assert asked(ada) == [
        "Bob Stone looked at the list. 1 conversation shown. Inbox",
        "Bob Stone viewed it. Maria Rivera Conversation 1",
        "Bob Stone signed in. Bob Stone",
        "Ada Cole signed in. Ada Cole",
    ]


def test_it_never_has_what_a_patient_said_and_no_name_of_whom_is_gone(
    kept: Console, ada: Browser, bob: Browser
) -> None:
    bob.get("/staff/patients/demo/1")
    page = ada.get(TRAIL).text
    assert ("swordfish" in page, NAME in page) == (False, True)

    ada.post("/staff/patients/demo/1/data/erase", data={"patient": NAME, "password": "correct horse battery staple"})
    answer = ada.get(TRAIL)

    assert [word for word in ("Rivera", "0131", "swordfish") if word in answer.text] == []
    assert "Bob Stone viewed it. Conversation 1 no longer here" in entries(answer)
    assert "Bob Stone viewed the record. Record 1 no longer here" in entries(answer)
    assert "Ada Cole erased the patient’s data. Record 1 no longer here" in entries(answer)


def test_reading_and_downloading_it_is_recorded_in_it(ada: Browser, kept: Console) -> None:
    ada.get(TRAIL, params={"conversation": "1", "group": "looked"})
    ada.get(f"{TRAIL}/audit.csv")

    assert asked(ada)[:2] == [
        "Ada Cole downloaded the audit trail. Audit trail",
        "Ada Cole read the audit trail. No entries shown. Audit trail",
    ]
    read = [entry.detail for entry in kept.rows(AuditEntry) if entry.action == "trail_viewed"]
    assert read[0]["asked"] == {"conversation": "1", "group": "looked"}
    assert read[1]["conversations"] == []


def test_an_action_of_an_older_version_is_shown_by_its_name(kept: Console, ada: Browser) -> None:
    with kept.edit() as session:
        record_action(session, staff_id=None, practice="demo", action="once_done", subject="something:1")

    assert asked(ada)[0] == "Someone once done. something"


# ---- what can be asked


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ({"member": "1"}, ["Bob looked at the list", "Bob viewed", "Bob signed in"]),
        ({"conversation": "1"}, ["Ada viewed", "Bob viewed"]),
        ({"patient": "1"}, ["Ada viewed the record", "Ada viewed", "Bob viewed"]),
        ({"patient": "1", "conversation": "2"}, []),
        ({"group": "sign_ins"}, ["Ada signed in", "Bob signed in"]),
        ({"group": "looked", "member": "2"}, ["Ada viewed the record", "Ada looked at the list", "Ada viewed"]),
        ({"group": "erasures"}, []),
        ({"member": "0"}, []),
        ({"from": "2099-01-01"}, []),
        ({"to": "2001-01-01"}, []),
        ({"from": "2001-01-01", "to": "2099-01-01", "group": "sign_ins"}, ["Ada signed in", "Bob signed in"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_is_shown_can_be_narrowed(kept: Console, question: dict[str, str], found: list[str]) -> None:
    bob = kept.sign_in(name="Bob")
    bob.get("/staff/conversations/1")
    ada = kept.sign_in(Role.ADMIN, name="Ada")
    ada.open_pane("/staff/conversations/1")
    ada.get("/staff/")
    ada.get("/staff/patients/demo/1")

    shown = [entry.partition(".")[0].replace(" it", "") for entry in asked(ada, **question)]
    assert sorted(shown) == sorted(found)


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ({"conversation": "Maria"}, "The number of a conversation has digits only."),
        ({"group": "everything"}, "Choose one of the kinds of actions."),
        ({"from": "yesterday"}, "From has to be a date such as 2026-03-31."),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "The first date is after the last one."),
    ],
    ids=["number", "group", "date", "order"],
)
def test_what_cannot_be_asked_is_explained_and_keeps_what_was_typed(
    ada: Browser, question: dict[str, str], problem: str
) -> None:
    answer = ada.get(TRAIL, params=question)

    assert (answer.status_code, problem in answer.text) == (400, True)
    assert all(f'value="{typed}"' in answer.text for name, typed in question.items() if name != "group")
    assert ada.get(f"{TRAIL}/audit.csv", params=question).status_code == 400


def test_a_record_and_a_conversation_lead_to_who_opened_them(ada: Browser, bob: Browser) -> None:
    places = {"/staff/conversations/1": "conversation=1", "/staff/patients/demo/1": "patient=1"}
    for place, part in places.items():
        links = re.findall(r'href="([^"]+)">Who opened this', ada.get(place).text)
        assert links == [f"{TRAIL}?{part}&amp;group=looked"]
        assert "Bob Stone viewed it. Maria Rivera Conversation 1" in entries(ada.get(unescape(links[0])))
        assert "Who opened this" not in bob.get(place).text
    assert TRAIL in ada.get("/staff/settings/demo").text


# ---- who may read what


def test_another_practice_reads_nothing_of_this_one(kept: Console, bob: Browser) -> None:
    eve = kept.sign_in(Role.ADMIN, practices=["other"], name="Eve Other")

    assert [eve.get(place).status_code for place in (TRAIL, f"{TRAIL}/audit.csv")] == [404, 404]
    assert entries(eve.get("/staff/audit/other")) == ["Eve Other signed in. Eve Other"]
    assert entries(eve.get("/staff/audit/other", params={"conversation": "1"})) == []


def test_what_is_of_no_practice_is_read_where_its_member_works(kept: Console, ada: Browser) -> None:
    kept.sign_in(practices=["other"], name="Eve Other")
    kept.sign_in(practices=["demo", "other"], name="Flo Both")
    kept.browser().post("/staff/sign-in", data={"email": "nobody@maple.example", "password": "guessed"})

    assert asked(ada) == [
        "Someone failed to sign in. No account has this email address, from 127.0.0.1. No account",
        "Flo Both signed in. Flo Both",
        "Ada Cole signed in. Ada Cole",
    ]


# ---- many entries


def test_pages_go_on_where_the_last_one_ended(kept: Console, ada: Browser) -> None:
    add_entries(kept, SHOWN)
    first = ada.get(TRAIL, params={"group": "looked"})
    assert (len(entries(first)), "Older entries" in first.text) == (SHOWN, False)

    older = unescape(re.findall(r'href="([^"]+)">Older entries', ada.get(TRAIL).text)[0])

    rest = ada.get(older)
    assert entries(rest) == ["Ada Cole viewed it. Maria Rivera Conversation 1", "Ada Cole signed in. Ada Cole"]
    assert "Newest entries" in rest.text


def test_a_file_has_every_entry_that_fits_with_numbers_instead_of_names(kept: Console, ada: Browser) -> None:
    add_entries(kept, PART + 1)
    with kept.edit() as session:
        session.execute(update(StaffMember).values(name="=1+1"))

    answer = ada.get(f"{TRAIL}/audit.csv", params={"conversation": "1"})

    lines = list(csv.reader(io.StringIO(answer.text)))
    assert lines[0] == ["Entry", "When", "Who", "What", "More", "About"]
    assert len(lines) == 1 + PART + 1
    assert len({line[0] for line in lines}) == len(lines)
    assert lines[1][2:] == ["'=1+1", "viewed it", "", "conversation 1"]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-demo.csv"'
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert "Rivera" not in answer.text


def steps_of(console: Console, browser: Browser, question: dict[str, str]) -> int:
    """Returns how many hundred steps SQLite takes to answer."""
    with counted_steps(services_of(console.app).database.engine) as steps:
        assert browser.get(TRAIL, params=question).status_code == 200
    return steps.total()


@ON_SQLITE
@pytest.mark.parametrize(
    "question",
    [{}, {"group": "erasures"}, {"group": "looked"}, {"member": "2"}, {"patient": "1"}, {"to": "2020-01-05"}],
    ids=["all", "rare", "frequent", "member", "patient", "dates"],
)
def test_a_page_reads_no_more_of_a_long_trail(kept: Console, ada: Browser, question: dict[str, str]) -> None:
    kept.add_member(name="Bob Stone")
    with kept.edit() as session:
        last = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first() or 0
        session.execute(update(AuditEntry).values(at=now() - timedelta(days=9999)))
    few = steps_of(kept, ada, question)
    with kept.edit() as session:
        rows: list[dict[str, Any]] = [
            {"id": last + 10 + n, "at": now(), "staff_id": 1, "practice": "demo", "action": "listed", "detail": {}}
            | {"subject": "inbox", "previous_hash": f"{n}", "hash": f"hash {n}", "seal": ""}
            for n in range(4000)
        ]
        session.execute(AuditEntry.__table__.insert(), rows)  # type: ignore[attr-defined]
    many = steps_of(kept, ada, question)

    assert many <= few + 200  # of which each entry would take more than one


# ---- whether it is whole


def test_the_last_check_is_told_and_none_is_made_for_a_page(kept: Console, ada: Browser) -> None:
    assert "Not checked yet" in words(ada.get(TRAIL).text)

    with kept.edit() as session:
        record_check(session, verify(session))
    assert re.search(r"Last checked .*: none of \d entries was changed or removed", words(ada.get(TRAIL).text))

    with kept.edit() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 1).values(action="signed_out"))
    assert "The trail is broken" not in words(ada.get(TRAIL).text)
    with kept.edit() as session:
        record_check(session, verify(session))
    assert "The trail is broken at entry 1" in words(ada.get(TRAIL).text)
