"""`intake export fhir` writes one conversation for other systems."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from inbox.incoming.inbound import record_message
from inbox.models import AuditEntry
from inbox.storage.database import Database
from intake.encryption import Keyring
from tests.app.command import Finished, complete, intake
from tests.inbox.conftest import inbound
from tests.world import ENCRYPTION_KEY, PRACTICES_TOML

CARD = "I have Aetna, member ID W882041193."


@pytest.fixture
def folder(tmp_path: Path, migrated_file: Path) -> Path:
    """A folder with a practices file and a database with one conversation, in which nobody has looked for entities."""
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)
    (tmp_path / "intake.db").write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'intake.db'}", Keyring(ENCRYPTION_KEY))
    record_message(database, inbound(CARD))
    database.close()
    return tmp_path


def run(folder: Path, *arguments: str) -> Finished:
    return intake("export", "fhir", *arguments, folder=folder, environment=complete(folder))


def test_a_conversation_is_written_as_fhir(folder: Path) -> None:
    printed = "\n".join(run(folder, "1").lines)
    bundle: Any = Bundle.model_validate(json.loads(printed))
    assert [entry.resource.get_resource_type() for entry in bundle.entry] == ["Patient", "Communication", "Coverage"]
    assert bundle.entry[2].resource.subscriberId == "W882041193"

    written = run(folder, "1", "--output", "maria.json")

    assert written.lines == ["Wrote conversation 1 to maria.json."]
    again = json.loads((folder / "maria.json").read_text())
    assert again["entry"] == json.loads(printed)["entry"]
    assert stat.S_IMODE((folder / "maria.json").stat().st_mode) == 0o600
    assert "exists: choose a new file" in run(folder, "1", "--output", "maria.json").error
    assert "there is no conversation 2" in run(folder, "2").error
    database = Database(f"sqlite:///{folder / 'intake.db'}", Keyring(ENCRYPTION_KEY))
    with database.read() as session:
        entries = [(row.staff_id, row.action, row.subject) for row in session.query(AuditEntry)]
    database.close()
    assert entries == [(None, "fhir_exported", "conversation:1")] * 2
