"""The inbox's views, and the conversation beside the list: each has an address; scripts ask for one pane of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape

import pytest
import requests
from sqlalchemy import Engine, event, select

from inbox.models import AuditEntry, Conversation, Message, StaffMember, now
from intake.vocabulary import Disposition, Priority
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import words
from tests.staff.conversations.test_inbox import ONE, THREE, TWO, row, rows, search, title
from tests.told_classifier import EMERGENCY, PRAISE, SAME_DAY, sure_of, tell
from web.services import services_of

PRICES = "How much is a first visit without insurance?"
BILL = "I got a bill for $382 for my visit but my copay should only be $35, what is the rest?"
NURSE = "My incision looks red, should I come in?"
CHEST = "I have crushing chest pain"
FOUR = "+12025550134"
PANE = {"X-Requested-With": "pane"}
NAMES = {ONE: "(202) 555-0131", TWO: "(202) 555-0132", THREE: "(202) 555-0133"}


@pytest.fixture
def busy(console: Console) -> Console:
    """Three texts, in order of arrival: about prices, a bill, and something for today."""
    sure = {PRICES: sure_of("price_shopper"), BILL: sure_of("billing_inquiry"), CHEST: EMERGENCY}
    tell(console, sure | {NURSE: sure_of("clinical_concern", **SAME_DAY)})
    for number, text in ((ONE, PRICES), (TWO, BILL), (THREE, NURSE)):
        console.text(text, from_=number)
    console.work()
    return console


@pytest.fixture
def dana(busy: Console) -> Browser:
    return busy.sign_in(name="Dana Reyes")


def counts(page: requests.Response) -> dict[str, str]:
    """Each view and its count, as the page shows them."""
    items = re.findall(r'id="(?:view|team)-[^"]+">(.*?)</a>', page.text, re.DOTALL)
    words = [" ".join(unescape(re.sub(r"<[^>]+>", " ", item)).split()) for item in items]
    found = [re.fullmatch(r"(.*?) ?([0-9]*)", word) for word in words]
    return {match[1]: match[2] for match in found if match}


def place(answer: requests.Response) -> str:
    assert answer.status_code == 303, answer.status_code
    return answer.headers["Location"]


def conversation(console: Console, number: int = 1) -> Conversation:
    with console.database.read() as session:
        return session.get_one(Conversation, number)


@contextmanager
def statements(console: Console) -> Iterator[list[str]]:
    """What is asked of the database meanwhile, but for the look at the settings that is due every few seconds."""
    engine: Engine = services_of(console.app).database.engine
    asked: list[str] = []

    def note(_c: object, _r: object, statement: str, *_: object) -> None:
        if statement != "BEGIN" and "FROM setting_versions" not in statement:
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


# ---- views


def test_each_view_says_how_many_it_holds_and_shows_those(busy: Console, dana: Browser) -> None:
    dana.post("/staff/conversations/1/state", data={"state": "waiting", "unanswered": "close"})
    dana.post("/staff/conversations/2/assign", data={"to": "me"})

    assert counts(dana.get("/staff/")) == {
        "High priority": "1",
        "Mine": "1",
        "Mentions": "",
        "Unassigned": "1",
        "Waiting": "1",
        "All": "3",
        "Snoozed": "",
        "Scheduled": "",
        "Closed": "",
        "Billing": "1",
        "Clinical": "1",
        "Daily summary": "1",
        "Front desk": "",
        "Manager": "",
        "Not sure": "",
        "On call": "",
        "Scheduling": "",
    }
    shown = {
        view: rows(dana.get(f"/staff/?view={view}")) for view in ("urgent", "mine", "unassigned", "waiting", "closed")
    }
    assert shown == {
        "urgent": [NAMES[THREE]],
        "mine": [NAMES[TWO]],
        "unassigned": [NAMES[THREE]],
        "waiting": [NAMES[ONE]],
        "closed": [],
    }
    assert rows(dana.get("/staff/?team=billing")) == [NAMES[TWO]]


def test_the_views_are_the_same_and_in_one_order_whatever_is_open_or_closed(dana: Browser) -> None:
    before = list(counts(dana.get("/staff/")))
    assert list(counts(dana.get("/staff/conversations/2"))) == before

    dana.post("/staff/conversations/2/state", data={"state": "closed", "unanswered": "close"})

    assert list(counts(dana.get("/staff/"))) == before
    assert list(counts(dana.get("/staff/conversations/2"))) == before
    assert counts(dana.get("/staff/"))["Billing"] == ""


def test_titles_tell_tabs_apart(dana: Browser) -> None:
    paths = ("/staff/", "/staff/?view=mine", "/staff/?team=billing", "/staff/conversations/2")

    assert [title(dana.get(path)) for path in paths] == [
        "(3) Inbox · Intake",
        "(3) Mine · Inbox · Intake",
        "(3) Billing · Inbox · Intake",
        "Conversation 2 · Intake",
    ]


def test_who_has_waited_longest_comes_first_if_asked_for(busy: Console, dana: Browser) -> None:
    with busy.edit() as session:
        for number, minutes in ((1, 5), (2, 300), (3, 20)):
            session.get_one(Conversation, number).waiting_since = now() - timedelta(minutes=minutes)

    page = dana.get("/staff/?sort=waiting")

    assert rows(page) == [NAMES[TWO], NAMES[THREE], NAMES[ONE]]
    assert "Waiting 5 h" in row(page, NAMES[TWO])


def test_newest_first_shows_when_something_came_last_and_beside_it_a_longer_wait(busy: Console, dana: Browser) -> None:
    with busy.edit() as session:
        for number, since, last in ((1, 300, 3), (2, 5, 5)):
            found, moment = session.get_one(Conversation, number), now()
            found.waiting_since, found.priority = moment - timedelta(minutes=since), Priority.HIGH
            found.last_activity_at = found.listed_at = moment - timedelta(minutes=last)

    newest, longest = dana.get("/staff/"), dana.get("/staff/?sort=waiting")

    assert [name for name in rows(newest) if name != NAMES[THREE]] == [NAMES[ONE], NAMES[TWO]]
    assert "Last activity 3 min" in row(newest, NAMES[ONE])
    assert "Waits 5 h" in row(newest, NAMES[ONE])
    assert newest.text.count('class="flag waits late"') == 1
    assert "Waiting 5 min" in row(newest, NAMES[TWO])  # which is both
    assert "Waiting 5 h" in row(longest, NAMES[ONE])
    assert "Waits" not in longest.text


def test_nobody_waits_once_staff_have_answered_and_after_a_thank_you(busy: Console, dana: Browser) -> None:
    assert conversation(busy, 2).waiting_since is not None
    dana.post("/staff/conversations/2/state", data={"state": "waiting", "unanswered": "close"})
    assert conversation(busy, 2).waiting_since is None

    busy.text("ok thanks", from_=TWO)
    busy.work()

    assert conversation(busy, 2).waiting_since is None
    assert "Last activity" in row(dana.get("/staff/"), NAMES[TWO])


def test_someone_who_writes_twice_waits_since_the_first_time(busy: Console) -> None:
    since = conversation(busy, 2).waiting_since

    busy.text(BILL, from_=TWO)
    busy.work()

    assert conversation(busy, 2).waiting_since == since


def test_pages_of_the_longest_waits_neither_repeat_nor_leave_out_anyone(console: Console) -> None:
    for number in range(60):
        console.text("Hello", from_=f"+1202555{number:04}")
    moment = now()
    with console.edit() as session:
        for found in session.scalars(select(Conversation)):
            found.waiting_since = None if found.id % 5 == 0 else moment - timedelta(minutes=found.id // 7)
    dana = console.sign_in()

    first = dana.get("/staff/?sort=waiting")
    [older] = re.findall(r'<a href="([^"]+)">Older</a>', first.text)
    seen = [re.findall(r'id="open-([0-9]+)"', page.text) for page in (first, dana.get(unescape(older)))]

    assert [len(page) for page in seen] == [50, 10]
    assert len({*seen[0], *seen[1]}) == 60


def test_what_is_urgent_comes_first_on_the_pages_of_the_newest(console: Console) -> None:
    for number in range(60):
        console.text("Hello", from_=f"+1202555{number:04}")
    with console.edit() as session:
        for found in session.scalars(select(Conversation)):
            found.priority = Priority.URGENT if found.id <= 55 else None
    dana = console.sign_in()

    first = dana.get("/staff/")
    [older] = re.findall(r'<a href="([^"]+)">Older</a>', first.text)
    seen = [
        int(number)
        for page in (first, dana.get(unescape(older)))
        for number in re.findall(r'id="open-([0-9]+)"', page.text)
    ]

    assert seen == [*range(55, 0, -1), *range(60, 55, -1)]


def test_a_row_is_about_the_most_pressing_message_that_nobody_has_answered(busy: Console, dana: Browser) -> None:
    busy.text(PRICES, from_=THREE)
    busy.work()

    assert row(dana.get("/staff/"), NAMES[THREE]) == (
        f"{NAMES[THREE]} Unread Waiting now {NURSE} Text Same day Clinical concern Clinical"
    )
    assert rows(dana.get("/staff/?intent=clinical_concern")) == [NAMES[THREE]]

    dana.post("/staff/conversations/3/state", data={"state": "waiting", "unanswered": "close"})
    busy.text(PRICES, from_=THREE)
    busy.work()

    assert row(dana.get("/staff/"), NAMES[THREE]).endswith("Text Price question Daily summary")


def test_what_is_unread_is_counted_for_the_list_that_is_shown(dana: Browser) -> None:
    dana.post("/staff/conversations/2/assign", data={"to": "me"})

    for query, unread in (("", "3 unread"), ("view=mine", "1 unread"), ("channel=chat", "0 unread")):
        assert f">{unread}" in dana.get(f"/staff/?{query}").text, query


def test_the_button_beside_the_title_says_how_the_list_is_sorted(dana: Browser) -> None:
    for query, shown in (("", "Newest first"), ("sort=waiting", "Longest wait first")):
        [link] = re.findall(r'id="sort"[^>]*>(.*?)</a>', dana.get(f"/staff/?{query}").text, re.DOTALL)
        assert re.sub(r"<[^>]+>", "", link) == f"Order: {shown}"


# ---- the list goes along


def test_the_list_stays_beside_a_conversation_and_in_its_addresses(dana: Browser) -> None:
    page = dana.get("/staff/conversations/2?view=unassigned&channel=sms")

    assert rows(page) == [NAMES[THREE], NAMES[TWO], NAMES[ONE]]
    assert re.search(r'href="/staff/conversations/2\?view=unassigned&amp;channel=sms" aria-current="true"', page.text)
    assert 'href="/staff/?view=unassigned&amp;channel=sms">' in page.text
    for path in ("assign", "take-over", "notes", "state", "snooze", "reply"):
        assert f"/staff/conversations/2/{path}?view=unassigned&amp;channel=sms" in page.text, path


@pytest.mark.parametrize(
    ("path", "form"), [("assign", {"to": "me"}), ("take-over", {}), ("notes", {"note": "Called."})]
)
def test_what_is_done_leads_back_to_the_conversation_beside_the_same_list(
    dana: Browser, path: str, form: dict[str, str]
) -> None:
    answer = dana.post(f"/staff/conversations/2/{path}?view=unassigned&practice=other&x=y", data=form)

    assert place(answer).removesuffix("#newest") == "/staff/conversations/2?view=unassigned"


def test_after_closing_the_next_one_in_the_list_opens_and_after_the_last_the_list(dana: Browser) -> None:
    closes = {"state": "closed", "unanswered": "close"}
    assert place(dana.post("/staff/conversations/3/state", data=closes)) == "/staff/conversations/2"
    assert place(dana.post("/staff/conversations/1/state?sort=waiting", data=closes)) == (
        "/staff/conversations/2?sort=waiting"
    )
    assert place(dana.post("/staff/conversations/2/state", data=closes)) == "/staff/"


def test_after_the_lists_end_it_starts_again_and_an_open_alarm_comes_last(busy: Console, dana: Browser) -> None:
    busy.text(CHEST, from_="+12025550134")
    busy.work()

    closes = {"state": "closed", "unanswered": "close"}
    assert place(dana.post("/staff/conversations/1/state", data=closes)) == "/staff/conversations/3"
    assert place(dana.post("/staff/conversations/3/state", data=closes)) == "/staff/conversations/2"
    assert place(dana.post("/staff/conversations/2/state", data=closes)) == "/staff/conversations/4"


def test_after_a_reply_that_closes_the_most_pressing_one_opens(dana: Browser) -> None:
    form = {"text": "The rest is your deductible.", "form_id": "a" * 32, "then": "closed"}

    assert place(dana.post("/staff/conversations/2/reply", data=form)) == "/staff/conversations/3"


def test_a_list_of_another_practice_leads_nowhere(busy: Console, dana: Browser) -> None:
    stranger = busy.sign_in(practices=["other"])

    assert stranger.post("/staff/conversations/2/state", data={"state": "closed"}).status_code == 404
    assert rows(stranger.get("/staff/?view=every")) == []


# ---- the pane alone


def test_a_script_that_has_the_list_gets_the_conversation_alone_and_that_is_a_display(
    busy: Console, dana: Browser
) -> None:
    whole, pane = dana.get("/staff/conversations/2"), dana.get("/staff/conversations/2", headers=PANE)

    assert BILL in pane.text
    assert "<html" not in pane.text
    assert PRICES in whole.text
    assert PRICES not in pane.text
    entries = [(entry.action, entry.subject) for entry in busy.rows(AuditEntry) if entry.action in ("viewed", "listed")]
    assert entries == [("viewed", "conversation:2"), ("listed", "inbox"), ("viewed", "conversation:2")]


def test_a_reply_that_was_refused_comes_back_in_the_pane_with_its_words(dana: Browser) -> None:
    form = {"text": "x" * 1700, "form_id": "a" * 32, "then": "waiting"}

    answer = dana.post("/staff/conversations/2/reply", data=form, headers=PANE)

    assert (answer.status_code, "<html" in answer.text) == (422, False)
    assert "x" * 1700 in answer.text


# ---- the search


def test_a_search_has_an_address_that_only_the_same_sign_in_can_read(busy: Console, dana: Browser) -> None:
    address = place(dana.post("/staff/search", data={"wanted": "deductible 382", "view": "mine"}))
    colleague = busy.sign_in()

    assert "382" not in address
    assert "view=mine" in address
    assert 'value="deductible 382"' in dana.get(address).text
    assert "deductible" not in colleague.get(address).text


def test_a_search_includes_closed_and_snoozed_ones_and_is_kept_beside_a_conversation(dana: Browser) -> None:
    dana.post("/staff/conversations/1/state", data={"state": "closed", "unanswered": "close"})
    dana.post("/staff/conversations/2/snooze", data={"until": "tomorrow"})

    results = search(dana, wanted="555")
    assert rows(results) == [NAMES[THREE], NAMES[TWO], NAMES[ONE]]
    [first] = re.findall(r'href="([^"]+)" dir="auto" id="open-1"', results.text)
    assert len(rows(dana.get(unescape(first)))) == 3


# ---- snoozing


def test_a_snoozed_conversation_is_in_no_view_until_its_time_and_then_on_top(busy: Console, dana: Browser) -> None:
    assert place(dana.post("/staff/conversations/1/snooze", data={"until": "tomorrow"})) == "/staff/conversations/3"
    assert rows(dana.get("/staff/")) == [NAMES[THREE], NAMES[TWO]]
    assert rows(dana.get("/staff/?view=snoozed")) == [NAMES[ONE]]
    assert counts(dana.get("/staff/"))["Snoozed"] == "1"
    assert "Snoozed until" in dana.get("/staff/conversations/1").text

    with busy.edit() as session:
        found = session.get_one(Conversation, 1)
        found.snoozed_until = found.listed_at = now()

    assert rows(dana.get("/staff/")) == [NAMES[ONE], NAMES[THREE], NAMES[TWO]]


def test_a_snooze_says_when_it_ends_before_and_after(busy: Console, dana: Browser) -> None:
    page = dana.get("/staff/conversations/1")
    shown = re.findall(r'id="snooze-[a-z]+" [^>]*>(.*?)</button>', page.text)
    [morning] = [" ".join(re.sub(r"<[^>]+>", " ", item).split()) for item in shown if "Tomorrow" in item]
    when = morning.removeprefix("Tomorrow morning ")
    assert re.fullmatch(r"\w{3}, \w{3} \d+, 8:00 AM", when)

    following = place(dana.post("/staff/conversations/1/snooze", data={"until": "tomorrow"}))
    assert f"Snoozed the previous conversation until {when}." in dana.get(following).text

    dana.post("/staff/bulk", data={"c": ["2", "3"], "do": "snooze", "until": "tomorrow"})
    assert f"2 conversations snoozed until {when}." in dana.get("/staff/").text

    dana.post("/staff/bulk", data={"c": ["2", "3"], "do": "tag", "tag": "insurance"})
    assert "2 conversations tagged." in dana.get("/staff/").text


def test_a_snooze_ends_when_the_patient_writes_or_staff_end_it(busy: Console, dana: Browser) -> None:
    for number in (1, 2):
        dana.post(f"/staff/conversations/{number}/snooze", data={"until": "monday"})

    busy.text("Hello again", from_=ONE)
    assert place(dana.post("/staff/conversations/2/snooze", data={"until": "now"})) == "/staff/conversations/2"

    assert rows(dana.get("/staff/")) == [NAMES[ONE], NAMES[THREE], NAMES[TWO]]
    actions = [(entry.subject, entry.action) for entry in busy.rows(AuditEntry) if entry.action == "snoozed"]
    assert actions == [("conversation:1", "snoozed"), ("conversation:2", "snoozed"), ("conversation:2", "snoozed")]


def test_an_alarm_that_nobody_has_acknowledged_cannot_be_snoozed(busy: Console, dana: Browser) -> None:
    busy.text(CHEST, from_=ONE)
    busy.work()

    answer = dana.post("/staff/conversations/1/snooze", data={"until": "later"})

    assert (answer.status_code, conversation(busy).snoozed_until) == (400, None)
    assert "Nobody has acknowledged" in answer.text
    assert dana.post("/staff/conversations/2/snooze", data={"until": "2020-01-01T08:00"}).status_code == 400


# ---- several at once


def test_several_are_closed_assigned_or_snoozed_with_one_form(busy: Console, dana: Browser) -> None:
    bob = busy.add_member(name="Bob Stone")
    several = {"c": ["1", "2"]}

    assert place(dana.post("/staff/bulk?sort=waiting", data=several | {"do": "assign", "to": str(bob.id)})) == (
        "/staff/?sort=waiting"
    )
    page = dana.get("/staff/?sort=waiting")
    assert "2 conversations assigned." in page.text
    assert "Assigned to Bob Stone" in row(page, NAMES[ONE])
    dana.post("/staff/bulk", data=several | {"do": "snooze", "until": "monday"})
    assert rows(dana.get("/staff/")) == [NAMES[THREE]]
    dana.post("/staff/bulk", data=several | {"do": "close", "unanswered": "close"})
    assert rows(dana.get("/staff/?view=closed")) == [NAMES[TWO], NAMES[ONE]]
    entries = [entry for entry in busy.rows(AuditEntry) if entry.detail.get("bulk")]
    assert [entry.action for entry in entries] == ["assigned"] * 2 + ["snoozed"] * 2 + ["state_changed"] * 2


def test_an_alarm_that_nobody_has_acknowledged_is_left_alone_and_named(busy: Console, dana: Browser) -> None:
    busy.text(CHEST, from_=ONE)
    busy.work()

    for form in ({"do": "close"}, {"do": "assign", "to": "me"}, {"do": "snooze", "until": "monday"}):
        address = place(dana.post("/staff/bulk", data={"c": ["1"]} | form))
        assert address == f"/staff/?refused=1.alarm&left={form['do']}"
        said = f"Not changed: {NAMES[ONE]} (nobody has acknowledged this emergency). Open it."
        assert said in words(dana.get(address).text)
    left = conversation(busy)
    assert (left.state, left.assigned_to, left.snoozed_until) == ("open", None, None)

    busy.text(CHEST, from_=TWO)
    busy.work()
    dana.post("/staff/bulk", data={"c": ["1", "2"], "do": "close"})
    assert [row.state for row in busy.rows(Conversation)[:2]] == ["open", "open"]


def test_one_box_says_why_each_was_left_alone(busy: Console, dana: Browser) -> None:
    busy.text(CHEST, from_=ONE)
    busy.work()
    form = {"c": ["1", "2:1"], "do": "close", "unanswered": "close"}

    page = dana.get(place(dana.post("/staff/bulk", data=form))).text

    assert page.count('class="told refused"') == 1
    assert (
        f"Not changed: {NAMES[ONE]} (nobody has acknowledged this emergency), {NAMES[TWO]} (the patient wrote again)."
        " Open them one by one."
    ) in words(page).replace(" ,", ",").replace(" .", ".")


def test_those_that_are_gone_or_of_another_practice_are_skipped_and_counted(busy: Console, dana: Browser) -> None:
    with busy.edit() as session:
        session.get_one(Conversation, 2).practice = "other"

    answer = dana.post("/staff/bulk", data={"c": ["1", "2", "99"], "do": "close", "unanswered": "close"})

    said = dana.get(place(answer)).text
    assert "1 conversation closed. 2 of those you selected are no longer there." in said
    assert [row.state for row in busy.rows(Conversation)[:2]] == ["closed", "open"]
    assert NAMES[TWO] not in dana.get("/staff/?refused=2").text


@pytest.mark.parametrize("to", ["abc", "0", None])
def test_nobody_is_unassigned_by_a_name_that_can_not_be_read(busy: Console, dana: Browser, to: str | None) -> None:
    assert dana.member is not None
    dana.post("/staff/conversations/1/assign", data={"to": "me"})

    form = {} if to is None else {"to": to}
    answers = [
        dana.post("/staff/conversations/1/assign", data=form),
        dana.post("/staff/bulk", data=form | {"c": ["1"], "do": "assign"}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert conversation(busy).assigned_to == dana.member.id
    dana.post("/staff/conversations/1/assign", data={"to": ""})
    assert conversation(busy).assigned_to is None


@pytest.mark.parametrize("form", [{}, {"do": "erase", "c": "1"}, {"do": "snooze", "until": "never", "c": "1"}])
def test_what_is_not_offered_for_several_is_refused(busy: Console, dana: Browser, form: dict[str, str]) -> None:
    assert dana.post("/staff/bulk", data=form).status_code == 400
    assert conversation(busy).state == "open"


# ---- how it looks


def test_a_browser_remembers_how_much_room_rows_get(dana: Browser) -> None:
    assert 'class="desk comfortable"' in dana.get("/staff/").text

    assert place(dana.post("/staff/density?view=mine", data={"density": "compact"})) == "/staff/?view=mine"

    assert 'class="desk compact"' in dana.get("/staff/").text
    assert dana.post("/staff/density", data={"density": "tiny"}).status_code == 400


def test_a_row_says_when_intake_is_not_sure(console: Console) -> None:
    tell(console, {PRICES: sure_of("billing_inquiry", confidence=0.3), BILL: sure_of("complaint", language="other")})
    console.text(PRICES, from_=ONE)
    console.text(BILL, from_=TWO)
    console.work()

    page = console.sign_in().get("/staff/")

    assert "Not sure" in row(page, NAMES[ONE])
    assert "Billing question" not in row(page, NAMES[ONE])
    assert "Not sure" in row(page, NAMES[TWO])
    assert "Complaint" not in row(page, NAMES[TWO])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("intent=review", [ONE, FOUR]),
        ("intent=praise", [TWO]),
        ("intent=acknowledgement", [THREE]),
        ("language=es", [FOUR]),
        ("language=en", [ONE, TWO, THREE]),
        ("assigned=nobody", [ONE, TWO, THREE]),
        ("assigned=ME", [FOUR]),
        ("assigned=ME&language=en", []),
        ("assigned=0&language=xx", [ONE, TWO, THREE, FOUR]),
    ],
)
def test_the_list_can_be_limited_to_what_its_rows_say(console: Console, query: str, found: list[str]) -> None:
    thanks = {"disposition": Disposition.ACKNOWLEDGEMENT}
    unsure = sure_of("billing_inquiry", confidence=0.3)
    tell(console, {PRICES: unsure, "You are the best!": PRAISE, "ok": thanks, "¿Cuánto?": unsure | {"language": "es"}})
    for number, text in ((ONE, PRICES), (TWO, "You are the best!"), (THREE, "ok"), (FOUR, "¿Cuánto?")):
        console.text(text, from_=number)
    console.work()
    dana = console.sign_in(name="Dana Reyes")
    dana.post("/staff/conversations/4/assign", data={"to": "me"})
    assert dana.member is not None
    query = query.replace("ME", str(dana.member.id))

    page = dana.get(f"/staff/?{query}")

    shown = {f"(202) 555-{number[-4:]}" for number in found}
    assert set(rows(page)) == shown
    for name in shown:
        if query == "intent=review":
            assert "Not sure" in row(page, name)
        if query == "intent=acknowledgement":
            assert "No reply needed" in row(page, name)


def test_what_staff_have_labeled_is_no_longer_unsure(console: Console) -> None:
    tell(console, {PRICES: sure_of("billing_inquiry", confidence=0.3)})
    console.text(PRICES, from_=ONE)
    console.work()
    dana = console.sign_in()
    assert rows(dana.get("/staff/?intent=review")) == [NAMES[ONE]]

    dana.post("/staff/review/1", data={"label": "complaint"})

    assert rows(dana.get("/staff/?intent=review")) == []
    assert rows(dana.get("/staff/?intent=complaint")) == [NAMES[ONE]]


def test_a_saved_view_says_whose_it_shows_even_after_they_have_left(busy: Console, dana: Browser) -> None:
    bob = busy.add_member(name="Bob Stone")
    dana.post("/staff/views", data={"name": "His", "assigned": str(bob.id), "language": "es"})
    assert "All · Bob Stone · Spanish" in words(dana.get("/staff/views").text)

    with busy.edit() as session:
        session.get_one(StaffMember, bob.id).disabled_at = now()

    assert "All · A former colleague · Spanish" in words(dana.get("/staff/views").text)


# ---- at any size


def test_a_page_of_fifty_rows_asks_the_database_as_often_as_one_of_five(console: Console) -> None:
    def fill(first: int, last: int) -> None:
        with console.edit() as session:
            for number in range(first, last):
                found = Conversation(practice="demo", channel="chat", public_id=f"c{number}", patient_name="Robin Hood")
                session.add(found)
                session.flush()
                message = Message(
                    conversation_id=found.id, provider="chat", provider_id=f"m{number}", received_on="chat", text="Hi"
                )
                session.add(message)
                session.flush()
                found.last_message_id = message.id

    # Each further member of staff is a name more to read, so one and the same looks at both.
    dana = console.sign_in()
    asked = []
    for first, last in ((0, 5), (5, 60)):
        fill(first, last)
        dana.get("/staff/")
        dana.get("/staff/conversations/1")  # whoever opens it first also marks it as read
        with statements(console) as list_alone:
            assert len(rows(dana.get("/staff/"))) == min(last, 50)
        with statements(console) as beside:
            dana.get("/staff/conversations/1")
        asked.append((len(list_alone), len(beside)))

    five, fifty = asked
    assert fifty == tuple(number - 1 for number in five)  # below a full page, nothing is looked for: no samples
    assert max(five) <= 80
