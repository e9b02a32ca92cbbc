"""Every released schema, with a row in each table, comes up to date without losing anything."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, select

from inbox.models import Base
from inbox.storage.database import Database
from intake.encryption import Keyring
from tests.inbox.storage.test_database import alembic_config
from tests.world import DEMO_NUMBER, ENCRYPTION_KEY, PATIENT

WHEN = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
PATIENTS_WORDS = "Can I move my visit?"
# what a row of an old version may hold, by the column's name; anything else follows from the column's type
VALUES: dict[str, Any] = {
    "practice": "demo",
    "channel": "sms",
    "provider": "twilio",
    "received_on": DEMO_NUMBER,
    "state": "open",
    "line_type": "mobile",
    "medium": "sms",
    "priority": "high",
    "intent": "complaint",
    "route": "complaint",
    "triage": "routine",
    "language": "en",
    "disposition": "route",
    "reason": "message",
    "team": "manager",
    "target": "console",
    "role": "staff",
    "recording": "completed",
    "transcription": "completed",
    "keyword": "stop",
    "danger": None,
    "urgent": False,
    "acknowledgement": False,
    "patient_address": PATIENT,
    "caller": PATIENT,
}
ENCRYPTED_JSON = ("detail", "moved", "spans")
STATES = {"deliveries": "delivered", "notifications": "sent", "attachments": "waiting"}
# columns whose contents a later migration puts into other words, which other tests look at
REWORDED = {
    ("classifications", "urgent"),
    ("classifications", "acknowledgement"),
    ("audit_entries", "detail"),
    ("escalations", "acknowledged_by"),
}


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    opened = Database(f"sqlite:///{tmp_path / 'new.db'}", Keyring(ENCRYPTION_KEY))
    yield opened
    opened.close()


def released() -> list[str]:
    """Every revision but the newest, oldest first."""
    script = ScriptDirectory.from_config(alembic_config())
    return [revision.revision for revision in script.walk_revisions()][:0:-1]


def reflect(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(connection)
    return found


def value_for(table: sa.Table, column: sa.Column[Any], keyring: Keyring) -> Any:
    """A value for a column, as this version's program would have written it."""
    plain = STATES.get(table.name) if column.name == "state" else None
    plain = VALUES.get(column.name, plain) if plain is None else plain
    match column.type:
        case sa.LargeBinary() if column.name == "detail":
            return keyring.encrypt("{}")
        case sa.LargeBinary():
            return keyring.encrypt("{}" if column.name in ENCRYPTED_JSON else plain or PATIENTS_WORDS)
        case sa.DateTime():
            return WHEN if column.type.timezone else WHEN.replace(tzinfo=None)
        case sa.Boolean():
            return bool(plain)
        case sa.JSON():
            return {} if column.name in ("probabilities", "detail") else []
        case sa.Float() | sa.Integer():
            return 1
        case _ if column.name in VALUES or column.name == "state":
            return plain
        case _:
            return f"{table.name}.{column.name}"[: getattr(column.type, "length", None) or 32]


def fill(connection: Connection, keyring: Keyring) -> dict[str, dict[str, Any]]:
    """Insert a row with every column into each table, and return them."""
    metadata = reflect(connection)
    for table in metadata.sorted_tables:
        if table.name != "alembic_version":
            row = {column.name: value_for(table, column, keyring) for column in table.columns}
            connection.execute(table.delete())  # what a migration put there itself
            connection.execute(table.insert().values(row))
    return rows_of(connection)


def rows_of(connection: Connection) -> dict[str, dict[str, Any]]:
    """The row of each table that has one, as the database holds it."""
    rows = {}
    for table in sa.inspect(connection).get_table_names():
        found = connection.exec_driver_sql(f"SELECT * FROM {table}").mappings().all()
        if found and table != "alembic_version":
            [row] = found
            rows[table] = dict(row)
    return rows


