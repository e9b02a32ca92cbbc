"""A backup is made while the service runs, holds no keys, and answers the next text from an empty folder."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from classifier import Classifier
from inbox.accounts.members import add_member, find_session, open_session
from inbox.accounts.staff_links import add_link, find_link, give_token
from inbox.attachments.file_store import THUMBNAIL, Folder, place_of
from inbox.attachments.rows import keep_contents, read_contents, read_thumbnail, take_contents
from inbox.backup.archive import BackupSource, describe_database, write_backup
from inbox.backup.restored import was_received_before_backup
from inbox.backup.sealed_stream import CHUNK, BackupKey, SealedReader, SealedWriter
from inbox.incoming.inbound import Media, record_message
from inbox.models import (
    Attachment,
    AttachmentState,
    AuditEntry,
    Delivery,
    DeliveryState,
    LinkPurpose,
    Message,
    Role,
    now,
)
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.settings import Settings
from tests.app.command import Finished, complete, intake
from tests.inbox.conftest import inbound
from tests.service import Service
from tests.standins.s3 import S3StandIn, settings_of
from tests.standins.twilio import TwilioStandIn
from tests.world import ENCRYPTION_KEY, OTHER_KEY, PATIENT, PRACTICES_TOML

BACKUP_KEY = "c2l4dGVlbiBieXRlcyBhbmQgc2l4dGVlbiBtb3JlISE="
WORDS = "Can I move my visit to Tuesday?"


@pytest.fixture
def folder(tmp_path: Path, migrated_file: Path) -> Path:
    """A folder with a practices file and an empty database."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "practices.toml").write_text(PRACTICES_TOML)
    (home / "intake.db").write_bytes(migrated_file.read_bytes())
    return home


@pytest.fixture
def stored(folder: Path) -> Iterator[Database]:
    """Its database."""
    database = Database(f"sqlite:///{folder / 'intake.db'}", Keyring(ENCRYPTION_KEY))
    yield database
    database.close()


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """An empty folder on another machine."""
    (tmp_path / "new").mkdir()
    return tmp_path / "new"


def back_up(folder: Path, file: Path, **changes: str) -> Finished:
    return intake("backup", str(file), folder=folder, environment=complete(folder, BACKUP_KEY=BACKUP_KEY) | changes)


def restore(folder: Path, file: Path, *options: str, **changes: str) -> Finished:
    environment = {"ENCRYPTION_KEYS": ENCRYPTION_KEY, "BACKUP_KEY": BACKUP_KEY} | changes
    return intake("restore", str(file), *options, folder=folder, environment=environment)


@pytest.fixture
def made(folder: Path, stored: Database, tmp_path: Path) -> Path:
    """A backup with one message."""
    record_message(stored, inbound(WORDS))
    file = tmp_path / "intake.backup"
    assert back_up(folder, file).lines
    return file


def texts_in(path: Path, keys: str = ENCRYPTION_KEY) -> list[str]:
    database = Database(f"sqlite:///{path}", Keyring(keys))
    with database.read() as session:
        found = [message.text for message in session.scalars(select(Message).order_by(Message.id))]
    database.close()
    return found


# ---- making one


def test_a_backup_restores_into_an_empty_folder(made: Path, new: Path) -> None:
    lines = restore(new, made).lines

    assert lines[0].startswith("Restored the backup of ")
    assert texts_in(new / "var" / "intake.db") == [WORDS]
    assert (new / "practices.toml").read_text() == PRACTICES_TOML
    private = [new / "var" / "intake.db", new / "practices.toml"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in private] == [0o600, 0o600]


def test_the_files_that_patients_sent_are_in_a_backup(
    folder: Path, stored: Database, tmp_path: Path, new: Path
) -> None:
    files = Folder(folder / "var" / "attachments")
    record_message(stored, inbound(WORDS, media=(Media("https://api.twilio.com/picture", "image/jpeg"),)))
    kept = keep_contents(stored, files, b"a picture", b"a small one")
    files.write("ab" * 16, b"of a row that is gone")
    with stored.write() as session:
        attachment = session.scalars(select(Attachment)).one()
        attachment.state = AttachmentState.STORED
        take_contents(session, attachment, kept)
    assert back_up(folder, tmp_path / "intake.backup").lines

    assert restore(new, tmp_path / "intake.backup").lines

    restored = Folder(new / "var" / "attachments")
    assert sorted(restored.names()) == [attachment.file_id, attachment.file_id + THUMBNAIL]
    assert (read_contents(restored, attachment), read_thumbnail(restored, attachment)) == (b"a picture", b"a small one")


