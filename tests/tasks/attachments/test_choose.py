"""Settings decide where files are kept; the bucket's client is needed for a bucket alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inbox.attachments.file_store import Folder
from intake.bucket_place import BucketPlace
from intake.errors import IntakeError
from tasks.attachments.choose import choose_files

PLACE = BucketPlace("maple-street-pictures", None, "us-east-1", "key", "secret")


@pytest.fixture
def without_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without the extra."""
    monkeypatch.delitem(sys.modules, "tasks.attachments.bucket", raising=False)
    for name in ("botocore", "botocore.config"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("without_client")
def test_a_folder_needs_no_client(tmp_path: Path) -> None:
    assert isinstance(choose_files(None, tmp_path), Folder)


@pytest.mark.usefixtures("without_client")
def test_a_bucket_without_its_client_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match=r"--require-hashes -r requirements/s3.lock"):
        choose_files(PLACE, tmp_path)
