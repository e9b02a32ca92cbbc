"""The inbox's search: any message, staff reply, and patient of the member's practices, the newest hit first."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
import requests
from sqlalchemy import CursorResult, insert, select, text
from sqlalchemy.orm import Session

from inbox.models import AuditEntry, Conversation, Delivery, Message, SearchCode, now
from inbox.patients.book import Details, add_address, create_patient
from inbox.search.index import codes_of, index_waiting
from intake.encryption import Keyring
from intake.vocabulary import Medium
from staff.conversations.inbox_queries import PAGE
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_inbox import BILL, ONE, PRICES, URGENT, acknowledge_alarm, row, rows, search
from tests.staff.conversations.test_views import statements
from tests.told_classifier import PERSON, sure_of, tell
from tests.world import SERVICE_SID

THREE = "+12025550133"
WHEN = datetime.fromisoformat("2026-01-01T12:00:00+00:00")


@pytest.fixture
def busy(console: Console) -> Console:
    """Three texts, in order of arrival: about prices, a bill, and an emergency that someone has acknowledged."""
    tell(console, {PRICES: sure_of("price_shopper"), BILL: sure_of("billing_inquiry"), URGENT: PERSON})
    for number, words in ((ONE, PRICES), ("+12025550132", BILL), (THREE, URGENT)):
        console.text(words, from_=number)
    console.work()
    acknowledge_alarm(console)
    return console


def fill(console: Console, texts: list[str], *, each_its_own: bool = False, practice: str = "demo") -> None:
    """Store texts as if they had come in one by one, a minute apart, long ago; in one conversation or many."""
    with console.edit() as session:
        for place, words in enumerate(texts):
            if each_its_own or place == 0:
                found = Conversation(practice=practice, channel="sms", patient_index=f"{practice}{place}")
                session.add(found)
                session.flush()
            message = Message(
                conversation_id=found.id,
                provider="twilio",
                provider_id=f"{practice}{place}",
                received_on="+1",
                text=words,
                received_at=WHEN + timedelta(minutes=place),
                handled_at=WHEN,
            )
            session.add(message)
            session.flush()
            found.last_message_id = message.id
        while index_waiting(session):
            pass


def indexed(console: Console) -> set[int]:
    """The ids of the messages that the index holds."""
    with console.database.read() as session:
        return set(session.scalars(select(SearchCode.source)))


def marked(page: requests.Response) -> list[str]:
    return [unescape(words) for words in re.findall(r"<mark>(.*?)</mark>", page.text)]


def pages(browser: Browser, wanted: str) -> list[list[str]]:
    """The ids of the conversations on each page of a search's results."""
    page = search(browser, wanted=wanted)
    found = [re.findall(r'id="open-([0-9]+)"', page.text)]
    while following := re.search(r'<a href="([^"]+)">More results</a>', page.text):
        page = browser.get(unescape(following[1]))
        found.append(re.findall(r'id="open-([0-9]+)"', page.text))
    return found


def test_words_and_numbers_are_found(busy: Console) -> None:
    expected = {
        "CHEST pain": ["(202) 555-0133"],
        "pain breat": ["(202) 555-0133"],
        "breat pain": [],
        "555-0132": ["(202) 555-0132"],
        "0132": ["(202) 555-0132"],
        "202 555 0131": ["(202) 555-0131"],
        "(202) 555-0131": ["(202) 555-0131"],
        "nowhere": [],
        "%": [],
        "": ["(202) 555-0133", "(202) 555-0132", "(202) 555-0131"],
    }
    dana = busy.sign_in()

    assert {wanted: rows(search(dana, wanted=wanted)) for wanted in expected} == expected


def test_names_and_what_staff_wrote_are_found(console: Console) -> None:
    ChatClient(console.url, name="Zoë Hood").send(PRICES, "m1")
    console.text(BILL, from_=ONE)
    dana = console.sign_in()
    dana.post("/staff/conversations/1/reply", data={"text": "Bring the green form.", "form_id": "a" * 32, "seen": "0"})
    with console.edit() as session:
        maria = create_patient(session, "demo", Details("Maria Ruíz"))
        add_address(session, maria, ONE)

    assert rows(search(dana, wanted="hood zoe")) == ["Zoë Hood"]
    assert rows(search(dana, wanted="insurance zoe")) == ["Zoë Hood"]
    by_staff = search(dana, wanted="green form")
    assert rows(by_staff) == ["Zoë Hood"]
    assert "Dana Reyes: Bring the green form" in row(by_staff, "Zoë Hood")
    assert marked(by_staff) == ["green", "form"]
    assert rows(search(dana, wanted="maria ruiz")) == ["Maria Ruíz"]  # from the record that staff keep


