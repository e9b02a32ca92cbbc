"""Files are kept before the transaction that says so: a slow store holds no lock, and nothing kept gets lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from inbox.attachments.file_store import FileStore, Folder, StoreAwayError
from inbox.attachments.rows import keep_contents, read_contents, take_contents
from inbox.incoming.inbound import Media, record_message
from inbox.keys.rotation import rotate_keys
from inbox.models import Attachment, AttachmentState, CarrierErasure, Conversation, Delivery, Message, now
from inbox.retention.erasure import erase_conversations
from inbox.storage.database import Database
from intake.encryption import Keyring
from tasks.attachments.bucket import Bucket
from tasks.carriers.backoff import MAX_ATTEMPTS
from tests.chat_client import ChatClient
from tests.inbox.conftest import acting, inbound
from tests.pictures import PDF, phone_photo
from tests.service import Service
from tests.standins.s3 import S3StandIn, nowhere
from tests.tasks.attachments.test_fetch import BOTH_KEYS, retry, send, states
from tests.world import ENCRYPTION_KEY, OTHER_KEY


class Busy(Folder):
    """A folder during whose writes another process writes to the database."""

    def __init__(self, folder: Path, database: Database) -> None:
        super().__init__(folder)
        self._database = database

    def write(self, name: str, sealed: bytes) -> None:
        with self._database.write() as session:
            session.execute(update(Conversation).values(last_message_id=Conversation.last_message_id))
            session.execute(update(Attachment).values(attempts=Attachment.attempts))
        super().write(name, sealed)


@pytest.fixture
def busy(service: Service, tmp_path: Path) -> Iterator[Busy]:
    """A folder that waits for every lock that its users hold."""
    other = Database(service.settings.database_url, Keyring(ENCRYPTION_KEY))
    yield Busy(tmp_path / "attachments", other)
    other.close()


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, s3: S3StandIn, tmp_path: Path) -> FileStore:
    """Each kind of store."""
    return Folder(tmp_path / "kept") if request.param == "folder" else Bucket(s3.make_bucket())


def pass_time(service: Service, duration: timedelta) -> None:
    with service.edit() as session:
        for erasure in session.scalars(select(CarrierErasure)):
            erasure.next_attempt_at -= duration
    for _ in range(2):
        service.reconcile()


def test_no_lock_is_held_while_a_picture_is_written(service: Service, busy: Busy) -> None:
    service.keep_files_in(busy)

    send(service, phone_photo())

    assert states(service) == [(AttachmentState.STORED, None)]


def test_no_lock_is_held_while_what_came_with_a_message_is_written(service: Service, busy: Busy) -> None:
    chat = ChatClient(service.url)
    service.keep_files_in(busy)

    assert chat.send_files("first", phone_photo(), PDF).status_code == 202
    service.reconcile()

    assert states(service) == [(AttachmentState.STORED, None)] * 2


def test_what_no_attachment_takes_is_deleted(service: Service, store: FileStore) -> None:
    service.keep_files_in(store)
    keep_contents(service.database, store, b"a picture", b"small")
    pass_time(service, timedelta(minutes=10))
    assert len(list(store.names())) == 2

    pass_time(service, timedelta(minutes=10))

    assert list(store.names()) == []
    assert service.rows(CarrierErasure) == []


def test_what_an_attachment_took_stays(service: Service, store: FileStore) -> None:
    service.keep_files_in(store)
    send(service, phone_photo())

    pass_time(service, timedelta(days=1))

    [attachment] = service.rows(Attachment)
    assert read_contents(store, attachment) is not None


def test_what_came_with_a_chat_goes_once_it_is_checked(service: Service, store: FileStore) -> None:
    service.keep_files_in(store)
    ChatClient(service.url).send_files("first", phone_photo())
    assert len(list(store.names())) == 1

    service.reconcile()
    service.reconcile()

    [attachment] = service.rows(Attachment)
    assert {name[:32] for name in store.names()} == {attachment.file_id}


def test_a_message_that_comes_again_keeps_its_files_once(service: Service, store: FileStore) -> None:
    message = inbound(media=(Media("", "application/pdf", contents=PDF),))

    first, again = (record_message(service.database, message, store) for _ in range(2))

    assert (first.is_new, again.is_new) == (True, False)
    assert len(list(store.names())) == 1


def test_contents_that_waited_too_long_are_not_taken(service: Service, store: FileStore) -> None:
    kept = keep_contents(service.database, store, b"a picture")
    late = type(kept)(kept.file_id, kept.size, kept.checksum, kept.key, now() - timedelta(seconds=1))

    with service.edit() as session, pytest.raises(StoreAwayError, match="in time"):
        take_contents(session, Attachment(), late)


def test_contents_encrypted_before_a_rotation_are_not_taken_after_it(service: Service, store: FileStore) -> None:
    both = Database(service.settings.database_url, Keyring(BOTH_KEYS))
    kept = keep_contents(both, store, b"a picture")
    assert kept.key == Keyring(ENCRYPTION_KEY).writing

    rotate_keys(both, store)

    with both.write() as session, pytest.raises(StoreAwayError, match="in time"):
        take_contents(session, Attachment(), kept)
    both.close()
    acting(service.database)


def test_a_rotation_takes_the_files_of_each_store_along(service: Service, store: FileStore) -> None:
    service.keep_files_in(store)
    send(service, phone_photo(), PDF)
    both = Database(service.settings.database_url, Keyring(BOTH_KEYS))

    assert rotate_keys(both, store).files == 3

    alone = Database(service.settings.database_url, Keyring(OTHER_KEY))
    with alone.read() as session:
        assert all(read_contents(store, attachment) for attachment in session.scalars(select(Attachment)))
    both.close()
    alone.close()


def test_erasing_leaves_nothing_in_each_store(service: Service, store: FileStore) -> None:
    service.keep_files_in(store)
    send(service, phone_photo(), PDF)
    with service.edit() as session:
        erase_conversations(session, session.scalars(select(Conversation)).all())

    service.reconcile()

    assert list(store.names()) == []
    assert service.rows(CarrierErasure) == []


def test_an_erasure_waits_until_the_bucket_is_back(service: Service, s3: S3StandIn) -> None:
    place = s3.make_bucket()
    service.keep_files_in(Bucket(place))
    send(service, phone_photo())
    with service.edit() as session:
        erase_conversations(session, session.scalars(select(Conversation)).all())
    service.keep_files_in(Bucket(nowhere(place)))
    service.reconcile()
    assert [row.kind for row in service.rows(CarrierErasure)] == ["file"]

    service.keep_files_in(Bucket(place))
    pass_time(service, timedelta(days=1))

    assert s3.everything_in(place) == {}
    assert service.rows(CarrierErasure) == []


def test_a_picture_waits_for_a_bucket_however_long_it_is_away(service: Service, s3: S3StandIn) -> None:
    place = s3.make_bucket()
    service.keep_files_in(Bucket(nowhere(place)))
    send(service, phone_photo())
    retry(service, MAX_ATTEMPTS + 1)
    assert states(service) == [(AttachmentState.WAITING, None)]
    assert service.rows(Message)[0].handled_at is not None, "the text itself waits for nothing"
    assert service.rows(Delivery) != []

    service.keep_files_in(Bucket(place))
    retry(service)

    assert states(service) == [(AttachmentState.STORED, None)]
