"""On PostgreSQL: old schemas come up to date with their data, and a backup by `pg_dump` comes back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text

from inbox.backup.database_dump import connection_of, load_dump
from inbox.incoming.inbound import record_message
from inbox.models import Message
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.errors import IntakeError
from tests.app.command import complete, intake
from tests.app.test_backup_command import (
    new,
    restored,
    test_a_reply_that_waited_at_the_backup_and_went_out_since_is_not_sent_again,
    test_a_restored_service_answers_the_next_text,
    test_a_text_that_was_not_yet_handled_at_the_backup_and_answered_since_is_not_answered_again,
)
from tests.inbox.conftest import inbound
from tests.inbox.test_migrations import build, migrate_with_data, released
from tests.postgres_server import execute, server_package, sqlalchemy_url
from tests.world import ENCRYPTION_KEY, OTHER_KEY, PRACTICES_TOML

__all__ = [
    "new",
    "restored",
    "test_a_reply_that_waited_at_the_backup_and_went_out_since_is_not_sent_again",
    "test_a_restored_service_answers_the_next_text",
    "test_a_text_that_was_not_yet_handled_at_the_backup_and_answered_since_is_not_answered_again",
]

WORDS = "Can I move my visit to Tuesday?"
_numbers = itertools.count()


@pytest.fixture
def make_empty(postgres: str) -> Iterator[Callable[[], Database]]:
    """Makes databases without any table."""
    made: list[Database] = []

    def make() -> Database:
        name = f"empty_{next(_numbers)}"
        execute(postgres, f"CREATE DATABASE {name}")
        made.append(Database(sqlalchemy_url(postgres, name), Keyring(ENCRYPTION_KEY)))
        return made[-1]

    yield make
    for database in made:
        database.close()


@pytest.fixture
def new_database(make_empty: Callable[[], Database]) -> dict[str, str]:
    """The environment variables that name the database of the new machine."""
    return {"DATABASE_URL": make_empty().url, "PATH": f"{_programs()}:/usr/bin:/bin"}


@pytest.fixture(scope="module")
def older(postgres: str) -> Callable[[str], str]:
    """Returns the URL of a database of a released version; each is made from the one of the version before."""
    execute(postgres, "CREATE DATABASE oldest")
    with closing(Database(sqlalchemy_url(postgres, "oldest"), Keyring(ENCRYPTION_KEY))) as database:
        for revision in released():
            build(database, revision)
            database.close()  # a database that is in use can't be copied
            execute(postgres, f"CREATE DATABASE of_{revision} TEMPLATE oldest")
    return lambda revision: sqlalchemy_url(postgres, f"of_{revision}")


@pytest.mark.parametrize("revision", released())
def test_a_database_of_an_older_version_loses_nothing(older: Callable[[str], str], revision: str) -> None:
    with closing(Database(older(revision), Keyring(ENCRYPTION_KEY))) as database:
        migrate_with_data(database)


def test_a_backup_restores_into_an_empty_database(
    database: Database, make_empty: Callable[[], Database], tmp_path: Path
) -> None:
    record_message(database, inbound(WORDS))
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)
    target, file = make_empty(), tmp_path / "intake.backup"
    path = {"PATH": f"{_programs()}:/usr/bin:/bin", "BACKUP_KEY": OTHER_KEY}
    known = complete(tmp_path, DATABASE_URL=database.url, **path)

    assert intake("backup", str(file), folder=tmp_path, environment=known).lines
    known["DATABASE_URL"] = target.url
    assert intake("restore", str(file), folder=tmp_path, environment=known).lines

    with target.read() as session:
        assert [message.text for message in session.scalars(select(Message))] == [WORDS]
    assert "the database is not empty" in _restore_again(tmp_path, file, known)

    with target.write() as session:  # as it is until the restoration is complete
        session.execute(text("CREATE TABLE unfinished_restore (id integer)"))
    assert "did not finish" in _restore_again(tmp_path, file, known)
    assert "did not finish" in intake("migrate", folder=tmp_path, environment=known).error
    assert not target.is_ready()


def test_a_dump_that_cannot_be_loaded_leaves_the_database_empty(
    make_empty: Callable[[], Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, dump = make_empty(), tmp_path / "database"
    monkeypatch.setenv("PATH", f"{_programs()}:/usr/bin:/bin")
    dump.write_bytes(b"no dump")

    with pytest.raises(IntakeError, match="pg_restore failed"):
        load_dump(target.url, dump)

    assert inspect(target.engine).get_table_names() == []


def _programs() -> Path:
    return sorted(Path(server_package().__file__).parent.glob("pginstall*/bin"))[-1]  # the newest, as the server


def _restore_again(folder: Path, file: Path, environment: dict[str, str]) -> str:
    return intake("restore", str(file), "--data-dir", "another", folder=folder, environment=environment).error


def test_a_backup_without_pg_dump_says_what_to_install(database: Database, tmp_path: Path) -> None:
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)
    known = complete(tmp_path, DATABASE_URL=database.url, BACKUP_KEY=OTHER_KEY, PATH=str(tmp_path))

    assert "pg_dump is not on PATH" in intake("backup", "intake.backup", folder=tmp_path, environment=known).error


@pytest.mark.parametrize(
    ("url", "place", "secret"),
    [
        (
            "postgresql+psycopg://intake:s3cret@db/intake?sslmode=verify-full&sslcert=/etc/i%27s.crt&sslkey=/etc/i.key",
            {
                "host": "db",
                "user": "intake",
                "dbname": "intake",
                "sslmode": "verify-full",
                "sslcert": "/etc/i's.crt",
                "sslkey": "/etc/i.key",
            },
            {"PGPASSWORD": "s3cret"},
        ),
        (
            "postgresql+psycopg://intake@/intake?host=a:5432&host=b:5433&target_session_attrs=read-write",
            {
                "host": "a,b",
                "port": "5432,5433",
                "user": "intake",
                "dbname": "intake",
                "target_session_attrs": "read-write",
            },
            {},
        ),
    ],
    ids=["client certificate", "hosts"],
)
def test_a_backup_connects_as_the_service_does_and_shows_no_password(
    url: str, place: dict[str, str], secret: dict[str, str]
) -> None:
    from psycopg.conninfo import conninfo_to_dict  # here, as few test processes need it

    connection, environment = connection_of(url)

    assert conninfo_to_dict(connection) == place
    assert environment == secret


def test_a_client_key_with_a_password_is_refused_rather_than_shown() -> None:
    with pytest.raises(IntakeError, match="has an sslpassword"):
        connection_of("postgresql+psycopg://intake@db/intake?sslkey=/etc/i.key&sslpassword=s3cret")