def test_the_files_of_a_backup_are_restored_into_a_bucket(
    folder: Path, stored: Database, tmp_path: Path, new: Path, s3: S3StandIn
) -> None:
    files, place = Folder(folder / "var" / "attachments"), s3.make_bucket()
    kept = keep_contents(stored, files, b"a picture")
    record_message(stored, inbound(WORDS, media=(Media("https://api.twilio.com/picture", "image/jpeg"),)))
    with stored.write() as session:
        take_contents(session, session.scalars(select(Attachment)).one(), kept)
    assert back_up(folder, tmp_path / "intake.backup").lines
    bucket = {name.upper(): str(value) for name, value in settings_of(place).items()}

    assert restore(new, tmp_path / "intake.backup", **bucket).lines

    assert s3.everything_in(place) == {place_of(kept.file_id): files.read(kept.file_id)}


def test_a_restore_into_a_bucket_that_is_half_set_changes_nothing(made: Path, new: Path) -> None:
    error = restore(new, made, ATTACHMENTS_BUCKET="maple-street-pictures").error

    assert "ATTACHMENTS_S3_KEY_ID, ATTACHMENTS_S3_SECRET is missing" in error
    assert not (new / "var" / "intake.db").exists()


def test_a_backup_says_that_it_holds_nothing_of_a_bucket(folder: Path, stored: Database, tmp_path: Path) -> None:
    Folder(folder / "var" / "attachments").write("ab" * 16, b"of the time before the bucket")
    bucket = {
        "ATTACHMENTS_BUCKET": "maple-street-pictures",
        "ATTACHMENTS_S3_KEY_ID": "key",
        "ATTACHMENTS_S3_SECRET": "swordfish",
    }

    lines = back_up(folder, tmp_path / "intake.backup", **bucket).lines

    assert "The pictures and files in the bucket maple-street-pictures are not in it" in lines[-1]
    with (tmp_path / "intake.backup").open("rb") as file:
        assert b"before the bucket" not in SealedReader(file, BackupKey(BACKUP_KEY)).read()


def test_a_backup_made_during_a_transaction_holds_what_was_committed(
    folder: Path, stored: Database, tmp_path: Path, new: Path
) -> None:
    record_message(stored, inbound(WORDS))
    with stored.write() as session:
        session.execute(text("UPDATE messages SET received_on = 'changing'"))
        from inbox.backup.database_dump import dump_database

        dump_database(stored.url, tmp_path / "copy.db")
        session.rollback()

    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}", Keyring(ENCRYPTION_KEY))
    with copy.read() as session:
        assert [message.received_on for message in session.scalars(select(Message))] == ["+15005550006"]
    copy.close()


def test_a_backup_is_unreadable_and_private_and_holds_no_key(made: Path, folder: Path) -> None:
    content = made.read_bytes()

    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    for secret in (ENCRYPTION_KEY, BACKUP_KEY, "a secret for tests only", "Maple Street", "SQLite format"):
        assert secret.encode() not in content
    assert [path.name for path in made.parent.iterdir() if path.name.startswith(".intake")] == []


def test_no_key_or_secret_is_among_the_contents(made: Path, tmp_path: Path) -> None:
    with made.open("rb") as file:
        plain = SealedReader(file, BackupKey(BACKUP_KEY)).read()

    assert b"Maple Street" in plain
    for secret in (ENCRYPTION_KEY, BACKUP_KEY, "a secret for tests only"):
        assert secret.encode() not in plain


def test_a_backup_is_made_where_files_have_no_hard_links(
    stored: Database, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)  # as exFAT and many network shares do
    file = tmp_path / "intake.backup"

    write_backup(file, describe_database(stored, now(), "compact"), source_of(folder), BackupKey(BACKUP_KEY))

    with file.open("rb") as sealed:
        assert b"Maple Street" in SealedReader(sealed, BackupKey(BACKUP_KEY)).read()


