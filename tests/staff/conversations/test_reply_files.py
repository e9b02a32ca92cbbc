"""Members send pictures and PDFs with a reply: in the chat, by email, and by text where the practice allows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
import requests
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from sqlalchemy import select, update

from inbox.attachments.rows import MOST_BYTES, read_contents
from inbox.incoming.inbound import InboundMessage, record_message
from inbox.models import Attachment, AuditEntry, Conversation, Delivery, RetentionRun, Undo, now
from inbox.replies.files import MOST_REPLY_FILES
from inbox.retention.erasure import erase_conversations
from intake.settings import Settings
from intake.vocabulary import Channel, Medium
from tasks.carriers.smtp import make_email_sender
from tasks.delivery.reply_files import LIFETIME, MediaLinks, file_name
from tests.chat_client import ChatClient
from tests.pictures import HTML, MP3, PDF, PLACE, opened, phone_photo
from tests.staff.conftest import Browser, Console, StartConsole
from tests.standins.smtp import SmtpStandIn

PAGE = "/staff/conversations/1"
BY_TEXT = "picture_texts = true"


@pytest.fixture
def dana(console: Console) -> Browser:
    return console.sign_in(name="Dana Reyes")


@pytest.fixture
def chat(console: Console) -> ChatClient:
    """A chat with a question."""
    chat = ChatClient(console.url)
    chat.send("Can you send me the form?", "first")
    console.work()
    return chat


def add(browser: Browser, contents: bytes, name: str = "form.pdf") -> requests.Response:
    headers = {"Accept": "application/json", "Content-Type": "application/octet-stream", "File-Name": name}
    return browser.post(f"{PAGE}/files", data=contents, headers=headers)


def reply(browser: Browser, *files: int, words: str = "Here it is.", number: int = 1) -> requests.Response:
    form = {"text": words, "form_id": f"{number:032x}", "seen": "0", "then": "waiting", "file": list(files)}
    return browser.post(f"{PAGE}/reply", data=form)


def why(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["message"]


def in_draft(browser: Browser) -> list[int]:
    page = browser.open_pane(PAGE).text
    return [int(found) for found in re.findall(r'name="file" value="(\d+)" form="reply"', page)]


def entries(console: Console) -> list[str]:
    return [entry.action for entry in console.rows(AuditEntry)]


# ---- the draft


def test_files_are_checked_cleaned_kept_with_the_draft_and_removed(
    console: Console, dana: Browser, chat: ChatClient
) -> None:
    first = add(dana, phone_photo(), "photo%20of%20the%20door.jpg")
    assert first.status_code == 200
    assert "photo of the door.jpg" in first.json()["html"]
    add(dana, PDF)

    picture, _ = console.rows(Attachment)
    contents = read_contents(console.context.files, picture)
    assert contents is not None
    assert PLACE.encode() not in contents
    assert in_draft(dana) == [1, 2], "also after the page is loaded again"
    assert dana.get("/staff/attachments/1/thumbnail").status_code == 200
    assert dana.post(f"{PAGE}/files/1/remove").status_code == 200
    assert in_draft(dana) == [2]
    assert dana.post(f"{PAGE}/files/1/remove").status_code == 404
    assert entries(console).count("file_attached") == 2


def test_nobody_else_sees_sends_or_removes_a_members_files(console: Console, dana: Browser, chat: ChatClient) -> None:
    add(dana, PDF)
    other = console.sign_in(name="Kim Other")

    assert in_draft(other) == []
    assert other.get("/staff/attachments/1/download").status_code == 404
    assert other.post(f"{PAGE}/files/1/remove").status_code == 404
    assert reply(other, 1).status_code == 422
    assert chat.read()["files"] == {}


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (HTML, "Only pictures"),
        (MP3, "Only pictures"),
        (phone_photo()[:300], "damaged"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(
    console: Console, dana: Browser, chat: ChatClient, contents: bytes, words: str
) -> None:
    status, message = why(add(dana, contents))

    assert (status, words in message) == (422, True)
    assert console.rows(Attachment) == []


def test_a_file_that_is_too_large_is_not_read(console: Console, dana: Browser, chat: ChatClient) -> None:
    announced = {"Content-Type": "application/octet-stream", "Content-Length": str(MOST_BYTES + 1)}

    assert dana.post(f"{PAGE}/files", headers=announced).status_code == 413


def test_a_draft_has_so_many_files(console: Console, dana: Browser, chat: ChatClient) -> None:
    for _ in range(MOST_REPLY_FILES):
        assert add(dana, PDF).status_code == 200

    assert why(add(dana, PDF)) == (409, "A reply can have at most 5 files. Send the others with the next one.")


# ---- in the chat


def test_the_visitor_gets_them_with_the_chats_own_token(console: Console, dana: Browser, chat: ChatClient) -> None:
    add(dana, phone_photo())
    add(dana, PDF)
    assert reply(dana, 1, 2, words="").status_code == 303
    console.work()

    entry = chat.read()["messages"][-1]["id"]
    assert [file["kind"] for file in chat.read()["files"][str(entry)]] == ["picture", "pdf"]
    assert opened(chat.file(entry, size="small").content).size == (48, 64)
    assert chat.file(entry, 1).content == PDF
    assert ChatClient(console.url).file(entry).status_code == 404
    assert in_draft(dana) == []
    assert "Picture 1 from the practice" in dana.get(PAGE).text


def test_a_file_that_was_removed_in_another_tab_stops_the_reply(
    console: Console, dana: Browser, chat: ChatClient
) -> None:
    add(dana, PDF)
    dana.post(f"{PAGE}/files/1/remove")

    refused = reply(dana, 1)

    assert refused.status_code == 422
    assert "A file of this reply was removed elsewhere" in refused.text


def test_undo_gives_them_back_to_the_draft_and_the_visitor_never_sees_them(
    settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    console = console_of(settings.model_copy(update={"undo_seconds": 8}))
    chat, dana = ChatClient(console.url), console.sign_in(name="Dana Reyes")
    chat.send("Can you send me the form?", "first")
    console.work()
    add(dana, PDF)
    assert reply(dana, 1).status_code == 303
    assert chat.read()["files"] == {}, "not before the time is over"
    [undo] = console.rows(Undo)

    assert dana.post(f"/staff/undo/{undo.id}").status_code == 303

    assert in_draft(dana) == [1]
    assert [row for row in console.rows(Delivery) if row.staff_id] == []
    with console.edit() as session:
        session.execute(update(Undo).values(until=now() - timedelta(seconds=9)))
    assert reply(dana, 1, number=2).status_code == 303
    with console.edit() as session:
        session.execute(update(Delivery).values(next_attempt_at=now() - timedelta(seconds=1)))
    console.reconcile()
    assert len(chat.read()["files"]) == 1


# ---- by email


def test_by_email_they_are_attached_under_names_that_fit_what_they_are(console: Console, dana: Browser) -> None:
    record_message(
        console.database,
        InboundMessage(
            practice="demo",
            channel=Channel.EMAIL,
            provider="email",
            provider_id="one",
            patient_address="pat@patient.example",
            received_on="hello@maple.example",
            text="Please send me the form.",
        ),
    )
    add(dana, phone_photo(), "../door.exe")
    add(dana, PDF, "New%20patient%20form.pdf")
    with SmtpStandIn() as server:
        sender = make_email_sender(console.settings.model_copy(update={"smtp_url": server.url}))
        assert sender is not None
        console.context = replace(console.context, senders={**console.context.senders, Medium.EMAIL: sender})
        assert reply(dana, 1, 2).status_code == 303
        console.reconcile()
        mail = server.mails[-1].message
        assert server.refusals == []

    body, picture, document = mail.iter_parts()
    assert body.get_content().strip() == "Here it is."
    assert (picture.get_content_type(), picture.get_filename()) == ("image/jpeg", "door.jpg")
    assert opened(picture.get_content()).size == (48, 64)
    assert (document.get_content(), document.get_filename()) == (PDF, "New patient form.pdf")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\r\nBcc: x.pdf", "a Bcc x.pdf"),
        ('a"; filename="b.exe', "a filename b.pdf"),
        ("", "file 1.pdf"),
        ("...", "file 1.pdf"),
        ("é (1).PDF", "é (1).pdf"),
    ],
)
def test_a_name_holds_nothing_but_a_name(name: str, shown: str) -> None:
    assert file_name(Attachment(name=name, content_type="application/pdf"), 1) == shown


# ---- by text


def test_by_text_they_are_refused_unless_the_practice_allows_it(console: Console, dana: Browser) -> None:
    console.text("Where is the door?")
    console.work()
    add(dana, phone_photo())

    refused = reply(dana, 1)

    assert refused.status_code == 422
    assert "This practice doesn’t send pictures by text." in unescape(refused.text)
    assert in_draft(dana) == [1]


def test_twilio_fetches_a_picture_at_its_signed_address(start_console: StartConsole) -> None:
    console = start_console(BY_TEXT)
    dana = console.sign_in()
    console.text("Where is the door?")
    console.work()
    add(dana, phone_photo())
    add(dana, PDF)

    pdf, silent = reply(dana, 1, 2), reply(dana, 1, words=" ")
    assert "A text can carry pictures, but no PDF." in pdf.text
    assert "Write a few words with the picture" in silent.text
    assert reply(dana, 1).status_code == 303
    console.work()

    assert console.twilio.messages[-1].body == "Here it is."
    [fetched] = console.twilio.media.sent
    assert opened(fetched).size == (48, 64)
    assert PLACE.encode() not in fetched
    assert in_draft(dana) == [2], "what was not sent stays"


def test_an_address_that_is_forged_old_or_of_another_file_leads_nowhere(start_console: StartConsole) -> None:
    console = start_console(BY_TEXT)
    dana = console.sign_in()
    console.text("Where is the door?")
    console.work()
    add(dana, phone_photo())
    add(dana, phone_photo())
    reply(dana, 1)
    console.work()
    key = console.settings.secret_key
    address = f"{console.url}/media"

    class Past(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - int(LIFETIME.total_seconds()) - 9

    old = URLSafeTimedSerializer(key, salt="media of a text", signer=Past).dumps(1)
    chats = URLSafeTimedSerializer(key, salt="chat conversation").dumps(1)
    forged = MediaLinks(("another key",)).issue(1)
    drafted = MediaLinks((key,)).issue(2)
    good = MediaLinks((key,)).issue(1)
    for token in (old, chats, forged, drafted, "1", MediaLinks((key,)).issue(99)):
        assert requests.get(f"{address}/{token}", timeout=30).status_code == 404
    answer = requests.get(f"{address}/{good}", timeout=30)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store, private"
    with console.edit() as session:
        session.execute(update(Delivery).values(emptied_at=now()))
    assert requests.get(f"{address}/{good}", timeout=30).status_code == 404


# ---- what becomes of them


def kept(console: Console) -> int:
    return sum(path.is_file() for path in console.settings.attachments_dir.rglob("*"))


def test_erasing_a_patient_deletes_what_was_sent_and_drafted(console: Console, dana: Browser, chat: ChatClient) -> None:
    add(dana, PDF)
    reply(dana, 1)
    add(dana, PDF)
    console.work()
    assert kept(console) == 2
    with console.edit() as session:
        erase_conversations(session, session.scalars(select(Conversation)).all())

    console.reconcile()

    assert console.rows(Attachment) == []
    assert kept(console) == 0


def test_erasing_a_patient_deletes_the_pictures_that_twilio_keeps(start_console: StartConsole) -> None:
    console = start_console(BY_TEXT)
    dana = console.sign_in()
    console.text("Where is the door?")
    console.work()
    add(dana, phone_photo())
    reply(dana, 1)
    console.work()
    sent = console.twilio.messages[-1]
    console.twilio.deliver(sent.sid, "delivered")
    with console.edit() as session:
        erase_conversations(session, session.scalars(select(Conversation)).all())

    console.reconcile()

    assert set(sent.media_sids) <= set(console.twilio.erasures.deleted)
    assert sent.sid in console.twilio.erasures.redacted


def test_retention_deletes_what_was_sent_and_drafted(start_console: StartConsole) -> None:
    console = start_console("retention = { message_days = 30 }")
    dana, chat = console.sign_in(), ChatClient(console.url)
    chat.send("Can you send me the form?", "first")
    console.work()
    add(dana, PDF)
    reply(dana, 1)
    add(dana, PDF)
    console.work()
    console.reconcile()  # which plans the first run
    with console.edit() as session:
        long_ago = now() - timedelta(days=31)
        session.execute(update(Delivery).values(created_at=long_ago))
        session.execute(update(Attachment).values(created_at=long_ago))
        session.execute(update(RetentionRun).values(next_run_at=now()))

    for _ in range(4):
        console.reconcile()

    assert console.rows(Attachment) == []
    assert kept(console) == 0
