"""Where reviewed messages come from: a service's inbox, or the encrypted file that it wrote elsewhere.

The inbox is read by a process of its own, as training knows nothing of the service's database; what comes back is
encrypted, is decrypted in memory alone, and is never written.
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
    """Return the reviewed messages that may be trained on.

    Args:
        file: What `intake model export-reviews` wrote; None to read the inbox of the service in `data_dir`.
        data_dir: Where the service keeps its keys and its settings, if the environment does not have them.

    Raises:
        RefreshError: The file cannot be read, or the inbox.
        IntakeError: The keys are missing, or are not those that the file was written with.
    """
    content = _from_inbox(data_dir) if file is None else _from_file(file)
    return unseal(content, keyring_of_service(data_dir))


def _from_file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise RefreshError(
            f"{file} cannot be read ({error.strerror}): give what `intake model export-reviews` wrote"
        ) from error


def _from_inbox(data_dir: Path) -> bytes:
    command = [sys.executable, "-m", "app", "model", "export-reviews", "-", "--data-dir", str(data_dir)]
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)  # noqa: S603
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1].removeprefix("Error: ").rstrip(".") if said else f"status {done.returncode}"
        raise RefreshError(f"the inbox could not be read: {reason}")
    return done.stdout
