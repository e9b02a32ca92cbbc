"""Read reviewed messages from a service's inbox, or from an encrypted file that the service exported.

Training has no access to the service's database, so a separate process reads the inbox. Its output is encrypted; it is
decrypted only in memory and never written to disk.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from intake.review_archive import ReviewsFile, unseal
from intake.service_files import keyring_of_service
from training.refresh.settings import RefreshError

TIMEOUT_SECONDS = 3600


def read_reviews(file: Path | None, data_dir: Path) -> ReviewsFile:
    """Return the reviewed messages that may be used for training.

    Args:
        file: The output of `intake model export-reviews`; None to read the inbox of the service in `data_dir`.
        data_dir: Where the service stores its keys and settings, unless they are in the environment.

    Raises:
        RefreshError: The file or the inbox cannot be read.
        IntakeError: The keys are missing, or are not those that the file was encrypted with.
    """
    content = _from_inbox(data_dir) if file is None else _from_file(file)
    return unseal(content, keyring_of_service(data_dir))


def _from_file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise RefreshError(
            f"{file} cannot be read ({error.strerror}): give the output of `intake model export-reviews`"
        ) from error


def _from_inbox(data_dir: Path) -> bytes:
    command = [sys.executable, "-m", "app", "model", "export-reviews", "-", "--data-dir", str(data_dir)]
    process = subprocess.run(command, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)  # noqa: S603
    if process.returncode:
        lines = process.stderr.decode(errors="replace").strip().splitlines()
        reason = lines[-1].removeprefix("Error: ").rstrip(".") if lines else f"status {process.returncode}"
        raise RefreshError(f"the inbox could not be read: {reason}")
    return process.stdout
