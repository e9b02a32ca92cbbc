"""Migrations, and a database that is not usable."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import OperationalError

from inbox.models import Base, EncryptionKey
from inbox.storage.database import Database, unusable
from intake.encryption import Keyring
from intake.errors import IntakeError
from tests.world import ENCRYPTION_KEY

MIGRATIONS = Path(__file__).parents[3] / "inbox" / "migrations"


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    opened = Database(f"sqlite:///{tmp_path / 'new.db'}", Keyring(ENCRYPTION_KEY))
    yield opened
    opened.close()


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


# ---- migrations


def test_migrating_from_nothing_gives_the_models_schema_exactly(new: Database) -> None:
    new.migrate()

    with new.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    assert tables(new) == {*Base.metadata.tables, "alembic_version"}


def test_migrating_again_changes_nothing(database: Database) -> None:
    database.migrate()
    database.migrate()

    with database.read() as session:
        assert len(session.scalars(select(EncryptionKey)).all()) == 1


def test_every_migration_can_be_taken_back(database: Database) -> None:
    config = alembic_config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert tables(database) == {"alembic_version"}

    database.migrate()
    assert tables(database) == {*Base.metadata.tables, "alembic_version"}


def test_the_migrations_are_one_line(new: Database) -> None:
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1


A_CONVERSATION = "INSERT INTO conversations (id, practice, channel, created_at) VALUES (1, 'demo', 'sms', '2026-06-01')"
NOTICES_OF_BEFORE = [("urgent", "on_call"), ("escalation_1", "manager"), ("escalation_2", "contact_2")]
NOTICES_NOW = [("urgent", "on_call", 0), ("escalation", "manager", 1), ("escalation", "on_call", 2)]


def test_the_step_of_an_escalation_moves_into_its_own_column(new: Database) -> None:
    config = alembic_config()
    with new.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        for statement in (
            A_CONVERSATION,
            "INSERT INTO messages (id, conversation_id, provider, provider_id, received_on, text, keyword_answered,"
            " keyword_changed_consent, received_at, failures, next_attempt_at)"
            " VALUES (1, 1, 'twilio', 'SM1', '+15005550006', '', 0, 0, '2026-06-01', 0, '2026-06-01')",
        ):
            connection.execute(text(statement))
        for reason, team in NOTICES_OF_BEFORE:
            connection.execute(
                text(
                    "INSERT INTO notifications (message_id, reason, team, target, priority, state, attempts,"
                    " next_attempt_at, created_at, updated_at) VALUES (1, :reason, :team, 'console', 'urgent', 'sent',"
                    " 1, '2026-06-01', '2026-06-01', '2026-06-01')"
                ),
                {"reason": reason, "team": team},
            )
        command.upgrade(config, "head")

        rows = connection.execute(text("SELECT reason, team, escalation_step FROM notifications ORDER BY id")).all()

    assert [tuple(row) for row in rows] == NOTICES_NOW


# an old row: urgent, acknowledgement, and its decision's route, reply and reason
UNDERSTOOD_BEFORE = [
    (False, False, "complaint", "complaint", "confidence 0.97"),
    (True, False, "urgent", "urgent", "the message sounds urgent"),
    (True, False, "urgent", "urgent_es", "the message sounds urgent"),
    (False, True, "acknowledgement", None, "no reply needed"),
    (False, False, "review", "review", "confidence 0.30 is below 0.60"),
    (False, False, "review", "review_es", "written in Spanish"),
    (False, False, "review", None, "written in Spanish; no reply: the patient opted out"),
    (False, False, "review", "review", "not written in English"),
]
UNDERSTOOD_NOW = [
    ("routine", None, "en", "route"),
    ("emergency", "other", "en", "route"),
    ("emergency", "other", "es", "route"),
    ("routine", None, "en", "acknowledgement"),
    ("routine", None, "en", "review"),
    ("routine", None, "es", "review"),
    ("routine", None, "es", "review"),
    ("routine", None, "other", "review"),
]


def test_what_older_messages_were_understood_as_is_told_in_todays_words(new: Database) -> None:
    config = alembic_config()
    with new.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        connection.execute(text(A_CONVERSATION))
        connection.execute(
            text(
                "INSERT INTO conversations (id, practice, channel, created_at, priority)"
                " VALUES (2, 'demo', 'chat', '2026-06-01', 'urgent')"
            )
        )
        for number, (urgent, acknowledgement, route, reply, why) in enumerate(UNDERSTOOD_BEFORE, start=1):
            values = {"id": number, "sid": f"SM{number}", "urgent": urgent, "acknowledgement": acknowledgement}
            for statement in (
                "INSERT INTO messages (id, conversation_id, provider, provider_id, received_on, text, keyword_answered,"
                " keyword_changed_consent, received_at, failures, next_attempt_at)"
                " VALUES (:id, 1, 'twilio', :sid, '+15005550006', '', 0, 0, '2026-06-01', 0, '2026-06-01')",
                "INSERT INTO classifications (message_id, model_version, intent, confidence, probabilities, urgent,"
                " acknowledgement, created_at)"
                " VALUES (:id, '0123456789ab', 'complaint', 0.5, '{}', :urgent, :acknowledgement, '2026-06-01')",
                "INSERT INTO decisions (message_id, route, reply, why, created_at)"
                " VALUES (:id, :route, :reply, :why, '2026-06-01')",
            ):
                connection.execute(text(statement), values | {"route": route, "reply": reply, "why": why})
        command.upgrade(config, "head")

        query = "SELECT triage, danger, language, disposition FROM classifications ORDER BY message_id"
        assert [tuple(row) for row in connection.execute(text(query))] == UNDERSTOOD_NOW
        rest = connection.execute(text("SELECT DISTINCT praise, also FROM classifications")).all()
        assert [tuple(row) for row in rest] == [(0, "[]")]
        levels = connection.execute(text("SELECT triage, danger FROM conversations ORDER BY id")).all()
        assert [tuple(row) for row in levels] == [(None, None), ("emergency", "other")]

        command.downgrade(config, "0006")

        query = "SELECT urgent, acknowledgement FROM classifications ORDER BY message_id"
        assert [tuple(row) for row in connection.execute(text(query))] == [row[:2] for row in UNDERSTOOD_BEFORE]


def test_a_delivery_that_cannot_be_confirmed_has_failed_for_an_older_version(new: Database) -> None:
    config = alembic_config()
    with new.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
        connection.execute(text(A_CONVERSATION))
        for number, state in enumerate(("unknown", "sending"), start=1):
            connection.execute(
                text(
                    "INSERT INTO deliveries (id, conversation_id, reply, medium, sender, body, state,"
                    " attempts, next_attempt_at, created_at, updated_at)"
                    " VALUES (:id, 1, 'staff', 'sms', '+15005550006', '', :state, 1, '2026-06-01', '2026-06-01',"
                    " '2026-06-01')"
                ),
                {"id": number, "state": state},
            )
        command.upgrade(config, "head")

        query = "SELECT state, searches, searched_at FROM deliveries ORDER BY id"
        assert [tuple(row) for row in connection.execute(text(query))] == [("unknown", 0, None), ("sending", 0, None)]

        connection.execute(text("UPDATE deliveries SET state = 'unconfirmed' WHERE id = 1"))
        command.downgrade(config, "0007")

        rows = connection.execute(text("SELECT state, error_code FROM deliveries ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [("failed", "unconfirmed"), ("sending", None)]


ALARMS_BEFORE = """
INSERT INTO escalations (message_id, practice, step, next_step_at, created_at, acknowledged_at, acknowledged_by)
SELECT id, 'demo', 0, '2026-06-01', '2026-06-01', CASE id WHEN 3 THEN '2026-06-01' END, CASE id WHEN 3 THEN 'Dana' END
FROM messages
"""
NOTICES_OF_ALARMS = """
INSERT INTO notifications (message_id, reason, escalation_step, team, target, priority, state, attempts,
  next_attempt_at, created_at, updated_at)
