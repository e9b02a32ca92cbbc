"""Visitors of a chat send pictures and PDFs: checked by their bytes, cleaned, and shown to nobody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import update

from classifier import Classifier
from inbox.attachments.rows import MOST_BYTES, read_contents
from inbox.models import Attachment, AttachmentState, AuditEntry, Conversation, Decision, Message, Refusal, now
from intake.settings import Settings
from intake.vocabulary import Priority
from tests.chat_client import ChatClient
from tests.pictures import HTML, PDF, PLACE, SVG, bomb, opened, phone_photo
from tests.service import Service
from tests.standins.twilio import TwilioStandIn
from tests.world import OTHER_SITE, PRACTICES_TOML, WIDGET_KEY
from webhooks.browser.chat_files import FILES_A_DAY_ANONYMOUS, LARGEST_BODY, MOST_FILES


@pytest.fixture
def chat(service: Service) -> ChatClient:
    """A conversation that has just started, with a visitor who can be reached."""
    return ChatClient(service.url, email="robin@hood.example")


def kept(service: Service) -> list[Path]:
    return sorted(path for path in service.settings.attachments_dir.rglob("*") if path.is_file())


def error_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_picture_and_a_pdf_with_a_text_are_one_message_cleaned_and_encrypted(
    service: Service, chat: ChatClient
) -> None:
    sent = chat.send_files("first", phone_photo(), PDF, text="Is this rash normal?")
    for _ in range(2):  # what came goes once it is checked
        service.reconcile()

    assert (sent.status_code, sent.json()) == (202, {"message": 1})
    [message] = service.rows(Message)
    picture, document = service.rows(Attachment)
    assert message.text == "Is this rash normal?"
    assert [picture.state, document.state] == [AttachmentState.STORED] * 2
    contents = read_contents(service.context.files, picture)
    assert contents is not None
    assert opened(contents).size == (48, 64), "the right way up"
    assert PLACE.encode() not in contents
    assert read_contents(service.context.files, document) == PDF
    assert len(kept(service)) == 3
    assert all(b"JFIF" not in path.read_bytes() and b"%PDF" not in path.read_bytes() for path in kept(service))


def test_a_repeat_is_the_same_message(service: Service, chat: ChatClient) -> None:
    answers = [chat.send_files("first", phone_photo()).json() for _ in range(2)]

    assert answers == [{"message": 1}] * 2
    assert len(service.rows(Attachment)) == 1


def test_a_picture_without_words_goes_to_a_person(service: Service, chat: ChatClient) -> None:
    chat.send_files("first", phone_photo())
    service.reconcile()

    [decision] = service.rows(Decision)
    assert decision.team is not None
    assert chat.read()["person"] == "waiting"


def test_the_chat_shows_what_becomes_of_its_files_and_gives_them_back(service: Service, chat: ChatClient) -> None:
    chat.send_files("first", phone_photo(), PDF, bomb())
    assert [file["state"] for file in chat.read()["files"]["1"]] == ["waiting"] * 3
    assert error_of(chat.file(1)) == (404, "unknown_file"), "nobody has checked it"

    service.reconcile()

    assert chat.read()["files"] == {
        "1": [
            {"position": 0, "state": "stored", "kind": "picture"},
            {"position": 1, "state": "stored", "kind": "pdf"},
            {"position": 2, "state": "refused", "reason": "too_many_pixels"},
        ]
    }
    whole, small, document = chat.file(1), chat.file(1, size="small"), chat.file(1, 1)
    assert opened(whole.content).size == opened(small.content).size == (48, 64)
    assert document.content == PDF
    for answer in (whole, small, document):
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store, private"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert document.headers["Content-Disposition"] == 'attachment; filename="file.pdf"'
    assert [error_of(chat.file(*place)) for place in ((1, 2), (1, 3), (2, 0))] == [(404, "unknown_file")] * 3


def test_an_open_chat_is_told_when_a_file_was_checked(service: Service, chat: ChatClient) -> None:
    chat.send_files("first", phone_photo())
    with chat.watch() as events:
        assert next(data for name, data in events if name == "files")["files"]["1"][0]["state"] == "waiting"
        service.reconcile()
        assert next(data for name, data in events if name == "files")["files"]["1"][0]["state"] == "stored"


def test_nobody_gets_a_file_without_the_chats_own_token(service: Service, chat: ChatClient) -> None:
    chat.send_files("first", phone_photo())
    service.reconcile()
    other = ChatClient(service.url)
    address = f"{chat.url}/files/1/0"

    stolen = {"Origin": chat.origin, "Authorization": f"Bearer {other.token}"}
    assert requests.get(address, headers=stolen, timeout=30).status_code == 401
    assert requests.get(address, headers={"Origin": chat.origin}, timeout=30).status_code == 401
    assert requests.get(address, headers=chat.headers | {"Origin": OTHER_SITE}, timeout=30).status_code == 403
    assert other.file(1).status_code == 404
    requests.post(f"{chat.url}/end", json={}, headers=chat.headers, timeout=30)
    assert chat.file(1).status_code == 401, "the chat has ended"


@pytest.mark.parametrize(
    ("contents", "refused"),
    [
        ([HTML], (415, "file_type")),
        ([SVG], (415, "file_type")),
        ([b""], (415, "file_type")),
        ([b"MZ" + PDF], (415, "file_type")),
        ([b"\xff\xd8\xff\xe0" + bytes(MOST_BYTES)], (413, "file_too_large")),
        ([PDF] * (MOST_FILES + 1), (413, "too_many_files")),
        ([], (400, "invalid_parameter")),
    ],
)
def test_what_is_no_picture_or_pdf_or_too_much_is_refused_at_once(
    service: Service, chat: ChatClient, contents: list[bytes], refused: tuple[int, str]
) -> None:
    url, data = f"{chat.url}/files", {"client_message_id": "first", "text": ""}
    parts: list[Any] = [("file", ("photo.jpg", content, "image/jpeg")) for content in contents]
    parts = parts or [("x", (None, "y"))]

    answer = requests.post(url, data=data, files=parts, headers=chat.headers, timeout=30)

    assert error_of(answer) == refused
    assert service.rows(Message) == []
    assert kept(service) == []


WORDS = "My baby is not breathing"


@pytest.mark.parametrize(
    ("contents", "reasons"),
    [
        ([HTML], [Refusal.UNSUPPORTED]),
        ([PDF, b"\xff\xd8\xff\xe0" + bytes(MOST_BYTES)], [None, Refusal.TOO_LARGE]),
        ([PDF] * (MOST_FILES + 1), [None] * MOST_FILES + [Refusal.TOO_MANY]),
    ],
    ids=["type", "size", "number"],
)
def test_words_are_heard_whatever_becomes_of_the_files_with_them(
    service: Service, chat: ChatClient, contents: list[bytes], reasons: list[Refusal | None]
) -> None:
    answers = [chat.send_files("first", *contents, text=WORDS) for _ in range(2)]
    service.reconcile()

    assert [(answer.status_code, answer.json()) for answer in answers] == [(202, {"message": 1})] * 2
    assert [row.text for row in service.rows(Message)] == [WORDS]
    assert service.rows(Decision)[0].priority == Priority.URGENT
    assert [row.reason for row in service.rows(Attachment)] == reasons
    assert [file.get("reason") for file in chat.read()["files"].get("1", [])] == reasons
    assert "911" in chat.texts()[1][1]


def test_words_are_heard_though_the_day_is_full_and_what_was_only_named_takes_no_room(service: Service) -> None:
    chat = ChatClient(service.url)
    chat.send_files("first", *[HTML] * MOST_FILES, text="See these")
    chat.send_files("second", *[PDF] * MOST_FILES)
    answers = [chat.send_files("third", PDF, PDF, PDF, text=WORDS) for _ in range(2)]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(202, {"message": 3})] * 2
    assert [row.text for row in service.rows(Message)] == ["See these", "", WORDS]
    assert [row.reason for row in service.rows(Attachment)[6:]] == [Refusal.TOO_MANY] * 3
    assert chat.send_files("fourth", PDF, PDF).status_code == 202, "there is room for two"


def test_words_are_heard_though_no_file_came_with_them(service: Service, chat: ChatClient) -> None:
    fields = {"client_message_id": (None, "first"), "text": (None, WORDS)}
    answer = requests.post(f"{chat.url}/files", files=fields, headers=chat.headers, timeout=30)

    assert answer.status_code == 202
    assert [row.text for row in service.rows(Message)] == [WORDS]


@pytest.mark.parametrize("body", ["large", "broken"])
def test_who_sends_what_cannot_be_read_reads_911(chat: ChatClient, body: str) -> None:
    content = b"x" * (LARGEST_BODY + 1) if body == "large" else b"--x"
    headers = chat.headers | {"Content-Type": "multipart/form-data; boundary=x"}
    answer = requests.post(f"{chat.url}/files", data=content, headers=headers, timeout=30)

    assert answer.status_code == (413 if body == "large" else 400)
    assert "In an emergency, call 911." in answer.json()["error"]["message"]


def test_a_file_whose_name_is_not_utf_8_is_taken(service: Service, chat: ChatClient) -> None:
    prepared = requests.Request(
        "POST",
        f"{chat.url}/files",
        headers=chat.headers,
        data={"client_message_id": "first", "text": WORDS},
        files={"file": ("NAME.pdf", PDF)},
    ).prepare()
    assert isinstance(prepared.body, bytes)
    prepared.body = prepared.body.replace(b"NAME", b"caf\xe9")

    assert requests.Session().send(prepared, timeout=30).status_code == 202
    assert len(service.rows(Attachment)) == 1


def test_other_files_or_words_under_the_same_id_are_another_message(service: Service, chat: ChatClient) -> None:
    sent = [("A rash", PDF), ("A rash", phone_photo()), ("My chest hurts", PDF), ("A rash", PDF)]
    answers = [chat.send_files("1", file, text=text).json()["message"] for text, file in sent]

    assert answers == [1, 2, 3, 1]


def test_nothing_is_read_from_whoever_may_not_send(service: Service, chat: ChatClient) -> None:
    """The server answers although the body that was announced never comes."""
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(LARGEST_BODY)}
    for wrong in ({"Authorization": "Bearer made-up"}, {"Origin": OTHER_SITE}):
        prepared = requests.Request("POST", f"{chat.url}/files", headers=chat.headers | headers | wrong).prepare()
        assert requests.Session().send(prepared, timeout=30).status_code in (401, 403)
    too_large = chat.headers | headers | {"Content-Length": str(LARGEST_BODY + 1)}
    prepared = requests.Request("POST", f"{chat.url}/files", headers=too_large).prepare()
    assert requests.Session().send(prepared, timeout=30).status_code == 413


def test_a_picture_that_breaks_its_decoder_is_refused_later_and_the_chat_says_so(
    service: Service, chat: ChatClient
) -> None:
    chat.send_files("first", phone_photo()[:300])
    service.reconcile()

    assert chat.read()["files"]["1"] == [{"position": 0, "state": "refused", "reason": Refusal.DAMAGED}]
    service.reconcile()
    assert kept(service) == []


@pytest.mark.parametrize(("details", "most"), [({}, 5), ({"email": "robin@hood.example"}, 20)])
def test_a_chat_takes_so_many_files_a_day_and_fewer_of_a_stranger(
    service: Service, details: dict[str, str], most: int
) -> None:
    chat = ChatClient(service.url, **details)
    chat.send_files("first", PDF)
    with service.edit() as session:
        first = session.get_one(Attachment, 1)
        for position in range(1, most - 1):
            session.add(Attachment(message_id=first.message_id, position=position))

    assert error_of(chat.send_files("two", PDF, PDF)) == (409, "no_more_files")
    assert chat.send_files("one", PDF).status_code == 202
    assert error_of(chat.send_files("more", PDF)) == (409, "no_more_files")
    with service.edit() as session:
        session.execute(update(Attachment).values(created_at=now().replace(year=2020)))
    assert chat.send_files("tomorrow", PDF).status_code == 202


def test_a_repeat_is_the_same_message_also_when_the_day_is_full(service: Service) -> None:
    chat = ChatClient(service.url)
    chat.send_files("first", PDF, PDF, PDF)
    stored, again = (chat.send_files("second", *[PDF] * (FILES_A_DAY_ANONYMOUS - 3)) for _ in range(2))

    assert (stored.status_code, again.status_code) == (202, 202)
    assert again.json() == stored.json()
    assert error_of(chat.send_files("one_more", PDF)) == (409, "no_more_files")
    assert len(service.rows(Attachment)) == FILES_A_DAY_ANONYMOUS


def test_files_that_come_at_once_take_no_more_room_than_there_is(service: Service) -> None:
    chat = ChatClient(service.url)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda number: chat.send_files(f"file_{number}", PDF, PDF), range(6)))

    assert sorted(answer.status_code for answer in answers) == [202] * 2 + [409] * 4
    assert len(service.rows(Attachment)) == 4


def test_a_practice_can_do_without(settings: Settings, classifier: Classifier, twilio: TwilioStandIn) -> None:
    without = PRACTICES_TOML.replace('slug = "demo"\n', 'slug = "demo"\nchat = { files = false }\n', 1)
    settings.practices_file.write_text(without)
    with Service(settings, classifier, twilio) as service:
        chat = ChatClient(service.url)
        refused = chat.send_files("first", PDF)
        heard = chat.send_files("second", PDF, text=WORDS)
        practice = f"{service.url}/chat/practices/{WIDGET_KEY}"
        shown = requests.get(practice, headers={"Origin": chat.origin}, timeout=30).json()

    assert error_of(refused) == (404, "no_files")
    assert heard.status_code == 202
    assert shown["files"] is False


def test_the_trail_says_when_a_visitor_opened_a_file(service: Service, chat: ChatClient) -> None:
    chat.send_files("first", phone_photo())
    service.reconcile()
    chat.file(1, size="small")
    chat.file(1)

    [entry] = service.rows(AuditEntry)
    assert (entry.action, entry.subject, entry.detail) == ("chat_file_opened", "conversation:1", {"attachment": 1})


def test_a_long_text_with_a_file_counts_like_any_other(service: Service, chat: ChatClient) -> None:
    assert chat.send_files("first", PDF, text="x" * 8000).status_code == 202
    assert error_of(chat.send_files("second", PDF, text="x" * 8000)) == (429, "too_many_characters")
    danger = "My chest feels tight and my left arm is numb " + "x" * 7000
    assert chat.send_files("third", PDF, text=danger).status_code == 202
    assert service.rows(Conversation)[0].entries == 2