def test_a_backup_that_lacks_its_practices_file_names_it(folder: Path, stored: Database, tmp_path: Path) -> None:
    file = tmp_path / "intake.backup"
    (folder / "practices.toml").unlink()

    with pytest.raises(IntakeError, match=f"{folder / 'practices.toml'}: No such file or directory"):
        write_backup(file, describe_database(stored, now(), "compact"), source_of(folder), BackupKey(BACKUP_KEY))

    assert not file.exists()


def source_of(folder: Path) -> BackupSource:
    return BackupSource(f"sqlite:///{folder / 'intake.db'}", folder / "practices.toml", None)


def test_a_backup_replaces_no_file(made: Path, folder: Path) -> None:
    assert f"{made} exists" in back_up(folder, made).error


def test_a_backup_needs_a_key_that_is_not_one_of_the_databases(folder: Path, stored: Database, tmp_path: Path) -> None:
    file = tmp_path / "intake.backup"

    assert "there is no backup key" in back_up(folder, file, BACKUP_KEY="").error
    assert "one of ENCRYPTION_KEYS" in back_up(folder, file, BACKUP_KEY=ENCRYPTION_KEY).error
    assert "is not a key" in back_up(folder, file, BACKUP_KEY="hunter2").error
    assert not file.exists()


def test_the_key_can_come_from_a_file(folder: Path, stored: Database, tmp_path: Path, new: Path) -> None:
    record_message(stored, inbound(WORDS))
    key, file = tmp_path / "backup.key", tmp_path / "intake.backup"
    key.write_text(BACKUP_KEY + "\n")
    key.chmod(0o644)
    refused = intake("backup", str(file), "--key-file", str(key), folder=folder, environment=complete(folder))
    assert f"others than its owner may use {key}; run `chmod 600 {key}`" in refused.error
    key.chmod(0o600)

    assert intake("backup", str(file), "--key-file", str(key), folder=folder, environment=complete(folder)).lines
    assert restore(new, file, "--key-file", str(key), BACKUP_KEY="").lines
    assert texts_in(new / "var" / "intake.db") == [WORDS]


def test_a_backup_is_audited(made: Path, stored: Database) -> None:
    with stored.read() as session:
        assert [(entry.action, entry.subject) for entry in session.scalars(select(AuditEntry))] == [
            ("backed_up", "backup")
        ]


# ---- what restore refuses, leaving nothing behind


def is_untouched(folder: Path) -> bool:
    return list(folder.iterdir()) == []


def test_a_folder_that_is_not_empty_is_refused(made: Path, new: Path) -> None:
    (new / "var").mkdir()
    (new / "var" / "keys.env").write_text("")
    (new / "var" / "intake.db").write_text("something of yours")

    assert "is not empty" in restore(new, made).error
    assert (new / "var" / "intake.db").read_text() == "something of yours"


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_what_is_left_of_a_lost_database_is_not_mixed_into_the_restored_one(
    made: Path, new: Path, tmp_path: Path, suffix: str
) -> None:
    left = tmp_path / f"lost.db{suffix}"
    left.write_bytes(b"changes of the lost database")

    error = restore(new, made, DATABASE_URL=f"sqlite:///{tmp_path / 'lost.db'}").error

    assert f"{left} of an earlier database is still there" in error
    assert "move what is left of it away" in error
    assert is_untouched(new)
    assert not (tmp_path / "lost.db").exists()


def test_a_restore_that_fails_late_leaves_nothing_and_names_what_failed(
    folder: Path, stored: Database, tmp_path: Path, new: Path
) -> None:
    kept = keep_contents(stored, Folder(folder / "var" / "attachments"), b"a picture")
    record_message(stored, inbound(WORDS, media=(Media("https://api.twilio.com/picture", "image/jpeg"),)))
    with stored.write() as session:
        take_contents(session, session.scalars(select(Attachment)).one(), kept)
    assert back_up(folder, tmp_path / "intake.backup").lines
    practices = new / "config" / "practices.toml"

    error = restore(new, tmp_path / "intake.backup", PRACTICES_FILE=str(practices)).error

    assert f"nothing was restored: {practices}: No such file or directory" in error
    assert is_untouched(new)
    practices.parent.mkdir()
    assert restore(new, tmp_path / "intake.backup", PRACTICES_FILE=str(practices)).lines
    assert texts_in(new / "var" / "intake.db") == [WORDS]


