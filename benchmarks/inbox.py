"""`python -m benchmarks.inbox`: how long the inbox and a conversation take with many conversations in the database.

It fills a PostgreSQL server of its own, and asks the web application in this process for the pages that staff open all
day. BENCH_CONVERSATIONS says how many conversations, to the nearest 2,000; a tenth of them is not closed.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from app.embedded_redis import EmbeddedRedis
from app.wsgi import build_app
from benchmarks.service import PRACTICE
from inbox.accounts.members import add_member, open_session
from inbox.models import (
    Classification,
    Conversation,
    ConversationRead,
    Decision,
    Delivery,
    Message,
    Role,
    StaffMember,
    now,
)
from inbox.models.column_types import Timestamp, keyring
from intake.encryption import new_key
from intake.settings import Settings, load_settings
from intake.vocabulary import INTENTS, Priority, Team
from tests.postgres_server import server_package, sqlalchemy_url
from web.services import services_of

BATCH = 2000
CONVERSATIONS = max(1, round(int(os.environ.get("BENCH_CONVERSATIONS", "100000")) / BATCH)) * BATCH
REQUESTS, WARM_UP = 40, 5
STAFF = 12
MESSAGES = 3
TEXT = "got a bill for 382 dollars for my visit but my copay should only be 35, so what is the rest of it for?"
TEAMS = (Team.FRONT_DESK, Team.BILLING, Team.CLINICAL, Team.SCHEDULING)


def main() -> None:
    """Fill the database, and print how long each page takes."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        redis = EmbeddedRedis(Path(folder) / "redis")
        redis.start()
        try:
            with _database(Path(folder)) as url:
                _run(_settings(Path(folder), url, redis.url))
        finally:
            redis.stop()


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    """Yield the address of an empty database."""
    server = server_package().get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield sqlalchemy_url(server.get_uri(), "postgres")
    finally:
        server.cleanup()


def _run(settings: Settings) -> None:
    """Fill the database and measure."""
    app, staff_id, client = _open(settings)
    began = time.monotonic()
    _fill(app, staff_id)
    print(f"{CONVERSATIONS} conversations written in {time.monotonic() - began:.0f} s")
    _measure(app, client)


def _settings(folder: Path, database_url: str, redis_url: str) -> Settings:
    (folder / "practices.toml").write_text(PRACTICE)
    return load_settings(
        _env_file=None,
        database_url=database_url,
        redis_url=redis_url,
        secret_key=new_key(),
        encryption_keys=new_key(),
        public_url="https://intake.example.com",
        practices_file=folder / "practices.toml",
    )


def _open(settings: Settings) -> tuple[Flask, int, FlaskClient]:
    """Return the application, and a client in which the first member of staff is signed in."""
    app = build_app(settings)
    database = services_of(app).database
    database.migrate()
    with database.write() as session:
        staff = [
            add_member(
                session,
                f"s{number}@bench.example",
                f"Staff {number}",
                Role.MANAGER if number == 0 else Role.STAFF,
                ["bench"],
                None,
            )
            for number in range(STAFF)
        ]
        session.flush()
        token = open_session(session, staff[0], "")
        staff_id = staff[0].id
    client = app.test_client()
    with client.session_transaction(base_url="https://intake.example.com") as cookie:
        cookie["_user_id"] = token
    return app, staff_id, client


