"""Transferring conversations to a team: with a note for it, told by its addresses, and undone for a few seconds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import escape

import pytest

from inbox.conversations.undo import standing_of
from inbox.models import (
    AuditEntry,
    Conversation,
    MemberNotice,
    Message,
    Note,
    NoticePreference,
    Notification,
    ReplyDraft,
    StaffMember,
    now,
)
from intake.settings import Settings
from intake.vocabulary import Priority
from tasks.notification.transfers import notice_priority
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.conversations.test_inbox import ONE, PRICES, TWO
from tests.staff.patients.test_messages import LOUD, NUMBER, agree, keep, quiet, send
from tests.staff.undo.test_undo import bar, texts_to, undo
from tests.told_classifier import EMERGENCY, sure_of, tell

PAGE = "/staff/conversations/1"
BILLER = "+12025550114"
CHEST = "I have crushing chest pain"
NOTE = "Ms. Rivera says that the claim was denied twice."
UNDO_TIME = timedelta(seconds=8)
TOLD = "[normal] Conversation that a colleague transferred to this team at Maple Street."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, but for the seconds in which something can be undone."""
    return settings.model_copy(update={"undo_seconds": 8})


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    """A practice with two texts about prices; billing is texted, and the texts are quoted to nobody."""
    started = start_console(f'teams = {{ billing = {{ notify = ["sms:{BILLER}"] }}, clinical = {{ notify = [] }} }}')
    tell(started, {PRICES: sure_of("price_shopper"), CHEST: EMERGENCY})
    for number in (ONE, TWO):
        started.text(PRICES, from_=number)
    started.work()
    return started


@pytest.fixture
def dana(console: Console) -> Browser:
    return console.sign_in(name="Dana Reyes")


def transfer(browser: Browser, team: str = "billing", note: str = "", path: str = PAGE) -> int:
    return browser.post(f"{path}/transfer", data={"team": team, "note": note}).status_code


def conversation(console: Console, number: int = 1) -> Conversation:
    with console.database.read() as session:
        return session.get_one(Conversation, number)


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def entries(console: Console) -> list[AuditEntry]:
    return [entry for entry in console.rows(AuditEntry) if entry.action in ("transferred", "transfer_undone")]


def test_the_team_has_it_then_is_told_without_the_patients_words_and_finds_the_note(
    console: Console, dana: Browser
) -> None:
    with console.edit() as session:
        session.get_one(Conversation, 1).snoozed_until = now() + timedelta(days=1)
    dana.post(f"{PAGE}/assign", data={"to": "me"})

    assert transfer(dana, note=NOTE) == 303
    assert texts_to(console, BILLER) == []
    console.let_pass(UNDO_TIME)

    found = conversation(console)
    assert (found.team, found.state, found.assigned_to, found.snoozed_until) == ("billing", "open", None, None)
    [told] = texts_to(console, BILLER)
    assert told.startswith(TOLD)
    assert told.endswith(PAGE)
    assert "visit" not in told
    assert "Rivera" not in told
    page = words(dana.get(PAGE).text)
    assert f"Note by Dana Reyes {NOTE}" in re.sub(r" (Nov|Dec|Jan) \d.*? [AP]M", "", page)
    assert "Team: Billing" in page
    assert "Dana Reyes transferred it to Billing" in page
    [entry] = entries(console)
    assert entry.subject == "conversation:1"
    assert entry.detail == {"to": "billing", "from": "digest", "assignee": dana.member.id, "note": 1}  # type: ignore[union-attr]


def test_a_transfer_is_undone_before_the_team_hears_of_it(console: Console, dana: Browser) -> None:
    before = standing_of(conversation(console))
    transfer(dana, note=NOTE)
    assert re.fullmatch(r"Telling the team in [78] s\. Undo u", bar(dana.get(PAGE)))

    assert undo(dana).status_code == 200

    console.let_pass(UNDO_TIME, rounds=2)
    assert texts_to(console, BILLER) == []
    assert standing_of(conversation(console)) == before
    assert console.rows(Note) == []
    assert [entry.action for entry in entries(console)] == ["transferred", "transfer_undone"]