def test_rows_and_hits_of_a_first_text_show_what_was_typed_and_the_words_that_were_found(console: Console) -> None:
    console.text("When can I come?", from_=ONE)
    dana = console.sign_in(name="Rae Donovan")
    typed = "We moved you to next Tuesday at 3:30, in the office on Elm Street, with Dr. Patel. Bring your card."
    dana.post("/staff/conversations/1/reply", data={"text": typed, "form_id": "a" * 32, "seen": "0"})
    [sent] = [reply for reply in console.rows(Delivery) if reply.staff_id]
    assert sent.body.startswith("Maple Street")  # the practice's name, which the row leaves out

    assert "Rae Donovan: We moved you to next" in row(dana.get("/staff/"), "(202) 555-0131")
    found = search(dana, wanted="dr patel")
    assert "Rae Donovan: …Street, with Dr . Patel" in row(found, "(202) 555-0131")
    assert marked(found) == ["Dr", "Patel"]
    assert marked(search(dana, wanted="maple")) == ["Maple"]
    with console.edit() as session:  # the reply is the newer one, though both came in the same second
        session.scalars(select(Message)).one().received_at -= timedelta(minutes=1)
    assert "Rae Donovan: We moved you to next" in row(search(dana, wanted="0131"), "(202) 555-0131")


def test_a_search_keeps_to_its_filters_and_its_practices(busy: Console) -> None:
    busy.text(URGENT, from_=ONE, to="+12025550180", MessagingServiceSid=SERVICE_SID)

    assert rows(search(busy.sign_in(), wanted="555", intent="billing_inquiry")) == ["(202) 555-0132"]
    assert rows(search(busy.sign_in(), wanted="crushing")) == ["(202) 555-0133"]
    assert rows(search(busy.sign_in(practices=["other"]), wanted="crushing")) == ["(202) 555-0131"]
    assert rows(search(busy.sign_in(practices=["other"]), wanted="382")) == []


def test_a_message_is_found_however_much_came_after_it_and_opens_where_it_is(console: Console) -> None:
    fill(console, ["My crown came off", *(f"Hello number {place}x" for place in range(200))])
    dana = console.sign_in()

    found = search(dana, wanted="crown")

    assert marked(found) == ["crown"]
    [place] = re.findall(r'href="([^"]+)"[^>]* id="open-1"', found.text)
    assert place.endswith("#message-1")
    opened = dana.get(unescape(place))
    assert 'id="message-1" class="entry patient hit"' in opened.text
    assert "Hello number 40x" in opened.text
    assert "Hello number 150x" not in opened.text


def test_results_come_newest_hit_first_in_pages_without_repeats(console: Console) -> None:
    fill(console, [f"parking {place}x" for place in range(PAGE + 10)], each_its_own=True)
    console.text("More parking please", from_=ONE)
    with console.edit() as session:  # the oldest has the newest hit: its conversation is listed with that one, once
        found = Delivery(conversation_id=1, reply="staff", medium=Medium.CHAT, sender="c", body="Parking is free")
        found.created_at = now() + timedelta(hours=1)
        session.add(found)
        session.flush()
        while index_waiting(session):
            pass

    first, second = pages(console.sign_in(), "parking")

    assert first == ["1", str(PAGE + 11), *(str(number) for number in range(PAGE + 10, 12, -1))]
    assert second == [str(number) for number in range(12, 1, -1)]


def test_a_code_that_another_word_has_too_shows_nothing_that_does_not_match(console: Console) -> None:
    fill(console, [f"parking {place}x" for place in range(PAGE + 20)], each_its_own=True)
    with console.edit() as session:
        [code] = codes_of(["demo"], "crown")
        first = {"code": code, "conversation_id": 1, "source": 1}
        others = [{"code": code, "conversation_id": row, "source": row} for row in range(2, PAGE + 20)]
        session.execute(insert(SearchCode), [{**entry, "said_at": entry["source"]} for entry in (first, *others)])
    console.text("My crown came off", from_=ONE)

    assert pages(console.sign_in(), "crown") == [[str(PAGE + 21)]]


