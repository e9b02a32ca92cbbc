"""A new service with the demo practices file begins with fictional conversations, of which nobody hears."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from inbox.accounts.first_admin import has_members
from inbox.models import (
    Base,
    Conversation,
    Delivery,
    Escalation,
    Message,
    Notification,
    Review,
    Role,
    StaffMember,
    now,
)
from intake.settings import Settings
from intake.vocabulary import Channel
from staff.conversations.inbox_queries import PAGE
from tasks.notification.escalation_policy import NEVER
from tasks.samples import SAMPLES, add_samples, may_have_samples
from tests.staff.conftest import Console, StartConsole, console_of, start_console

__all__ = ["console_of", "start_console"]

ON_CALL = "+12025550112"


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    """A service whose on-call phone is texted in emergencies, with the samples."""
    started = start_console(
        f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}\n'
        'escalation = [{ team = "on_call", after_minutes = 10 }]'
    )
    with started.edit() as session:
        practice = started.context.practices.require("demo")
        assert add_samples(session, practice, now()) == len(SAMPLES)
        assert add_samples(session, practice, now()) == 0
    return started


def test_the_readme_names_the_numbers_that_the_samples_take() -> None:
    numbers = sorted(sample.address for sample in SAMPLES if sample.address.startswith("+"))

    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert f"`{numbers[0]}` to `{numbers[-1]}`" in readme


def test_the_samples_show_every_channel_and_what_becomes_of_messages(console: Console) -> None:
    found = {row.patient_name: row for row in console.rows(Conversation)}

    assert {row.channel for row in found.values()} == set(Channel)
    assert [(row.acknowledged_by is None, row.next_step_at) for row in console.rows(Escalation)] == [
        (False, NEVER),
        (True, NEVER),
    ]
    standing = {name: (row.state, row.team, row.priority) for name, row in found.items()}
    assert standing["Walter Price"] == ("open", "on_call", "urgent")
    assert standing["Karen Holt"] == ("open", "clinical", "high")
    assert standing["Gloria Engel"] == ("open", "review", "normal")
    assert standing["Theo Banks"][2] == "low"  # it is answered
    assert (found["Sam Whitaker"].state, len(console.rows(Review))) == ("closed", 1)
    replies = [row.body for row in console.rows(Delivery)]
    assert any("911" in body for body in replies)
    assert any("Parking behind the building is free" in body for body in replies)


def test_whoever_acknowledged_a_sample_has_it_and_is_no_account(console: Console) -> None:
    with console.database.read() as session:
        assert not has_members(session)
    dana = console.sign_in(Role.ADMIN)
    [number] = [row.id for row in console.rows(Conversation) if row.assigned_to]

    page = dana.get(f"/staff/conversations/{number}").text
    assert "Acknowledged by Ada Cole (took charge)" in page
    assert '<span class="flag">Assigned to Ada Cole</span>' in page
    assert re.search(r'<option value="\d+" selected>Ada Cole</option>', page)
    assert "Ada Cole" not in dana.get("/staff/accounts").text
    assert dana.post(f"/staff/conversations/{number}/assign", data={"to": "me"}).status_code == 303
    assert "Ada Cole</option>" not in dana.get(f"/staff/conversations/{number}").text


def test_nobody_is_texted_or_paged_for_them_even_if_a_label_makes_one_an_emergency(console: Console) -> None:
    dana = console.sign_in()
    offered = dana.get("/staff/review").text
    assert "this patient is fictional" in offered
    assert '<span class="backlog" data-live id="review-count"></span>' in offered, "which is nobody's work"
    assert ("notifies on-call now" in offered, "sends a reply" in offered) == (False, False)
    dana.post("/staff/review/1", data={"label": "urgent"})
    assert "This patient is fictional: nothing is sent, and nobody is notified." in dana.get("/staff/review").text
    assert "Next:" not in dana.get("/staff/").text
    form = {"text": "We can see you.", "form_id": "0" * 32, "seen": "9" * 6, "then": "waiting"}
    assert dana.post("/staff/conversations/3/reply", data=form).status_code == 303

    for _ in range(2):
        console.reconcile()
        console.work()

    assert console.twilio.messages == []
    assert {row.error_code for row in console.rows(Delivery) if row.state != "delivered"} == {"sample"}
    assert {row.target for row in console.rows(Notification)} == {"console"}


def test_the_inbox_marks_them_and_one_button_removes_all_and_nothing_else(console: Console) -> None:
    console.text("How much is a first visit?", from_="+12025550188")
    console.work()
    dana = console.sign_in(Role.STAFF)
    page = dana.get("/staff/?view=every")
    assert len(re.findall(r'<span class="flag">Sample</span>', page.text)) == len(SAMPLES)
    assert "this patient is fictional" in dana.get("/staff/conversations/1").text
    [raised] = [row.conversation_id for row in console.rows(Escalation) if row.acknowledged_at is None]
    alarm = dana.get(f"/staff/conversations/{raised}").text
    assert "Nobody was paged and nobody will be. This patient is fictional." in alarm
    dana.post("/staff/conversations/1/transfer", data={"team": "on_call"})
    assert "Nobody was notified. This patient is fictional." in dana.get("/staff/conversations/1").text

    assert dana.post("/staff/samples/remove").status_code == 303

    page = dana.get("/staff/")
    assert f"{len(SAMPLES)} samples removed." in page.text
    assert "Remove the samples" not in page.text
    [left] = console.rows(Conversation)
    assert left.patient_address == "+12025550188"
    assert [row.name for row in console.rows(StaffMember)] == [dana.member.name]  # type: ignore[union-attr]
    for table in (Message, Escalation, Review):
        rows: list[Base] = console.rows(table)
        assert all(getattr(row, "conversation_id", left.id) == left.id for row in rows), table
    [message] = console.rows(Message)
    assert {row.message_id for row in console.rows(Notification)} == {message.id}


@pytest.mark.parametrize("order", ["newest", "waiting"])
def test_real_conversations_stand_above_the_samples_and_only_they_are_counted_as_urgent(
    console: Console, order: str
) -> None:
    [raised] = [row.conversation_id for row in console.rows(Escalation) if row.acknowledged_at is None]
    dana = console.sign_in()

    def shown() -> list[int]:
        return [int(row_id) for row_id in re.findall(r'<li id="c-(\d+)"', dana.get(f"/staff/?sort={order}").text)]

    def counted() -> tuple[list[str], list[str], list[str]]:
        page = dana.get("/staff/").text
        [view] = re.findall(r'id="view-urgent">(.*?)</a>', page, re.DOTALL)
        return (
            re.findall(r'id="alarm-count" data-live>([^<]*)<', page),
            re.findall(r"(\d+) urgent: nobody has acknowledged", page),
            re.findall(r'class="count[^"]*">(\d+)<', view),
        )

    assert raised in shown()
    assert counted() == ([""], [], [])
    console.text("How much is a first visit?", from_="+12025550188")
    console.work()
    console.text("I have crushing chest pain", from_="+12025550189")
    console.work()
    real = [row.id for row in console.rows(Conversation) if row.id > len(SAMPLES)]

    assert shown()[:2] == sorted(real, reverse=True)
    assert counted() == (["1 urgent"], ["1"], ["1"])
    closing = f"/staff/conversations/{real[0]}/state?sort={order}"
    following = dana.post(closing, data={"state": "closed"}).headers["Location"]
    assert following.startswith(f"/staff/conversations/{shown()[1]}")  # the first sample


def test_the_list_goes_on_from_page_to_page_through_real_ones_and_samples(console: Console) -> None:
    for number in range(PAGE):
        console.text("How much is a first visit?", from_=f"+1202555{1000 + number}")
    console.work()
    dana = console.sign_in()

    seen: list[str] = []
    address = "/staff/"
    while address:
        page = dana.get(address).text
        seen += re.findall(r'<li id="c-(\d+)"', page)
        address = unescape("".join(re.findall(r'<a href="([^"]+)">Older</a>', page)))
    assert sorted(seen) == sorted({*seen})
    own = [row.id for row in console.rows(Conversation) if row.state != "closed"]
    assert sorted(map(int, seen)) == own
    assert {int(row_id) for row_id in seen[:PAGE]} == {row_id for row_id in own if row_id > len(SAMPLES)}


@pytest.mark.parametrize(
    ("file", "is_demo", "may"),
    [("practices.demo.toml", True, True), ("practices.toml", True, False), ("practices.demo.toml", False, False)],
)
def test_only_a_demo_with_the_demo_file_has_samples(settings: Settings, file: str, is_demo: bool, may: bool) -> None:
    changed = settings.model_copy(update={"practices_file": Path(file), "demo_mode": is_demo})

    assert may_have_samples(changed) is may