def test_a_colleague_whom_the_note_of_an_undone_transfer_named_is_called_no_more(
    console: Console, dana: Browser
) -> None:
    lee = console.add_member(name="Lee Ortiz")
    with console.edit() as session:
        session.get_one(StaffMember, lee.id).notices = NoticePreference.EMAIL
    transfer(dana, note="@Lee Ortiz, do you know this?")
    [call] = console.rows(MemberNotice)
    assert call.next_attempt_at > now()  # no mail within the seconds

    undo(dana)

    assert console.rows(MemberNotice) == []


def test_undoing_a_transfer_puts_its_team_and_note_back_in_the_form(console: Console, dana: Browser) -> None:
    transfer(dana, note=NOTE)
    [action] = re.findall(r'action="([^"]+)" data-undo', dana.get(PAGE).text)

    answer = dana.post(action)
    page = answer.text

    [form] = re.findall(r'<form method="post" action="[^"]*/transfer".*?</form>', page, re.DOTALL)
    assert re.findall(r"<textarea[^>]*>(.*?)</textarea>", form, re.DOTALL) == [escape(NOTE)]
    assert '<option value="billing" selected>' in form
    assert (answer.status_code, answer.headers["Content-Location"]) == (200, PAGE)
    assert escape(NOTE) in dana.get(PAGE).text  # it is a draft again


def test_undoing_a_transfer_puts_its_note_before_what_was_typed_since(console: Console, dana: Browser) -> None:
    transfer(dana, note=NOTE)
    dana.post(f"{PAGE}/draft", data={"text": "And a refill", "mark": "", "kind": "transfer"})
    undo(dana)

    assert [draft.text for draft in console.rows(ReplyDraft)] == [f"{NOTE}\n\nAnd a refill"]


def test_once_the_team_is_told_it_is_too_late_to_undo(console: Console, dana: Browser) -> None:
    transfer(dana)
    [action] = re.findall(r'action="([^"]+)" data-undo', dana.get(PAGE).text)
    console.let_pass(UNDO_TIME)

    answer = dana.post(action)

    assert (answer.status_code, "too late to undo this transfer" in answer.text) == (409, True)
    assert conversation(console).team == "billing"


def test_a_team_that_gets_it_a_second_time_is_told_again(console: Console, dana: Browser) -> None:
    for team in ("billing", "clinical", "billing"):
        assert transfer(dana, team) == 303
        console.let_pass(UNDO_TIME)

    assert len(texts_to(console, BILLER)) == 2


def test_the_team_is_told_of_a_conversation_in_which_the_patient_never_wrote(start_console: StartConsole) -> None:
    console = start_console(
        f'{quiet(*LOUD)}\nteams = {{ billing = {{ notify = ["sms:{BILLER}"], include_text = true }}, clinical = {{}} }}'
    )
    keep(console, NUMBER)
    dana = console.sign_in()
    agree(dana)
    assert send(dana).status_code == 303
    console.let_pass(UNDO_TIME)
    assert (console.rows(Message), len(console.rows(Conversation))) == ([], 1)

    transfer(dana)
    undo(dana)
    console.let_pass(UNDO_TIME)
    assert (console.rows(Notification), texts_to(console, BILLER)) == ([], [])

    for team in ("billing", "clinical", "billing"):
        assert transfer(dana, team, NOTE) == 303
        console.let_pass(UNDO_TIME)

    told = texts_to(console, BILLER)
    assert [(text.startswith(TOLD), text.endswith(PAGE)) for text in told] == [(True, True)] * 2
    assert not any("forms are ready" in text or "Rivera" in text for text in told)
    assert {row.state for row in console.rows(Notification)} == {"sent"}