SELECT id, 'urgent', 0, 'on_call', 'console', 'urgent', 'sent', 1, '2026-06-01', '2026-06-01', '2026-06-01'
FROM messages
"""


def test_older_alarms_get_codes_their_conversation_and_their_notices(new: Database) -> None:
    config = alembic_config()
    with new.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
        for number, state in enumerate(("open", "open", "open", "closed"), start=1):
            values = {"id": number, "sid": f"SM{number}", "state": state}
            for statement in (
                "INSERT INTO conversations (id, practice, channel, created_at, state)"
                " VALUES (:id, 'demo', 'chat', '2026-06-01', :state)",
                "INSERT INTO messages (id, conversation_id, provider, provider_id, received_on, text, keyword_answered,"
                " keyword_changed_consent, received_at, failures, next_attempt_at)"
                " VALUES (:id, :id, 'twilio', :sid, '+15005550006', '', 0, 0, '2026-06-01', 0, '2026-06-01')",
            ):
                connection.execute(text(statement), values)
        connection.execute(text(ALARMS_BEFORE))
        connection.execute(text(NOTICES_OF_ALARMS))
        command.upgrade(config, "head")

        query = "SELECT conversation_id, code, acknowledged_at IS NULL, acknowledged_by FROM escalations ORDER BY id"
        rows = connection.execute(text(query)).all()
        by = [row[3] and new.keyring.decrypt(row[3]) for row in rows]
        told = connection.execute(text("SELECT message_id, escalation_id, collected FROM notifications")).all()
        assert [tuple(row) for row in told] == [(number, number, 0) for number in (1, 2, 3, 4)]
        command.downgrade(config, "0007")
        assert connection.execute(text("SELECT count(*) FROM escalations")).scalar() == 4

    assert [(row[0], row[2]) for row in rows] == [(1, 1), (2, 1), (3, 0), (4, 0)]
    assert by == [None, None, "Dana", "Staff"]
    assert len({row[1] for row in rows}) == 4


def test_the_key_that_was_registered_last_is_the_one_that_writes(new: Database) -> None:
    config = alembic_config()
    with new.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
        insert = "INSERT INTO encryption_keys (fingerprint, created_at) VALUES (:key, :at)"
        for key, at in (("newer", "2026-02-01"), ("older", "2026-01-01")):
            connection.execute(text(insert), {"key": key, "at": at})
        command.upgrade(config, "head")

        rows = connection.execute(text("SELECT fingerprint, writes FROM encryption_keys ORDER BY created_at")).all()
    assert [tuple(row) for row in rows] == [("older", 0), ("newer", 1)]


# ---- a database that is not usable


def test_a_database_without_tables_is_not_ready(new: Database, database: Database) -> None:
    assert database.is_ready()
    assert not new.is_ready()


def test_a_database_of_an_older_version_is_not_ready_and_says_what_to_do(database: Database) -> None:
    set_version(database, "0001")

    assert not database.is_ready()
    with pytest.raises(IntakeError, match="of an older version of Intake: run `intake migrate`"):
        database.check_keys()


def test_a_database_of_a_newer_version_serves_and_is_not_migrated(database: Database) -> None:
    set_version(database, "9999")

    assert database.is_ready()
    with pytest.raises(IntakeError, match="of a newer version of Intake"):
        database.migrate()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("database is locked", "busy"),
        ("canceling statement due to lock timeout", "busy"),
        ("database or disk is full", "make room"),
        ("could not extend file: No space left on device", "make room"),
        ("no such table: messages", "run `intake migrate`"),
        ('connection to server at "10.0.0.7", port 6432 failed: Connection refused', "no database answers at db:6432"),
        ("connection timeout expired", "no database answers at db:6432"),
        ("failed to resolve host 'db': [Errno -2] Name or service not known", "no database answers at db:6432"),
        ('FATAL:  password authentication failed for user "ana"', "db:6432 refuses the user or the password"),
        ('FATAL:  role "ana" does not exist', "db:6432 refuses the user or the password"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.8"', "db:6432 refuses the user or the password"),
        ('FATAL:  database "intake" does not exist', "the server at db:6432 has no database intake"),
    ],
)
def test_what_is_wrong_with_a_database_is_told_apart(said: str, told: str) -> None:
    error = str(unusable(OperationalError("", {}, Exception(said)), "postgresql+psycopg://ana:geheim@db:6432/intake"))

    assert told in error
    assert "geheim" not in error


def test_a_server_that_does_not_answer_is_named() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        place = f"127.0.0.1:{bound.getsockname()[1]}"
        database = Database(f"postgresql+psycopg://ana:geheim@{place}/intake", Keyring(ENCRYPTION_KEY))

        with pytest.raises(IntakeError) as refused:
            database.migrate()

    assert str(refused.value) == f"no database answers at {place}: start it, or correct DATABASE_URL"


def test_a_socket_that_is_not_there_is_named(tmp_path: Path) -> None:
    database = Database(f"postgresql+psycopg://ana:geheim@/intake?host={tmp_path}", Keyring(ENCRYPTION_KEY))

    with pytest.raises(IntakeError, match=f"no database answers at {tmp_path}: "):
        database.check_keys()


def set_version(database: Database, number: str) -> None:
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :number"), {"number": number})


def test_a_database_without_tables_says_what_to_do(new: Database) -> None:
    with pytest.raises(IntakeError, match=r"check DATABASE_URL and run `intake migrate`"):
        new.check_keys()


@pytest.mark.parametrize("attempt", [Database.check_keys, Database.migrate], ids=["check", "migrate"])
@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("missing/intake.db", "there is no folder {}/missing for the database: make it, or correct DATABASE_URL"),
        ("folder", "the database {}/folder cannot be opened: check that it is a file that this user may write"),
    ],
    ids=["folder", "file"],
)
def test_a_database_that_cannot_be_opened_is_named(
    tmp_path: Path, file: str, said: str, attempt: Callable[[Database], None]
) -> None:
    (tmp_path / "folder").mkdir()
    unreachable = Database(f"sqlite:///{tmp_path / file}", Keyring(ENCRYPTION_KEY))

    assert not unreachable.is_ready()
    with pytest.raises(IntakeError) as refused:
        attempt(unreachable)
    assert str(refused.value).startswith(said.format(tmp_path))


# ---- transactions and moments


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail_half_way() -> None:
        with database.write() as session:
            session.add(EncryptionKey(fingerprint="0" * 16))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()

    with database.read() as session:
        assert session.get(EncryptionKey, "0" * 16) is None


def test_a_moment_comes_back_aware_and_in_utc(database: Database) -> None:
    eastern = datetime(2026, 7, 15, 10, 0, tzinfo=timezone(timedelta(hours=-4)))
    with database.write() as session:
        session.add(EncryptionKey(fingerprint="0" * 16, created_at=eastern))

    with database.read() as session:
        moment = session.get_one(EncryptionKey, "0" * 16).created_at
    assert moment == eastern
    assert moment.tzinfo is UTC


def test_nobody_else_on_the_machine_may_read_the_database(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        opened = Database(f"sqlite:///{tmp_path / 'intake.db'}", Keyring(ENCRYPTION_KEY))
        opened.migrate()
        with opened.write() as session:
            session.execute(text("DELETE FROM leases"))
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        opened.close()
    finally:
        os.umask(before)

    assert modes == dict.fromkeys(["intake.db", "intake.db-shm", "intake.db-wal"], 0o600)
