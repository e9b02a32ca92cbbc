"""Colleagues call a member to a conversation: it is unread for them until they open it, and mailed if they want."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from inbox.accounts.administration import remove_member
from inbox.models import AuditEntry, MemberNotice, NotificationState, StaffMember, now
from intake.settings import Settings
from tasks.upkeep.reconcile import reconcile
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_inbox import ONE, TWO, row, rows, title
from tests.staff.conversations.test_views import counts
from tests.standins.smtp import Fault, SmtpStandIn, Stage

NAMES = {ONE: "(202) 555-0131", TWO: "(202) 555-0132"}
SECRET = "My rash is spreading"
PATH = "/staff/conversations/1"


@pytest.fixture
def mail() -> Iterator[SmtpStandIn]:
    with SmtpStandIn() as standin:
        yield standin


@pytest.fixture
def mailing(settings: Settings, console_of: Callable[[Settings], Console], mail: SmtpStandIn) -> Console:
    """A console that can send mail, and a text."""
    console = console_of(settings.model_copy(update={"smtp_url": mail.url}))
    console.text(SECRET, from_=ONE)
    console.work()
    return console


@pytest.fixture
def two(console: Console) -> Console:
    """Two texts."""
    for number in (ONE, TWO):
        console.text(SECRET, from_=number)
    console.work()
    return console


def id_of(browser: Browser) -> int:
    assert browser.member is not None
    return browser.member.id


def states(console: Console) -> list[NotificationState | None]:
    return [notice.mail_state for notice in console.rows(MemberNotice)]


def let_time_pass(console: Console, passed: timedelta) -> None:
    """Has everything about the mail happen earlier by some time."""
    with console.edit() as session:
        for notice in session.query(MemberNotice):
            notice.next_attempt_at -= passed
            notice.mailed_at = notice.mailed_at and notice.mailed_at - passed


def mention(browser: Browser, text: str = "@Dana can you call?", path: str = PATH) -> None:
    assert browser.post(f"{path}/notes", data={"note": text}).status_code == 303


def test_a_mention_is_unread_for_that_person_alone_until_they_open_it(two: Console) -> None:
    dana, bob = two.sign_in(name="Dana Reyes"), two.sign_in(name="Bob Stone")
    stranger = two.add_member(practices=["other"], name="Zoe Far")
    for browser in (dana, bob):
        browser.get(PATH), browser.get("/staff/conversations/2")

    mention(bob, "@Dana and @Zoe Far: can you call? I am @Bob")

    inbox = dana.get("/staff/")
    assert "Mentioned by Bob Stone" in row(inbox, NAMES[ONE])
    assert ["Unread" in row(inbox, NAMES[number]) for number in (ONE, TWO)] == [True, False]
    assert counts(inbox)["Mentions"] == "1"
    assert title(inbox).startswith("(1 for you) ")
    assert rows(dana.get("/staff/?view=mentions")) == [NAMES[ONE]]
    assert counts(bob.get("/staff/"))["Mentions"] == ""
    [entry] = [entry for entry in two.rows(AuditEntry) if entry.action == "noted"]
    assert entry.detail["mentioned"] == [id_of(dana)]
    assert stranger.id not in [notice.staff_id for notice in two.rows(MemberNotice)]
    assert "Bob Stone added a note for Dana Reyes" in re.sub("<[^>]+>", "", dana.get(PATH).text)

    inbox = dana.get("/staff/")
    assert "Unread" not in row(inbox, NAMES[ONE])
    assert "Mentioned" not in row(inbox, NAMES[ONE])
    assert counts(inbox)["Mentions"] == ""
    assert rows(dana.get("/staff/?view=mentions")) == [NAMES[ONE]]  # still found there


def test_a_closed_conversation_is_unread_too_and_can_be_found(two: Console) -> None:
    dana, bob = two.sign_in(name="Dana Reyes"), two.sign_in(name="Bob Stone")
    bob.post(f"{PATH}/state", data={"state": "closed", "unanswered": "close"})
    mention(bob)

    assert "Unread" in row(dana.get("/staff/?view=mentions"), NAMES[ONE])


def test_an_assignment_by_somebody_else_is_unread_until_it_is_opened_or_given_to_another(two: Console) -> None:
    dana, bob = two.sign_in(name="Dana Reyes"), two.sign_in(name="Bob Stone")
    for browser in (dana, bob):
        browser.get(PATH), browser.get("/staff/conversations/2")

    bob.post("/staff/bulk", data={"c": ["1", "2"], "do": "assign", "to": id_of(dana)})
    bob.post(f"{PATH}/assign", data={"to": id_of(dana)})  # again, which is no news
    assert "Assigned to you by Bob Stone" in row(dana.get("/staff/"), NAMES[ONE])
    assert counts(dana.get("/staff/"))["Mentions"] == "2"

    bob.post(f"{PATH}/assign", data={"to": "me"})
    dana.get("/staff/conversations/2")

    assert counts(dana.get("/staff/"))["Mentions"] == ""
    assert counts(bob.get("/staff/"))["Mentions"] == ""  # who takes it on knows
    assert len(two.rows(MemberNotice)) == 2


def test_a_member_who_wants_nothing_hears_nothing_and_a_removed_one_leaves_nothing(two: Console) -> None:
    dana, bob = two.sign_in(name="Dana Reyes"), two.sign_in(name="Bob Stone")
    assert dana.post("/staff/account/notices", data={"notices": "loudly"}).status_code == 400
    assert dana.post("/staff/account/notices", data={"notices": "nothing"}).status_code == 303
    mention(bob)
    assert counts(dana.get("/staff/"))["Mentions"] == ""

    dana.post("/staff/account/notices", data={"notices": "console"})
    mention(bob)
    assert states(two) == [None]
    with two.edit() as session:
        remove_member(session, None, session.get_one(StaffMember, id_of(dana)), now())
    assert two.rows(MemberNotice) == []


def test_who_wants_mail_gets_one_for_a_conversation_in_15_minutes_without_a_word_of_the_patient(
    mailing: Console, mail: SmtpStandIn
) -> None:
    dana, bob = mailing.sign_in(name="Dana Reyes"), mailing.sign_in(name="Bob Stone")
    dana.post("/staff/account/notices", data={"notices": "email"})

    bob.post(f"{PATH}/assign", data={"to": id_of(dana)})
    mailing.work()

    [sent] = mail.mails
    assert dana.member is not None
    assert sent.recipient == dana.member.email
    assert sent.message["Subject"] == "Bob Stone assigned you a conversation"
    assert "https://intake.example.com/staff/conversations/1\n" in sent.text
    # The whole number, as the Message-ID may hold any three digits by chance.
    assert not any(word in sent.raw.decode() for word in ("rash", "555-0131", "5550131"))

    mention(bob)
    mention(bob)
    mailing.work()
    assert len(mail.mails) == 1
    assert states(mailing) == ["sent", "pending", "pending"]

    let_time_pass(mailing, timedelta(minutes=15))
    reconcile(mailing.context, grace=timedelta())
    mailing.work()
    assert [sent.message["Subject"] for sent in mail.mails[1:]] == ["Bob Stone mentioned you in a note"]
    assert states(mailing) == ["sent", "sent", "sent"]

    mention(bob)
    dana.get(PATH)
    let_time_pass(mailing, timedelta(minutes=15))
    reconcile(mailing.context, grace=timedelta())
    mailing.work()
    assert len(mail.mails) == 2
    assert states(mailing)[-1] == "dropped"  # she has seen it


def test_mail_that_was_not_taken_or_whose_worker_died_goes_out_again_as_the_same_mail(
    mailing: Console, mail: SmtpStandIn
) -> None:
    dana, bob = mailing.sign_in(name="Dana Reyes"), mailing.sign_in(name="Bob Stone")
    dana.post("/staff/account/notices", data={"notices": "email"})
    mail.faults.push(Fault.answer(Stage.RCPT, 451))
    mention(bob)
    mailing.work()
    assert states(mailing) == ["pending"]

    for expected in (1, 2):
        let_time_pass(mailing, timedelta(minutes=1))
        reconcile(mailing.context, grace=timedelta())
        mailing.work()
        assert len(mail.mails) == expected
        with mailing.edit() as session:
            notice = session.query(MemberNotice).one()
            notice.mail_state, notice.mailed_at = NotificationState.SENDING, now() - timedelta(minutes=3)

    assert len({sent.message["Message-ID"] for sent in mail.mails}) == 1
