"""A freshly migrated SQLite database, made once a run and copied for each fault."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from inbox.storage.database import Database
from intake.encryption import Keyring
from tests.world import ENCRYPTION_KEY


@cache
def migrated_file() -> Path:
    """Return its path."""
    folder = Path(tempfile.mkdtemp(prefix="intake-faults-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(f"sqlite:///{folder / 'intake.db'}", Keyring(ENCRYPTION_KEY))
    database.migrate()
    database.close()
    return folder / "intake.db"
