"""With a bucket, staff see pictures as with a folder; while it is away, they are told so, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
import requests
from sqlalchemy import select, update

from inbox.attachments.file_store import THUMBNAIL, place_of
from inbox.incoming.inbound import record_message
from inbox.models import Attachment, CarrierErasure, Conversation, Delivery, now
from inbox.retention.erasure import erase_conversations
from intake.bucket_place import BucketPlace
from intake.settings import Settings
from intake.vocabulary import Channel, Medium
from tasks.attachments.bucket import Bucket
from tasks.carriers.smtp import make_email_sender
from tasks.delivery.reply_files import MediaLinks
from tests.chat_client import ChatClient
from tests.inbox.conftest import inbound
from tests.pictures import PDF, PLACE, opened, phone_photo
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_attachments import ONE, PAGE, send
from tests.staff.conversations.test_reply_files import BY_TEXT, add, reply
from tests.standins.s3 import S3StandIn, nowhere, settings_of
from tests.standins.smtp import SmtpStandIn
from tests.world import PATIENT, PRACTICES_TOML

AWAY = "Pictures and files can’t be reached right now. Try again in a minute."


@pytest.fixture
def place(s3: S3StandIn) -> BucketPlace:
    return s3.make_bucket(versioned=True)


@pytest.fixture
def console(settings: Settings, console_of: Callable[[Settings], Console], place: BucketPlace) -> Console:
    """The service, by whose settings pictures and files are kept in a bucket."""
    return console_of(settings.model_copy(update=settings_of(place)))


@pytest.fixture
def dana(console: Console) -> Browser:
    return console.sign_in(name="Dana Reyes")


def receive_email(console: Console) -> None:
    address = "pat@patient.example"
    email = {"channel": Channel.EMAIL, "provider": "email", "patient_address": address}
    record_message(console.database, inbound("Please send me the form.", received_on="hello@maple.example", **email))


def test_a_picture_that_is_texted_is_shown_and_its_erasure_leaves_nothing_in_the_bucket(
    console: Console, dana: Browser, s3: S3StandIn, place: BucketPlace
) -> None:
    send(console, phone_photo())

    assert f'<img src="{ONE}/thumbnail"' in dana.get(PAGE).text
    assert opened(dana.get(f"{ONE}/picture").content).size == (48, 64)
    [attachment] = console.rows(Attachment)
    kept = s3.everything_in(place)
    assert set(kept) == {place_of(attachment.file_id), place_of(attachment.file_id + THUMBNAIL)}
    for key, contents in kept.items():
        assert PATIENT.removeprefix("+") not in key
        assert b"JFIF" not in contents
        assert PLACE.encode() not in contents

    with console.edit() as session:
        erase_conversations(session, session.scalars(select(Conversation)).all())
    console.reconcile()

    assert s3.everything_in(place) == {}
    assert console.rows(CarrierErasure) == []


def test_while_it_is_away_a_page_opens_and_its_pictures_say_so(
    console: Console, dana: Browser, place: BucketPlace
) -> None:
    send(console, phone_photo())
    console.keep_files_in(Bucket(nowhere(place)))

    assert dana.get(PAGE).status_code == 200
    for address in ("thumbnail", "picture", "download"):
        answer = dana.get(f"{ONE}/{address}")
        assert answer.status_code == 503
        assert AWAY in unescape(answer.text)
        assert answer.headers["Retry-After"] == "30"

    console.keep_files_in(Bucket(place))
    assert dana.get(f"{ONE}/picture").status_code == 200


def test_while_it_is_away_no_file_is_added_to_a_draft(console: Console, dana: Browser, place: BucketPlace) -> None:
    console.text("Where is the door?")
    console.work()
    console.keep_files_in(Bucket(nowhere(place)))

    answer = add(dana, phone_photo())

    assert (answer.status_code, answer.json()["error"]["message"]) == (503, AWAY)
    assert console.rows(Attachment) == []


def test_while_it_is_away_a_chats_file_is_not_taken_and_the_next_try_stores_it_once(
    console: Console, place: BucketPlace
) -> None:
    chat = ChatClient(console.url)
    console.keep_files_in(Bucket(nowhere(place)))
    refused = chat.send_files("first", phone_photo(), text="Is this rash normal?")
    assert (refused.status_code, refused.json()["error"]["message"]) == (503, f"{AWAY} In an emergency, call 911.")
    assert chat.send("I mean the one on my arm", "second").status_code == 202, "a text needs no bucket"

    console.keep_files_in(Bucket(place))
    for _ in range(2):
        assert chat.send_files("first", phone_photo(), text="Is this rash normal?").status_code == 202
    console.reconcile()

    assert len(console.rows(Attachment)) == 1
    console.keep_files_in(Bucket(nowhere(place)))
    assert chat.file(2).status_code == 503


def test_while_it_is_away_an_email_with_a_file_waits(console: Console, dana: Browser, place: BucketPlace) -> None:
    receive_email(console)
    add(dana, PDF, "form.pdf")
    with SmtpStandIn() as server:
        sender = make_email_sender(console.settings.model_copy(update={"smtp_url": server.url}))
        assert sender is not None
        console.context = replace(console.context, senders={**console.context.senders, Medium.EMAIL: sender})
        console.keep_files_in(Bucket(nowhere(place)))
        assert reply(dana, 1).status_code == 303
        console.reconcile()
        assert server.mails == []

        console.keep_files_in(Bucket(place))
        with console.edit() as session:
            session.execute(update(Delivery).values(next_attempt_at=now() - timedelta(seconds=1)))
        console.reconcile()

        [mail] = server.mails
        assert server.refusals == []
    assert [part.get_filename() for part in mail.message.iter_attachments()] == ["form.pdf"]


def test_twilio_is_told_to_come_back_for_a_picture(
    settings: Settings, console_of: Callable[[Settings], Console], place: BucketPlace
) -> None:
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{BY_TEXT}\n', 1))
    console = console_of(settings.model_copy(update=settings_of(place)))
    dana = console.sign_in()
    console.text("Where is the door?")
    console.work()
    add(dana, phone_photo())
    assert reply(dana, 1).status_code == 303
    console.work()
    assert len(console.twilio.media.sent) == 1

    console.keep_files_in(Bucket(nowhere(place)))
    token = MediaLinks((console.settings.secret_key,)).issue(1)
    assert requests.get(f"{console.url}/media/{token}", timeout=30).status_code == 503
