"""The figures page: who sees it, of which practice, and its files."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from inbox.models import AuditEntry, Conversation, Message, now
from tests.staff.conftest import Browser, Console
from tests.staff.figures.day import add_answer, add_conversation, add_message

PAGE, FILE = "/staff/figures", "/staff/figures/figures.csv"
KEYS = [
    *("waiting", "hours", "weekdays", "after-hours", "channels", "intents", "handed", "answers", "members", "opt-outs")
]


@pytest.fixture
def busy(console: Console) -> Console:
    """Forty messages to the practice since yesterday, five of them to another; the former answered by one member."""
    member = console.add_member(name="=Dana Formula")
    moment = now() - timedelta(hours=1)  # so that nothing is answered after now, which may be tomorrow
    with console.edit() as session:
        for place in range(40):
            message = add_message(session, moment - timedelta(minutes=place))
            add_answer(session, message, timedelta(seconds=3))
            add_answer(session, message, timedelta(minutes=12), staff_id=member.id)
        for _ in range(5):
            conversation = add_conversation(session, "other", state="open", waiting_since=moment)
            add_message(session, moment, conversation, route="price_shopper", intent="price_shopper")
    return console


def numbers(page: str) -> list[str]:
    return re.findall(r'<p class="number">([^<]+)</p>', page)


def rows(page: str, key: str) -> dict[str, list[str]]:
    """The rows of a table on the page."""
    [section] = re.findall(rf'<section class="card figure" id="{key}".*?</section>', page, re.DOTALL)
    found = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', section, re.DOTALL)
    return {name: re.findall(r"<td>(.*?)</td>", cells) for name, cells in found}


def manager(console: Console, practice: str = "demo") -> Browser:
    return console.sign_in("manager", [practice])


def test_a_manager_sees_the_figures_of_their_practice_alone(busy: Console) -> None:
    page = manager(busy).get(PAGE).text
    others = manager(busy, "other").get(PAGE).text

    assert numbers(page)[:3] == ["0", "0", "40"]
    assert rows(page, "answers")["A person, in writing"] == ["40", "12 min", "12 min", "0"]
    assert rows(page, "members") == {"Automatic replies": ["40", "40"], "=Dana Formula": ["40", "40"]}
    assert numbers(others)[:3] == ["0", "5", "5"]
    assert rows(others, "intents") == {"Price question": ["5"]}
    assert "A percentage or a time from fewer than 30 cases is shown as “Too few to tell”." in others
    assert rows(others, "members") == {}


def test_each_table_has_a_caption_and_a_chart_that_screen_readers_skip(busy: Console) -> None:
    page = manager(busy).get(PAGE).text

    assert re.findall(r'<section class="card figure" id="(.*?)"', page) == KEYS
    assert len(re.findall(r"<table>\s*<caption>", page)) == len(KEYS)
    assert "too few to tell" not in page.lower().replace("as “too few to tell”", "")
    assert page.count('<svg class="chart"') == page.count('aria-hidden="true" focusable="false"') == 7


def test_few_messages_are_counted_and_one_sentence_says_that_their_shares_cannot_be_told(console: Console) -> None:
    with console.edit() as session:
        for place in range(3):
            add_message(session, now() - timedelta(hours=1, minutes=place))

    page = manager(console).get(PAGE).text

    assert sum(int(count) for [count] in rows(page, "hours").values()) == 3
    assert page.count("Share: too few to tell.") == 5
    assert "<td>Too few to tell</td>" not in page


def test_an_empty_practice_is_told_that_nobody_wrote(console: Console) -> None:
    page = manager(console).get(PAGE)

    assert page.status_code == 200
    assert "No patient wrote in this period." in page.text
    assert rows(page.text, "hours") == rows(page.text, "answers") == {}
    assert page.text.count("Nothing in this period.") == 8
    assert page.text.count("oo few to tell") == 1, "for what it means"
    assert "<svg" not in page.text


def test_staff_are_refused_and_another_practice_does_not_exist(console: Console) -> None:
    for path in (PAGE, FILE):
        assert console.sign_in("staff").get(path).status_code == 403
        assert console.sign_in("admin").get(path).status_code == 200
        for slug in ("other", "nobodys"):
            assert manager(console).get(f"{path}?practice={slug}").status_code == 404
    assert PAGE not in console.sign_in("staff").get("/staff/").text
    assert PAGE in manager(console).get("/staff/").text


def test_the_address_has_the_practice_and_the_period(busy: Console) -> None:
    browser = busy.sign_in("manager", ["demo", "other"])
    page = browser.get(f"{PAGE}?practice=other&period=dates&from=2026-01-05&to=2026-01-09").text

    assert numbers(page)[2] == "0"
    assert "Jan 5, 2026 to Jan 9, 2026, by the clock in Chicago." in page
    assert f"{FILE}?practice=other&amp;period=dates&amp;from=2026-01-05&amp;to=2026-01-09" in page
    for wrong in ("period=1", "from=2026-01-09&to=2026-01-05", "period=dates", "from=%00&to=x"):
        assert browser.get(f"{PAGE}?{wrong}").status_code == 400
        assert browser.get(f"{FILE}?{wrong}").status_code == 400


def test_files_hold_nothing_of_a_patient_and_no_formula_and_are_recorded(busy: Console) -> None:
    browser = manager(busy)
    texts = {key: browser.get(f"{FILE}?period=7&table={key}") for key in ["", *KEYS]}

    assert {answer.headers["Content-Type"].partition(";")[0] for answer in texts.values()} == {"text/csv"}
    assert texts["hours"].headers["Content-Disposition"] == 'attachment; filename="figures-demo-hours.csv"'
    assert "'=Dana Formula,40,40" in texts["members"].text
    assert "Who answered,'=Dana Formula,Replies,40" in texts[""].text
    everything = "".join(answer.text for answer in texts.values())
    assert not [word for word in ("Words", "Robin", "+1") if word in everything]
    exported = [entry for entry in busy.rows(AuditEntry) if entry.action == "exported"]
    assert [(entry.subject, entry.practice, entry.detail["table"]) for entry in exported] == [
        ("figures", "demo", key or "all") for key in texts
    ]
    assert browser.get(f"{FILE}?table=nothing").status_code == 400


def test_a_day_at_the_desk_ends_up_in_the_figures(console: Console) -> None:
    """As the service itself leaves it, rather than rows that a test has made up."""
    console.text("How much is a first visit?")
    console.work()
    browser = manager(console)
    assert rows(browser.get(PAGE).text, "answers")["A person, in writing"][0] == "0"
    form = {"text": "It is $120.", "then": "waiting", "form_id": "ab" * 16, "seen": ""}
    with console.database.read() as session:
        conversation = session.get_one(Conversation, 1)
        assert session.query(Message).count() == 1
    assert browser.post(f"/staff/conversations/{conversation.id}/reply", data=form).status_code == 303
    page = browser.get(f"{PAGE}?period=7").text

    assert rows(page, "intents") == {"Price question": ["1"]}
    assert rows(page, "channels")["Text"] == ["1"]
    assert rows(page, "answers")["A person, in writing"][0] == "1"
    assert rows(page, "answers")["Automatic reply"][0] == "1"
    assert rows(page, "members") == {"Automatic replies": ["1", "1"], "Dana Reyes": ["1", "1"]}