def build(database: Database, revision: str) -> None:
    """Bring a database to an old schema."""
    config = alembic_config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def migrate_with_data(database: Database) -> None:
    """Fill an old schema, bring it up to date, and hold that everything is still there."""
    config = alembic_config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        before = fill(connection, database.keyring)
        connection.execute(sa.text("DELETE FROM encryption_keys"))
        command.upgrade(config, "head")
        after = rows_of(connection)
        check_ids(connection)
    del before["encryption_keys"]  # none of these tests' keys wrote the row
    for name, row in before.items():
        lost = [key for key, value in row.items() if (name, key) not in REWORDED and after[name].get(key) != value]
        assert lost == [], name
    database.check_keys()
    with database.read() as session:
        for mapper in Base.registry.mappers:
            session.scalars(select(mapper.class_)).all()  # today's program reads every row, and decrypts it


def check_ids(connection: Connection) -> None:
    """Hold that SQLite gives no table's ID twice; a migration that builds a table anew has to keep that."""
    written = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
    tables = connection.exec_driver_sql(written).all() if connection.dialect.name == "sqlite" else []
    careless = [name for name, sql in tables if "\tid INTEGER" in sql and "AUTOINCREMENT" not in sql]
    assert careless == []


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without rows for each released version, made from the one of the version before."""
    folder = tmp_path_factory.mktemp("schemas")
    with closing(Database(f"sqlite:///{folder / 'new.db'}", Keyring(ENCRYPTION_KEY))) as database:
        for revision in released():
            build(database, revision)
            database.close()  # until then, what is new is in another file
            shutil.copy(folder / "new.db", folder / f"{revision}.db")
    return folder


@pytest.fixture
def older(schemas: Path, tmp_path: Path, revision: str) -> Iterator[Database]:
    """A database of a released version."""
    file = shutil.copy(schemas / f"{revision}.db", tmp_path)
    with closing(Database(f"sqlite:///{file}", Keyring(ENCRYPTION_KEY))) as database:
        yield database


@pytest.mark.parametrize("revision", released())
def test_a_database_of_an_older_version_loses_nothing_and_its_text_is_readable(older: Database) -> None:
    migrate_with_data(older)

    with older.read() as session:
        [message] = session.execute(sa.text("SELECT text FROM messages")).scalars()
    assert older.keyring.decrypt(message) == PATIENTS_WORDS


@pytest.mark.parametrize("revision", ["0057"])
def test_a_reply_that_was_scheduled_before_is_held_by_what_came_after_it(older: Database) -> None:
    with older.engine.begin() as connection:
        metadata, keyring = reflect(connection), older.keyring
        tables = [metadata.tables[name] for name in ("conversations", "messages", "deliveries")]
        conversations, messages, deliveries = tables
        every = [{column.name: value_for(table, column, keyring) for column in table.columns} for table in tables]
        connection.execute(conversations.insert().values(every[0] | {"id": 1}))
        for day in (1, 3):
            written = {"id": day, "conversation_id": 1, "provider_id": f"SM{day}", "entry": day}
            connection.execute(messages.insert().values(every[1] | written | {"received_at": datetime(2026, 6, day)}))
        at = {"created_at": datetime(2026, 6, 2), "conversation_id": 1, "message_id": None}
        for number, state in enumerate(("pending", "sent"), start=1):
            own = {"id": number, "state": state, "provider_id": None, "form_id": None, "entry": None, "reply": state}
            scheduled = {"scheduled_for": datetime(2026, 6, 4)}
            connection.execute(deliveries.insert().values(every[2] | at | own | scheduled))

    older.migrate()

    with older.read() as session:
        assert session.execute(sa.text("SELECT seen_up_to FROM deliveries ORDER BY id")).scalars().all() == [1, None]


@pytest.mark.parametrize("revision", ["0063"])
def test_a_conversation_that_was_kept_quiet_stays_so_for_a_day(older: Database) -> None:
    with older.engine.begin() as connection:
        fill(connection, older.keyring)
        connection.execute(sa.text("UPDATE decisions SET silence = 'quiet'"))

    older.migrate()

    with older.read() as session:
        joined = "conversations JOIN messages ON conversation_id = conversations.id"
        [(until, received_at)] = session.execute(sa.text(f"SELECT quiet_until, received_at FROM {joined}"))
    assert datetime.fromisoformat(until) - datetime.fromisoformat(received_at) == timedelta(days=1)


@pytest.mark.parametrize("revision", ["0038"])
def test_the_key_of_an_erased_patients_opt_out_is_doubted(older: Database) -> None:
    row = "INSERT INTO opt_outs (practice, patient_address, patient_index, index_key, active, changed_at)"
    with older.engine.begin() as connection:
        connection.execute(sa.text(f"{row} VALUES ('demo', NULL, 'erased', 'doubtful', 1, '2026-06-01')"))
        connection.execute(sa.text(f"{row} VALUES ('demo', x'00', 'known', 'kept', 1, '2026-06-01')"))

    older.migrate()

    with older.read() as session:
        assert session.execute(sa.text("SELECT index_key FROM opt_outs ORDER BY id")).scalars().all() == [None, "kept"]


@pytest.mark.parametrize("revision", ["0054"])
def test_no_id_of_a_file_that_is_gone_is_given_again(older: Database) -> None:
    columns = "file_id, position, state, attempts, next_attempt_at, created_at"
    row = f"INSERT INTO attachments ({columns}) VALUES (:name, 0, 'gone', 0, '2026-06-01', '2026-06-01')"
    with older.engine.begin() as connection:
        for name in ("a", "b"):
            connection.execute(sa.text(row), {"name": name})
        connection.execute(sa.text("DELETE FROM attachments WHERE file_id = 'b'"))

    older.migrate()

    with older.engine.begin() as connection:
        connection.execute(sa.text(row), {"name": "c"})
        assert connection.scalars(sa.text("SELECT id FROM attachments ORDER BY id")).all() == [1, 3]


def named_by_the_audit_trail(connection: Connection) -> None:
    """Has the audit trail name a conversation and a patient that are gone, and a restored backup a message."""
    entry = "INSERT INTO audit_entries (id, at, action, subject, previous_hash, hash, seal, detail) VALUES"
    for number, subject in enumerate(("conversation:7", "patient:7", "settings:demo", "conversation:2"), start=1):
        values = {"id": number, "subject": subject, "before": f"{number}", "hash": f"{number + 1}"}
        connection.execute(
            sa.text(f"{entry} (:id, '2026-06-01', 'viewed', :subject, :before, :hash, '', x'00')"), values
        )
    backup = "INSERT INTO restored_backups (made_at, restored_at, last_message_id) VALUES"
    connection.execute(sa.text(f"{backup} ('2026-06-01', '2026-06-01', 7)"))


def given_and_deleted(connection: Connection) -> None:
    """Stores a row in each table, and deletes it."""
    metadata, keyring = reflect(connection), Keyring(ENCRYPTION_KEY)
    tables = [metadata.tables[name] for name in ("conversations", "patients", "messages")]
    for table in tables:
        row = {column.name: value_for(table, column, keyring) for column in table.columns}
        of = {"conversation_id": 7} if "conversation_id" in table.columns else {}
        connection.execute(table.insert().values(row | of | {"id": 7}))
    for table in reversed(tables):
        connection.execute(table.delete())


@pytest.mark.parametrize(
    ("revision", "past"),
    [("0049", named_by_the_audit_trail), *((newer, given_and_deleted) for newer in released() if newer > "0049")],
)
def test_no_id_of_a_row_that_is_gone_is_given_again(older: Database, past: Callable[[Connection], None]) -> None:
    with older.engine.begin() as connection:
        past(connection)

    older.migrate()

    with older.engine.begin() as connection:
        metadata, keyring = reflect(connection), older.keyring
        given: list[int] = []
        for name in ("conversations", "patients", "messages"):
            table = metadata.tables[name]
            row = {column.name: value_for(table, column, keyring) for column in table.columns} | {"conversation_id": 8}
            row = {key: value for key, value in row.items() if key in table.columns and key != "id"}
            given += connection.execute(table.insert().values(row)).inserted_primary_key or ()
    assert given == [8, 8, 8]
