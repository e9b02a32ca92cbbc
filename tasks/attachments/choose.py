"""Choosing where the contents of attachments are kept."""

from __future__ import annotations

from pathlib import Path

from inbox.attachments.file_store import FileStore, Folder
from intake.bucket_place import BucketPlace
from intake.errors import IntakeError


def choose_files(bucket: BucketPlace | None, folder: Path) -> FileStore:
    """Return the bucket if there is one, otherwise the folder; nothing is connected to yet.

    Raises:
        IntakeError: the bucket's client is not installed, or can't be set up.
    """
    if bucket is None:
        return Folder(folder)
    try:
        from tasks.attachments.bucket import Bucket  # with botocore, which few services need
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "botocore":
            raise
        raise IntakeError(
            "ATTACHMENTS_BUCKET is set, but its client, botocore, is not installed: run `pip install"
            " --only-binary :all: --require-hashes -r requirements/s3.lock`, or unset it"
        ) from None
    return Bucket(bucket)