def test_one_rare_word_among_5_000_messages_is_found_without_reading_them(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    with console.edit() as session:
        conversations = [{"practice": "demo", "channel": "sms", "state": "open", "created_at": WHEN, "entries": 0,
                          "line_type": "mobile", "listed_at": WHEN, "last_message_id": 10 * row}
                         for row in range(1, 501)]  # fmt: skip
        session.execute(insert(Conversation), conversations)
        messages = [
            {
                "conversation_id": (row - 1) // 10 + 1,
                "provider": "twilio",
                "provider_id": str(row),
                "received_on": "+1",
                "text": "my crown came off" if row == 7 else f"hello again visit{row % 500}",
                "received_at": WHEN + timedelta(seconds=row),
                "handled_at": WHEN,
            }
            for row in range(1, 5_001)
        ]
        session.execute(insert(Message), messages)
        while index_waiting(session, 5000):
            pass
    dana = console.sign_in()
    decrypted: list[int] = []
    original = Keyring.decrypt_bytes

    def decrypt_bytes(keys: Keyring, token: bytes) -> bytes:
        decrypted.append(1)
        return original(keys, token)

    monkeypatch.setattr(Keyring, "decrypt_bytes", decrypt_bytes)
    search(dana, wanted="nothing")  # what any page needs
    decrypted.clear()

    with statements(console) as asked:
        page = search(dana, wanted="crown")

    assert marked(page) == ["crown"]
    assert len(decrypted) < 10
    assert len(asked) < 60
    if console.database.engine.dialect.name == "sqlite":  # which plans without having counted rows
        hold_that_indexes_are_used(console, asked)


def hold_that_indexes_are_used(console: Console, asked: Sequence[str]) -> None:
    looked_up = [statement for statement in asked if "search_codes" in statement]
    with console.database.read() as session:
        plans = [json.dumps([list(step) for step in explain(session, statement)]) for statement in looked_up]
    assert looked_up
    assert all("SCAN search_codes" not in plan for plan in plans), plans
    assert all(re.search(r"SEARCH search_codes\w* USING PRIMARY KEY \(code=\?", plan) for plan in plans), plans
    assert all("SCAN messages" not in plan and "SCAN conversations" not in plan for plan in plans), plans


def explain(session: Session, statement: str) -> CursorResult[Any]:
    return session.connection().exec_driver_sql(
        f"EXPLAIN QUERY PLAN {statement}", tuple(1 for _ in range(statement.count("?")))
    )


def test_what_is_searched_is_said_on_the_page_and_what_for_is_written_nowhere(busy: Console) -> None:
    dana = busy.sign_in()
    assert "has all the words" in " ".join(dana.get("/staff/").text.split())

    page = search(dana, wanted="chest pain")

    assert "chest" not in page.url
    assert page.headers["Cache-Control"] == "no-store"
    entries = [entry for entry in busy.rows(AuditEntry) if entry.action == "searched"]
    assert [(entry.subject, entry.detail) for entry in entries] == [("inbox", {"conversations": [3]})]


def test_a_text_is_found_as_soon_as_it_has_come(console: Console) -> None:
    console.text("There is gravel in the driveway", from_=THREE)
    dana = console.sign_in()

    assert indexed(console) == set()
    assert rows(search(dana, wanted="gravel drive")) == ["(202) 555-0133"]
    assert rows(search(dana, wanted="gravel garden")) == []

    console.work()
    console.reconcile()

    assert indexed(console) == {1}
    assert rows(search(dana, wanted="gravel drive")) == ["(202) 555-0133"]


def test_a_text_that_another_practice_has_not_indexed_is_not_found(console: Console) -> None:
    fill(console, ["There is gravel in the driveway"], practice="other")

    assert rows(search(console.sign_in(), wanted="gravel")) == []


def test_what_no_conversation_has_is_searched_for_among_the_patients_next(console: Console) -> None:
    browser = console.sign_in()

    nothing = search(browser, wanted="<Rivera>").text

    assert "No results." in nothing
    offer = nothing.partition('action="/staff/patients/demo/search"')[2].partition("</form>")[0]
    assert 'name="wanted" value="&lt;Rivera&gt;"' in offer
    assert "Search patient records" in offer


def test_what_no_record_has_is_searched_for_in_the_conversations_next(console: Console) -> None:
    nothing = console.sign_in().post("/staff/patients/demo/search", data={"wanted": "gravel"}).text

    offer = nothing.partition('action="/staff/search"')[2].partition("</form>")[0]
    assert 'name="wanted" value="gravel"' in offer
    assert "Search conversations" in offer


def test_the_reconciler_has_what_is_not_indexed_yet_indexed(busy: Console) -> None:
    with busy.edit() as session:
        session.execute(text("DELETE FROM search_codes"))
        session.execute(text("UPDATE messages SET indexed_with = NULL"))

    busy.reconcile()
    busy.work()

    assert indexed(busy) == {1, 2, 3}
    assert rows(search(busy.sign_in(), wanted="chest")) == ["(202) 555-0133"]