def test_a_database_is_restored_on_another_disk_than_the_data_folder(made: Path, new: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as disk:  # tests are in memory, where there is one
        assert restore(new, made, DATABASE_URL=f"sqlite:///{disk}/intake.db").lines

        assert texts_in(Path(disk) / "intake.db") == [WORDS]
        assert [path.name for path in Path(disk).iterdir()] == ["intake.db"]


def test_keys_that_were_put_into_the_folder_before_are_welcome(made: Path, new: Path) -> None:
    (new / "var").mkdir()
    (new / "var" / "keys.env").write_text(f"ENCRYPTION_KEYS={ENCRYPTION_KEY}\n")

    assert restore(new, made, ENCRYPTION_KEYS="").lines


def test_another_practices_file_is_not_overwritten(made: Path, new: Path) -> None:
    (new / "practices.toml").write_text("# mine")

    assert "practices.toml exists and is not the one in the backup" in restore(new, made).error
    assert [path.name for path in new.iterdir()] == ["practices.toml"]


def test_a_wrong_backup_key_is_refused(made: Path, new: Path) -> None:
    assert "another backup key" in restore(new, made, BACKUP_KEY=OTHER_KEY).error
    assert is_untouched(new)


def test_a_missing_encryption_key_is_refused(made: Path, new: Path) -> None:
    assert "ENCRYPTION_KEYS is missing a key" in restore(new, made, ENCRYPTION_KEYS=OTHER_KEY).error
    assert is_untouched(new)


@pytest.mark.parametrize("kept", [10, 30, 60, 0.5, -1])
def test_a_truncated_backup_is_refused(made: Path, new: Path, kept: float) -> None:
    content = made.read_bytes()
    made.write_bytes(content[: int(len(content) * kept) if isinstance(kept, float) else int(kept)])

    assert "backup" in restore(new, made).error
    assert is_untouched(new)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.999])
def test_a_tampered_backup_is_refused(made: Path, new: Path, place: float) -> None:
    content = bytearray(made.read_bytes())
    content[int(len(content) * place)] ^= 1
    made.write_bytes(content)

    assert "incomplete or was changed" in restore(new, made).error
    assert is_untouched(new)