def test_several_are_transferred_with_one_form_and_the_team_gets_one_notice(console: Console, dana: Browser) -> None:
    transfer(dana, "clinical", path="/staff/conversations/2")
    console.let_pass(UNDO_TIME)

    dana.post("/staff/bulk", data={"c": ["1", "2"], "do": "transfer", "team": "billing"})
    page = dana.get("/staff/")
    console.let_pass(UNDO_TIME)

    assert "2 conversations transferred to Billing." in page.text
    [told] = texts_to(console, BILLER)
    assert "Conversation that a colleague transferred to this team: 2" in told
    answer = dana.post("/staff/bulk", data={"c": ["1"], "do": "transfer", "team": "billing"})
    assert answer.headers["Location"] == "/staff/?refused=1.other&left=transfer"
    assert "the team has it already" in dana.get(answer.headers["Location"]).text
    assert dana.post("/staff/bulk", data={"c": ["1"], "do": "transfer"}).status_code == 400


def test_several_are_undone_together(console: Console, dana: Browser) -> None:
    dana.post("/staff/bulk", data={"c": ["1", "2"], "do": "transfer", "team": "billing"})

    undo(dana, "/staff/")

    console.let_pass(UNDO_TIME)
    assert {found.team for found in console.rows(Conversation)} == {"digest"}
    assert texts_to(console, BILLER) == []


def test_an_emergency_is_acknowledged_before_it_is_transferred_and_raises_no_second_alarm(
    console: Console, dana: Browser
) -> None:
    console.text(CHEST, from_=ONE)
    console.work()
    assert transfer(dana) == 400
    dana.post(f"{PAGE}/assign", data={"to": "me"})

    assert transfer(dana) == 303

    console.let_pass(UNDO_TIME)
    assert [row.priority for row in console.rows(Notification) if row.reason == "transferred"] == ["high", "high"]
    assert all(row.escalation_id is None for row in console.rows(Notification) if row.reason == "transferred")


def test_a_team_without_addresses_sees_it_on_the_console_and_the_page_says_so(dana: Browser) -> None:
    transfer(dana, "clinical")

    page = dana.get(PAGE)
    assert "Nobody was notified: Clinical has no address, so it sees this only on the console." in page.text
    assert "A manager can add one in Settings." in page.text
    assert bar(page) == "Conversation transferred. Undo u"


def test_a_team_whose_only_phone_texted_stop_is_not_said_to_be_told(console: Console, dana: Browser) -> None:
    console.text("STOP", from_=BILLER)
    console.work()

    transfer(dana)

    said = "Nobody was notified: every phone of Billing texted STOP, so it sees this only on the console."
    assert said in dana.get(PAGE).text


def test_where_no_text_can_be_sent_nobody_is_said_to_be_told(
    console: Console, settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    dana = console_of(settings.model_copy(update={"twilio_account_sid": None})).sign_in()

    transfer(dana)
    page = dana.get(PAGE)
    assert (
        "Nobody was notified: no texts or emails can be sent to Billing, so it sees this only on the console."
        " The setup checklist in Settings says what is missing." in page.text
    )
    assert bar(page) == "Conversation transferred. Undo u"

    dana.post("/staff/bulk", data={"c": ["1", "2"], "do": "transfer", "team": "clinical"})
    page = dana.get("/staff/")
    assert "2 conversations transferred to Clinical. Nobody was notified: Clinical has no address" in page.text
    assert bar(page) == "2 conversations transferred. Undo u"


@pytest.mark.parametrize(("team", "status"), [("", 400), ("surgeons", 400), ("billing", 409)])
def test_what_is_no_other_team_is_refused(console: Console, dana: Browser, team: str, status: int) -> None:
    with console.edit() as session:
        session.get_one(Conversation, 1).team = "billing"

    assert transfer(dana, team, NOTE) == status
    assert (console.rows(Note), entries(console)) == ([], [])


def test_where_undoing_is_turned_off_the_team_is_told_at_once(
    console: Console, settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    other = console_of(settings.model_copy(update={"undo_seconds": 0}))
    other.text(PRICES, from_=ONE)
    other.work()
    transfer(other.sign_in())
    other.work()

    assert len(texts_to(other, BILLER)) == 1


def test_a_notice_of_a_transfer_waits_for_no_digest_and_raises_no_alarm() -> None:
    assert [notice_priority(priority) for priority in Priority] == ["normal", "normal", "high", "high"]
