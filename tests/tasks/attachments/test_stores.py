"""What a folder and a bucket have in common: whoever keeps files can't tell which it is."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from inbox.attachments.file_store import THUMBNAIL, FileStore, Folder, place_of
from tasks.attachments.bucket import Bucket
from tests.standins.s3 import KEYS_PER_PAGE, S3StandIn


@pytest.fixture(params=["folder", "bucket", "versioned bucket"])
def store(request: pytest.FixtureRequest, s3: S3StandIn, tmp_path: Path) -> FileStore:
    """Each kind of store, empty."""
    if request.param == "folder":
        return Folder(tmp_path / "attachments")
    return Bucket(s3.make_bucket(versioned=request.param == "versioned bucket"))


def new_id() -> str:
    return secrets.token_hex(16)


def test_what_is_written_is_read_again(store: FileStore) -> None:
    file_id, contents = new_id(), secrets.token_bytes(300_000)

    store.write(file_id, contents)
    store.write(file_id + THUMBNAIL, b"small")

    assert (store.read(file_id), store.read(file_id + THUMBNAIL)) == (contents, b"small")


def test_a_file_that_is_written_again_takes_the_place_of_the_first(store: FileStore) -> None:
    file_id = new_id()
    store.write(file_id, b"first, and longer")

    store.write(file_id, b"second")

    assert store.read(file_id) == b"second"
    assert list(store.names()) == [file_id]


def test_a_file_that_is_not_there_is_told_from_a_store_that_is_away(store: FileStore) -> None:
    with pytest.raises(FileNotFoundError):
        store.read(new_id())


def test_deleting_takes_the_thumbnail_along_and_no_other_file(store: FileStore) -> None:
    gone, kept = new_id(), new_id()
    for name in (gone, gone + THUMBNAIL, kept, kept + THUMBNAIL):
        store.write(name, b"a picture")

    store.delete(gone)

    for name in (gone, gone + THUMBNAIL):
        with pytest.raises(FileNotFoundError):
            store.read(name)
    assert sorted(store.names()) == [kept, kept + THUMBNAIL]


def test_what_is_gone_already_counts_as_deleted(store: FileStore) -> None:
    store.write(file_id := new_id(), b"a picture")

    store.delete(file_id)
    store.delete(file_id)

    assert list(store.names()) == []


def test_everything_that_is_kept_is_listed(store: FileStore) -> None:
    names = {new_id() for _ in range(2 * KEYS_PER_PAGE + 1)}
    for name in names:
        store.write(name, b"a picture")

    listed = list(store.names())

    assert (set(listed), len(listed)) == (names, len(names))


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "ab" * 16 + "/..", "Pat Doe.jpg", "AB" * 16])
def test_a_name_leads_nowhere_but_to_its_place(store: FileStore, name: str) -> None:
    for use in (store.read, store.delete, lambda given: store.write(given, b"")):
        with pytest.raises(ValueError, match="not the name"):
            use(name)


def test_a_store_that_is_there_is_ready(store: FileStore) -> None:
    assert store.is_ready()


def test_a_folder_copied_into_a_bucket_is_the_same_store(s3: S3StandIn, tmp_path: Path) -> None:
    folder, place, file_id = Folder(tmp_path), s3.make_bucket(), new_id()
    folder.write(file_id, b"a picture")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            s3.owner().put_object(Bucket=place.name, Key=str(path.relative_to(tmp_path)), Body=path.read_bytes())

    assert Bucket(place).read(file_id) == b"a picture"
    assert list(s3.everything_in(place)) == [place_of(file_id)]
