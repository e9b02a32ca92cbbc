"""How often the two pages that staff keep open ask the database: the same whatever they show, and not too often."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from inbox.attachments.rows import keep_contents, take_contents
from inbox.conversations.saved_views import save_view
from inbox.conversations.tags import add_tag
from inbox.models import (
    Attachment,
    AttachmentKind,
    AttachmentState,
    Conversation,
    MemberNotice,
    Message,
    Note,
    NoticeReason,
    StaffMember,
    Voicemail,
)
from inbox.patients.book import Details, add_address, create_patient, link_conversation
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_inbox import rows
from tests.staff.conversations.test_views import statements
from tests.told_classifier import EMERGENCY, SAME_DAY, sure_of, tell

INBOX, PAGE = "/staff/", "/staff/conversations/1"
MOST_OF_INBOX, MOST_OF_CONVERSATION = 32, 60
LIVE = {"X-Requested-With": "live"}
PRICES = "How much is a first visit without insurance?"
CHEST = "I have crushing chest pain"
NURSE = "My incision looks red, should I come in?"
CARD = "I am Ann Lee, born 3/14/1984. My Delta Dental member ID is 883920193, call me at 202-555-0177."
FORM = {"text": "We will call you back.", "seen": "99999", "newest": "99999"}


@pytest.fixture
def console(console: Console) -> Console:
    sure = {PRICES: sure_of("price_shopper"), CHEST: EMERGENCY, CARD: sure_of("billing_inquiry")}
    tell(console, sure | {NURSE: sure_of("clinical_concern", **SAME_DAY)})
    return console


@pytest.fixture
def dana(console: Console) -> Browser:
    return console.sign_in(name="Dana Reyes")


def add_conversations(console: Console, dana: Browser, first: int, last: int) -> None:
    """Add some of each kind, each with a record, a tag, a draft, a mention, and a saved view of its tag."""
    for number in range(first, last):
        for kind, texts in enumerate(((PRICES,), (CHEST, PRICES), (NURSE, PRICES), (CARD,))):
            for text in texts:
                console.text(text, from_=f"+1202555{1000 + 10 * number + kind}")
    console.work()
    known = {row.patient_address: row.id for row in console.rows(Conversation)}
    assert dana.member is not None
    staff_id = dana.member.id
    colleague = next(member.id for member in console.rows(StaffMember) if member.id != staff_id)
    with console.edit() as session:
        for number in range(first, last):
            for kind in range(4):
                address = f"+1202555{1000 + 10 * number + kind}"
                conversation = session.get_one(Conversation, known[address])
                add_tag(session, conversation, f"tag {number}")
                patient = create_patient(session, "demo", Details(f"Patient {number}"))
                add_address(session, patient, address)
                link_conversation(session, patient, conversation)
                conversation.assigned_to = colleague if kind == 0 else None
            mention = MemberNotice(
                staff_id=staff_id,
                conversation_id=conversation.id,
                reason=NoticeReason.MENTIONED,
                by_staff_id=colleague,
            )
            session.add(mention)
            save_view(session, staff_id, f"View {number}", "view=all", tag=f"tag {number}")
    for number in range(first, last):
        path = f"/staff/conversations/{known[f'+1202555{1000 + 10 * number}']}"
        assert dana.post(f"{path}/draft", data={"text": "Good morning", "mark": ""}).status_code == 200


def add_messages(console: Console, dana: Browser, first: int, last: int) -> None:
    """Add some messages of each kind to the first conversation, with files, calls, replies, notes, and records."""
    for number in range(first, last):
        for text in (PRICES, CARD, NURSE):
            console.text(text, from_="+12025551000")
        console.work()
        form_id = f"{number:032x}"
        assert dana.post(f"{PAGE}/reply", data=FORM | {"form_id": form_id}).status_code == 303
        kept = keep_contents(console.database, console.context.files, b"a picture", b"small")
        with console.edit() as session:
            message_id = session.scalars(
                select(Message.id).where(Message.conversation_id == 1).order_by(Message.id.desc())
            ).first()
            picture = Attachment(
                message_id=message_id, position=0, state=AttachmentState.STORED, kind=AttachmentKind.PICTURE
            )
            session.add(picture)
            take_contents(session, picture, kept)
            call = Voicemail(call_sid=f"CA{number}", practice="demo", received_on="", message_id=message_id)
            session.add_all([call, Note(conversation_id=1, staff_id=1, text="Called back")])
            add_tag(session, session.get_one(Conversation, 1), f"mine {number}")
            patient = create_patient(session, "demo", Details(f"Relative {number}"))
            add_address(session, patient, "+12025551000")


def count(console: Console, dana: Browser, path: str, headers: dict[str, str] | None = None) -> int:
    """How many statements a page takes once it was open before."""
    assert dana.get(path, headers=headers).status_code == 200
    with statements(console) as asked:
        assert dana.get(path, headers=headers).status_code == 200
    return len(asked)


def test_the_inbox_asks_as_often_for_many_conversations_as_for_few(console: Console, dana: Browser) -> None:
    console.add_member(name="Ann Lee")
    add_conversations(console, dana, 0, 1)
    few = count(console, dana, INBOX), count(console, dana, INBOX, LIVE)
    add_conversations(console, dana, 1, 5)

    assert len(rows(dana.get(INBOX))) == 20
    assert (count(console, dana, INBOX), count(console, dana, INBOX, LIVE)) == few
    assert max(few) <= MOST_OF_INBOX


def test_a_conversation_asks_as_often_for_many_messages_as_for_few(console: Console, dana: Browser) -> None:
    console.add_member(name="Ann Lee")
    add_conversations(console, dana, 0, 1)
    add_messages(console, dana, 0, 1)
    few = count(console, dana, PAGE), count(console, dana, PAGE, LIVE)
    add_messages(console, dana, 1, 5)

    assert dana.get(PAGE).text.count('id="message-') >= 16
    assert (count(console, dana, PAGE), count(console, dana, PAGE, LIVE)) == few
    assert max(few) <= MOST_OF_CONVERSATION
