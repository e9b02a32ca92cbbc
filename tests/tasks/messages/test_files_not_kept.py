"""Who is told that a file of theirs was not kept: once per message, in their language, where they are answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from inbox.models import Attachment, AttachmentState, Conversation, Delivery, Message, Refusal, Review, now
from tasks.messages.corrections import read_label_replies
from tests.pictures import HTML, phone_photo
from tests.sent_files import ARCHIVE, HEIC, VOICE_MEMO, XLSM
from tests.service import Service
from tests.standins.twilio import ACCOUNT_SID
from tests.tasks.conftest import StartService

WORDS = "Why was I charged twice for my visit in March?"
ENGLISH = "We could not keep a file that you sent, so nobody here can see it."
SPANISH = "No pudimos guardar un archivo suyo y nadie lo puede ver."


def send(service: Service, *files: bytes, text: str = WORDS) -> None:
    media = [(service.twilio.media.add(ACCOUNT_SID, contents), "application/octet-stream") for contents in files]
    service.text(text, media=media)
    service.reconcile()


def told(service: Service) -> list[str]:
    return [row.body for row in service.rows(Delivery) if row.reply.startswith("file_not_kept")]


def reasons(service: Service) -> list[Refusal | None]:
    return [row.reason for row in service.rows(Attachment)]


def test_words_beside_files_that_are_refused_are_answered_and_the_patient_is_told_once(service: Service) -> None:
    send(service, ARCHIVE, XLSM, HTML, phone_photo())

    assert reasons(service) == [Refusal.ARCHIVE, Refusal.MACROS, Refusal.UNSUPPORTED, None]
    assert service.rows(Message)[0].text == WORDS
    assert [row.reply for row in service.rows(Delivery)] == ["billing_inquiry", "file_not_kept"]
    assert [ENGLISH in text.body for text in service.twilio.messages] == [False, True]


def test_each_message_is_told_of_for_itself(service: Service) -> None:
    for _ in range(2):
        send(service, ARCHIVE)

    assert len(told(service)) == 2


def test_who_writes_spanish_is_told_in_spanish(service: Service) -> None:
    send(service, ARCHIVE, text="¿Por qué me cobraron dos veces por mi consulta de marzo?")

    [words] = told(service)
    assert SPANISH in words


@pytest.mark.parametrize("file", [HEIC, VOICE_MEMO, phone_photo()], ids=["photo", "voice memo", "picture"])
def test_nobody_is_told_of_what_was_kept(service: Service, file: bytes) -> None:
    send(service, file, text="")

    assert [row.state for row in service.rows(Attachment)] == [AttachmentState.STORED]
    assert [row.reply for row in service.rows(Delivery)] == ["review"]


def test_a_file_that_never_arrives_is_told_of(service: Service) -> None:
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM{'1' * 32}/Media/ME{'2' * 32}"
    service.text(WORDS, media=[(url, "image/jpeg")])
    for _ in range(6):
        with service.edit() as session:
            for row in session.scalars(select(Attachment)):
                row.next_attempt_at = now() - timedelta(seconds=1)
        service.reconcile()

    assert [row.state for row in service.rows(Attachment)] == [AttachmentState.GONE]
    assert len(told(service)) == 1


@pytest.mark.parametrize(
    "lines", ['auto_reply = "off"', "routes = { billing_inquiry = { auto_reply = false } }"], ids=["all", "the route"]
)
def test_a_practice_without_automatic_replies_tells_nobody(start_service: StartService, lines: str) -> None:
    service = start_service(lines)
    send(service, ARCHIVE)

    assert reasons(service) == [Refusal.ARCHIVE]
    assert service.rows(Delivery) == []


def test_nobody_is_told_where_staff_have_taken_over(service: Service) -> None:
    service.text(WORDS)
    service.work()
    with service.edit() as session:
        session.scalars(select(Conversation)).one().staff_took_over_at = now()

    send(service, ARCHIVE, text="Here it is")

    assert told(service) == []


def test_nobody_is_told_days_later(service: Service) -> None:
    service.twilio.media.fail = True
    send(service, ARCHIVE)
    service.twilio.media.fail = False
    with service.edit() as session:
        session.scalars(select(Message)).one().received_at -= timedelta(days=2)
        session.scalars(select(Attachment)).one().next_attempt_at = now() - timedelta(seconds=1)
    service.reconcile()

    assert reasons(service) == [Refusal.ARCHIVE]
    assert told(service) == []


def test_a_label_still_answers_a_message_whose_only_reply_was_about_its_file(service: Service) -> None:
    send(service, ARCHIVE, text="asdf qwer zxcv")
    with service.edit() as session:
        for row in session.scalars(select(Delivery).where(Delivery.reply != "file_not_kept")):
            session.delete(row)
    practice = service.context.practices.require("demo")

    with service.edit() as session:
        review = session.scalars(select(Review)).one()
        replies = read_label_replies(session, review, ["billing_inquiry"], practice, now(), service.settings)

    assert list(replies) == ["billing_inquiry"]