def _fill(app: Flask, staff_id: int) -> None:
    database, moment, chance = services_of(app).database, now(), random.Random(0)  # noqa: S311  # nosec B311
    with database.read() as session:
        staff = list(session.scalars(select(StaffMember.id)))
    with database.write() as session:
        rows = [_conversation(number, moment, chance, staff) for number in range(1, BATCH + 1)]
        session.execute(insert(Conversation), rows)
        session.execute(insert(Message), [_message(row, turn) for row in rows for turn in range(MESSAGES)])
        last = [{"row": row, "message_id": row["last_message_id"]} for row in rows]
        session.execute(insert(Classification), [_classification(found, chance) for found in last])
        session.execute(insert(Decision), [_decision(found) for found in last])
        session.execute(insert(Delivery), [_reply(row, staff) for row in rows])
        read = [
            {"staff_id": staff_id, "conversation_id": row["id"], "message_id": row["last_message_id"]}
            for row in rows
            if row["id"] % 2
        ]
        session.execute(insert(ConversationRead), read)
        for copy in range(1, CONVERSATIONS // BATCH):
            for model in (Conversation, Message, Classification, Decision, Delivery, ConversationRead):
                _copy_rows(session, model.__table__, copy * BATCH)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")  # as autovacuum does


def _copy_rows(session: Session, table: Any, shift: int) -> None:
    """Write the first rows of a table once more, each as an older conversation's."""
    messages = shift * MESSAGES
    other = {
        "id": f"id + {messages if table.name == 'messages' else shift}",
        "conversation_id": f"conversation_id + {shift}",
        "message_id": "NULL" if table.name == "deliveries" else f"message_id + {messages}",
        "last_message_id": f"last_message_id + {messages}",
        "patient_index": f"substr(patient_index, 1, 20) || '{shift}'",
        "provider_id": "NULL" if table.name == "deliveries" else f"provider_id || '-{shift}'",
    }
    dates = {column.name for column in table.columns if isinstance(column.type, Timestamp)}
    names = [column.name for column in table.columns]
    values = [
        other.get(name) or (f"{name} - make_interval(mins => {shift})" if name in dates else name) for name in names
    ]
    first = "id" if "id" in names else "conversation_id"
    last = BATCH * MESSAGES if table.name == "messages" else BATCH
    copied = f"SELECT {', '.join(values)} FROM {table.name} WHERE {first} <= {last}"  # noqa: S608  # nosec B608
    session.execute(text(f"INSERT INTO {table.name} ({', '.join(names)}) {copied}"))


def _conversation(number: int, moment: datetime, chance: random.Random, staff: list[int]) -> dict[str, Any]:
    at = moment - timedelta(minutes=BATCH - number)
    state = "closed" if chance.random() < 0.9 else chance.choice(("open", "open", "waiting"))
    address = f"+1202{number:07}"
    return {
        "id": number,
        "practice": "bench",
        "channel": "sms",
        "patient_address": address,
        "patient_index": keyring().index(address),
        "patient_name": f"Patient Number{number}",
        "state": state,
        "created_at": at,
        "last_activity_at": at,
        "listed_at": at,
        "waiting_since": at if state == "open" else None,
        "last_message_id": number * MESSAGES,
        "intent": str(chance.choice(INTENTS)),
        "team": str(chance.choice(TEAMS)),
        "priority": str(chance.choice((Priority.NORMAL, Priority.NORMAL, Priority.HIGH))) if state == "open" else None,
        "assigned_to": chance.choice([*staff, None]),
    }


def _message(row: dict[str, Any], turn: int) -> dict[str, Any]:
    number = row["last_message_id"] - turn
    return {
        "id": number,
        "conversation_id": row["id"],
        "provider": "twilio",
        "provider_id": f"SM{number}",
        "received_on": "+12025550100",
        "text": TEXT,
        "received_at": row["created_at"] - timedelta(minutes=turn),
        "handled_at": row["created_at"],
    }


def _classification(found: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    intent = found["row"]["intent"]
    return {
        "message_id": found["message_id"],
        "model_version": "bench",
        "intent": intent,
        "confidence": chance.uniform(0.4, 1.0),
        "probabilities": {str(name): 1 / len(INTENTS) for name in INTENTS},
        "triage": "routine",
        "language": "en",
        "disposition": "route",
        "also": [],
    }


def _decision(found: dict[str, Any]) -> dict[str, Any]:
    row = found["row"]
    return {
        "message_id": found["message_id"],
        "route": row["intent"],
        "team": row["team"],
        "priority": "normal",
        "why": "bench",
    }


def _reply(row: dict[str, Any], staff: list[int]) -> dict[str, Any]:
    return {
        "conversation_id": row["id"],
        "reply": "staff",
        "sender": "+12025550100",
        "body": TEXT,
        "state": "delivered",
        "staff_id": staff[row["id"] % len(staff)],
        "created_at": row["created_at"] - timedelta(seconds=30),
    }


def _measure(app: Flask, client: FlaskClient) -> None:
    pane = {"X-Requested-With": "pane"}
    pages: dict[str, tuple[str, dict[str, str]]] = {
        "list: all": ("/staff/", {}),
        "list: mine": ("/staff/?view=mine", {}),
        "list: unassigned, longest wait first": ("/staff/?view=unassigned&sort=waiting", {}),
        "list: one team": ("/staff/?team=billing", {}),
        "list: closed": ("/staff/?view=closed", {}),
        "figures of 7 days": ("/staff/figures?period=7", {}),
        "figures of 90 days": ("/staff/figures?period=90", {}),
        "conversation in place": ("/staff/conversations/{}", pane),
        "conversation beside the list": ("/staff/conversations/{}?view=mine", {}),
    }
    for name, (path, headers) in pages.items():
        seconds, used = [], time.process_time()
        for turn in range(REQUESTS + WARM_UP):
            began = time.perf_counter()
            answer = client.get(
                path.format(BATCH - turn * 7),
                base_url="https://intake.example.com",
                headers={"Accept": "text/html", **headers},
            )
            seconds.append(time.perf_counter() - began)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answered {answer.status_code}")
        processor = (time.process_time() - used) / (REQUESTS + WARM_UP) * 1000
        median, slow = statistics.median(seconds[WARM_UP:]), statistics.quantiles(seconds[WARM_UP:], n=20)[-1]
        figures = f"{median * 1000:>6.0f} ms median{slow * 1000:>6.0f} ms p95"
        print(f"{name:<38}{figures}{processor:>6.0f} ms of this process's processor", flush=True)


if __name__ == "__main__":
    main()
