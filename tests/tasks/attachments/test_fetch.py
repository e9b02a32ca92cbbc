"""A picture of a text is fetched from Twilio alone, stored encrypted, and goes when its message goes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from inbox.attachments.file_store import THUMBNAIL
from inbox.attachments.rows import MOST_BYTES, read_contents, read_thumbnail
from inbox.keys.rotation import rotate_keys
from inbox.models import Attachment, AttachmentState, CarrierErasure, Conversation, Message, Refusal, RetentionRun, now
from inbox.retention.erasure import erase_conversations
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.twilio_hosts import is_api_address, is_media_address
from tasks.carriers.backoff import MAX_ATTEMPTS
from tests.inbox.conftest import NO_FILES
from tests.pictures import HTML, PLACE, opened, phone_photo
from tests.service import Service
from tests.standins.twilio import ACCOUNT_SID
from tests.tasks.conftest import StartService
from tests.world import ENCRYPTION_KEY, OTHER_KEY

BOTH_KEYS = f"{OTHER_KEY},{ENCRYPTION_KEY}"


def send(service: Service, *pictures: bytes, declared: str = "image/jpeg") -> None:
    media = [(service.twilio.media.add(ACCOUNT_SID, picture), declared) for picture in pictures]
    service.text("Is this rash normal?", media=media)
    service.reconcile()


def retry(service: Service, times: int = 1) -> None:
    for _ in range(times):
        with service.edit() as session:
            for row in session.scalars(select(Attachment)):
                row.next_attempt_at = now() - timedelta(seconds=1)
        service.reconcile()


def states(service: Service) -> list[tuple[AttachmentState, Refusal | None]]:
    return [(row.state, row.reason) for row in service.rows(Attachment)]


def kept(service: Service) -> list[Path]:
    return sorted(path for path in service.settings.attachments_dir.rglob("*") if path.is_file())


def test_a_picture_is_fetched_and_stored_encrypted_without_its_place(service: Service) -> None:
    send(service, phone_photo())

    [attachment] = service.rows(Attachment)
    contents = read_contents(service.context.files, attachment)
    assert attachment.state == AttachmentState.STORED
    assert contents is not None
    assert (opened(contents).size, attachment.size) == ((48, 64), len(contents))
    assert read_thumbnail(service.context.files, attachment)
    assert [path.name for path in kept(service)] == [attachment.file_id, attachment.file_id + THUMBNAIL]
    assert kept(service)[0].parent.name == attachment.file_id[:2]
    for path in kept(service):
        assert path.stat().st_mode & 0o077 == 0
        assert b"JFIF" not in path.read_bytes()
        assert PLACE.encode() not in path.read_bytes()
    assert service.twilio.media.violations == []


def test_a_file_is_judged_by_its_bytes_not_by_what_the_carrier_says(service: Service) -> None:
    send(service, HTML, b"", phone_photo(), declared="image/png")

    unsupported = (AttachmentState.REFUSED, Refusal.UNSUPPORTED)
    assert states(service) == [unsupported, unsupported, (AttachmentState.STORED, None)]
    assert len(kept(service)) == 2


@pytest.mark.parametrize(
    "host",
    [
        "https://evil.example",
        "http://mms.twiliocdn.com",
        "https://twiliocdn.com.evil.example",
        "http://169.254.169.254",
    ],
)
def test_a_redirect_to_any_other_host_is_not_followed(service: Service, host: str) -> None:
    service.twilio.media.host = host

    send(service, phone_photo())

    assert states(service) == [(AttachmentState.REFUSED, Refusal.FOREIGN)]


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/x.jpg", "http://127.0.0.1:6379/", "https://api.twilio.com.evil.example/x", "file:///etc"],
)
def test_nothing_is_fetched_from_an_address_that_is_not_twilios(service: Service, url: str) -> None:
    service.text("Look", media=[(url, "image/jpeg")])
    service.reconcile()

    assert states(service) == [(AttachmentState.REFUSED, Refusal.FOREIGN)]
    assert service.twilio.media.fetched == []


def test_a_name_of_twilios_that_leads_into_this_network_is_not_connected_to(guarded_service: Service) -> None:
    send(guarded_service, phone_photo())

    assert states(guarded_service) == [(AttachmentState.WAITING, None)]
    assert guarded_service.twilio.media.fetched == []


def test_a_file_without_end_is_not_read_to_its_end(service: Service) -> None:
    send(service, bytes(MOST_BYTES + 1))

    assert states(service) == [(AttachmentState.REFUSED, Refusal.TOO_LARGE)]


def test_an_outage_is_waited_out(service: Service) -> None:
    service.twilio.media.fail = True
    send(service, phone_photo())
    assert states(service) == [(AttachmentState.WAITING, None)]
    assert service.rows(Attachment)[0].next_attempt_at > now()

    service.twilio.media.fail = False
    retry(service)

    assert states(service) == [(AttachmentState.STORED, None)]


def test_an_outage_that_never_ends_is_given_up(service: Service) -> None:
    service.twilio.media.fail = True
    send(service, phone_photo())

    retry(service, MAX_ATTEMPTS - 1)

    assert states(service) == [(AttachmentState.REFUSED, Refusal.UNREACHABLE)]


def test_a_picture_that_twilio_has_no_more_is_gone_after_a_few_looks(service: Service) -> None:
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM{'1' * 32}/Media/ME{'2' * 32}"
    service.text("Look", media=[(url, "image/jpeg")])
    service.reconcile()
    assert states(service) == [(AttachmentState.WAITING, None)]

    retry(service, 4)

    assert states(service) == [(AttachmentState.GONE, None)]


def test_another_file_in_the_place_of_a_picture_is_not_taken_for_it(service: Service) -> None:
    send(service, phone_photo(), phone_photo((32, 32)))
    first, second = service.rows(Attachment)
    files = service.context.files

    files.write(first.file_id, files.read(second.file_id))

    assert read_contents(files, first) is None


def test_erasing_a_patient_deletes_the_files_here_and_at_twilio(service: Service) -> None:
    send(service, phone_photo())
    with service.edit() as session:
        erase_conversations(session, session.scalars(select(Conversation)).all())
    assert service.rows(Attachment) == []

    service.reconcile()

    assert kept(service) == []
    assert service.rows(CarrierErasure) == []
    assert len([sid for sid in service.twilio.erasures.deleted if sid.startswith("ME")]) == 1


def test_an_attachment_whose_message_was_erased_while_it_was_fetched_leaves_no_file(service: Service) -> None:
    service.twilio.media.fail = True
    send(service, phone_photo())
    with service.edit() as session:
        erase_conversations(session, session.scalars(select(Conversation)).all())
    service.twilio.media.fail = False

    service.reconcile()

    assert kept(service) == []


def test_retention_deletes_the_files(start_service: StartService) -> None:
    service = start_service("retention = { message_days = 30 }\n")
    send(service, phone_photo())
    with service.edit() as session:
        for message in session.scalars(select(Message)):
            message.received_at -= timedelta(days=31)
            message.handled_at = message.received_at
        session.execute(update(RetentionRun).values(next_run_at=now()))

    for _ in range(4):
        service.reconcile()

    assert service.rows(Attachment) == []
    assert kept(service) == []


def test_a_rotation_of_keys_takes_the_files_along(service: Service) -> None:
    send(service, phone_photo())
    [attachment] = service.rows(Attachment)
    before = read_contents(service.context.files, attachment)
    both = Database(service.settings.database_url, Keyring(BOTH_KEYS))

    with pytest.raises(IntakeError, match="none of the files"):
        rotate_keys(both, NO_FILES)
    assert rotate_keys(both, service.context.files).files == 2

    alone = Database(service.settings.database_url, Keyring(OTHER_KEY))
    with alone.read() as session:
        assert read_contents(service.context.files, session.scalars(select(Attachment)).one()) == before
    both.close()
    alone.close()


@pytest.mark.parametrize(
    ("url", "is_api", "is_media"),
    [
        ("https://api.twilio.com/2010-04-01/x", True, False),
        ("https://mms.twiliocdn.com/x", False, True),
        ("https://api.twilio.com:443/x", True, False),
        ("https://api.twilio.com:8443/x", False, False),
        ("https://api.twilio.com@evil.example/x", False, False),
        ("https://evil.twilio.com/x", False, False),
        ("https://twiliocdn.com/x", False, False),
        ("https://mms.twiliocdn.com\\@evil.example/x", False, False),
        ("http://api.twilio.com/x", False, False),
    ],
)
def test_credentials_and_requests_go_to_no_lookalike(url: str, is_api: bool, is_media: bool) -> None:
    assert (is_api_address(url), is_media_address(url)) == (is_api, is_media)