def test_a_file_that_is_no_backup_is_refused(new: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, this is not a backup.")

    assert "not a backup" in restore(new, tmp_path / "letter.txt").error


def test_a_backup_of_a_newer_version_is_refused(folder: Path, stored: Database, tmp_path: Path, new: Path) -> None:
    with stored.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    file = tmp_path / "intake.backup"
    assert back_up(folder, file).lines

    assert "made by a newer version" in restore(new, file).error
    assert is_untouched(new)


def test_a_backup_of_another_kind_of_database_is_refused(made: Path, new: Path) -> None:
    error = restore(new, made, DATABASE_URL="postgresql://nobody@127.0.0.1:1/intake").error

    assert "DATABASE_URL" in error
    assert is_untouched(new)


# ---- the encryption of a stream


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_stream_of_any_length_comes_back(tmp_path: Path, size: int) -> None:
    key, path = BackupKey(BACKUP_KEY), tmp_path / "sealed"
    with path.open("wb") as file:
        writer = SealedWriter(file, key)
        writer.write(b"x" * size)
        writer.finish()

    with path.open("rb") as file:
        assert SealedReader(file, key).read() == b"x" * size


def test_a_stream_cut_between_two_chunks_is_incomplete(tmp_path: Path) -> None:
    key, path = BackupKey(BACKUP_KEY), tmp_path / "sealed"
    with path.open("wb") as file:
        writer = SealedWriter(file, key)
        writer.write(b"x" * (3 * CHUNK))
        writer.finish()
    header = path.stat().st_size - 3 * (CHUNK + 16)
    path.write_bytes(path.read_bytes()[: header + 2 * (CHUNK + 16)])

    with path.open("rb") as file:
        reader = SealedReader(file, key)
        with pytest.raises(IntakeError, match="incomplete or was changed"):
            reader.read()


# ---- after a restore


@pytest.fixture
def new_database(new: Path) -> dict[str, str]:
    """The environment variables that name the database of the new machine."""
    return {"DATABASE_URL": f"sqlite:///{new / 'var' / 'intake.db'}"}


@pytest.fixture
def restored(
    service: Service,
    settings: Settings,
    classifier: Classifier,
    twilio: TwilioStandIn,
    tmp_path: Path,
    new: Path,
    new_database: dict[str, str],
) -> Iterator[Callable[[], Service]]:
    """Back up the running service, lose it, and start what was restored, when called."""
    started: list[Service] = []
    environment = complete(tmp_path, BACKUP_KEY=BACKUP_KEY) | new_database | {"DATABASE_URL": settings.database_url}
    environment["PRACTICES_FILE"] = str(settings.practices_file)
    file = tmp_path / "intake.backup"

    def make() -> None:
        assert intake("backup", str(file), folder=tmp_path, environment=environment).lines

    def start() -> Service:
        assert restore(new, file, **new_database).lines
        url = new_database["DATABASE_URL"]
        started.append(Service(settings.model_copy(update={"database_url": url}), classifier, twilio))
        started[-1].__enter__()
        return started[-1]

    start.make = make  # type: ignore[attr-defined]
    yield start
    for running in started:
        running.__exit__(None, None, None)


def test_a_restored_service_answers_the_next_text(service: Service, restored: Any, twilio: TwilioStandIn) -> None:
    service.text(WORDS)
    service.work()
    restored.make()
    after = restored()

    after.text("How much is a first visit without insurance?")
    after.work()

    assert [message.text for message in after.rows(Message)] == [WORDS, "How much is a first visit without insurance?"]
    assert [delivery.state for delivery in after.rows(Delivery)] == ["sent", "sent"]
    assert len(twilio.messages) == 2


def test_a_reply_that_waited_at_the_backup_and_went_out_since_is_not_sent_again(
    service: Service, restored: Any, twilio: TwilioStandIn
) -> None:
    service.text(WORDS)
    service.work()
    [sent] = service.rows(Delivery)
    with service.edit() as session:  # as it was a moment before it was sent
        delivery = session.get_one(Delivery, sent.id)
        delivery.state, delivery.provider_id, delivery.sending_at = DeliveryState.PENDING, None, None
    restored.make()

    after = restored()
    assert [row.state for row in after.rows(Delivery)] == ["unknown"]
    after.let_pass(timedelta(minutes=2))

    assert [(row.state, row.provider_id) for row in after.rows(Delivery)] == [("sent", twilio.messages[0].sid)]
    assert len(twilio.messages) == 1


def test_a_text_that_was_not_yet_handled_at_the_backup_and_answered_since_is_not_answered_again(
    service: Service, restored: Any, twilio: TwilioStandIn
) -> None:
    service.text(WORDS)
    restored.make()
    service.work()
    assert len(twilio.messages) == 1

    after = restored()
    after.redis.flushall()
    after.reconcile()
    after.let_pass(timedelta(minutes=2), rounds=2)

    assert [(row.state, row.provider_id) for row in after.rows(Delivery)] == [("sent", twilio.messages[0].sid)]
    assert len(twilio.messages) == 1


def test_a_text_that_came_while_the_backup_was_being_made_may_have_been_answered_too(
    folder: Path, stored: Database, tmp_path: Path, new: Path
) -> None:
    manifest = describe_database(stored, now(), "compact")
    record_message(stored, inbound(WORDS))
    write_backup(tmp_path / "intake.backup", manifest, source_of(folder), BackupKey(BACKUP_KEY))
    assert restore(new, tmp_path / "intake.backup").lines

    database = Database(f"sqlite:///{new / 'var' / 'intake.db'}", Keyring(ENCRYPTION_KEY))
    record_message(database, inbound("Hello?"))

    with database.read() as session:
        messages = session.scalars(select(Message).order_by(Message.id)).all()
        assert [was_received_before_backup(session, message) for message in messages] == [True, False]
    database.close()


def test_a_restored_service_signs_everyone_out_and_says_so_in_its_trail(service: Service, restored: Any) -> None:
    with service.edit() as session:
        dana = add_member(session, "dana@maple.example", "Dana", Role.STAFF, ["demo"], None)
        browser = open_session(session, dana, "a browser")
        link = give_token(add_link(session, dana.id, LinkPurpose.INVITE, now()))
    restored.make()

    after = restored()

    with after.edit() as session:
        assert find_session(session, browser, now()) is None
        assert find_link(session, link, now()) is None

    [*_, entry] = after.rows(AuditEntry)
    assert (entry.action, entry.subject) == ("restored", "backup")
    assert entry.at - now() < timedelta(minutes=1)
    assert PATIENT not in str(entry.detail)
