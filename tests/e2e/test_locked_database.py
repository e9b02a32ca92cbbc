"""A database that another process has locked does not keep the web server from answering."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from inbox.models import Message
from intake.settings import Settings
from tests.e2e.processes import Processes, answers, free_port
from tests.service import Service

TEXTS = 12


def test_the_web_server_answers_while_its_texts_wait_for_a_lock(
    service: Service, quick_settings: Settings, processes: Processes
) -> None:
    port = free_port()
    processes.start_web(quick_settings, port)
    service.url = f"http://127.0.0.1:{port}"
    with (
        closing(sqlite3.connect(quick_settings.database_url.removeprefix("sqlite:///"), isolation_level=None)) as lock,
        ThreadPoolExecutor(TEXTS) as patients,
    ):
        lock.execute("BEGIN IMMEDIATE")
        waiting = [
            patients.submit(service.text, "Hello", from_=f"+12025550{number}") for number in range(130, 130 + TEXTS)
        ]
        answered = sum(answers(f"{service.url}/healthz") and not any(text.done() for text in waiting) for _ in range(9))
        lock.execute("ROLLBACK")
        stored = [text.result().status for text in waiting]

    assert answered == 9, "a text waited for the lock, and everything else for the text"
    assert stored == [200] * TEXTS
    assert len(service.rows(Message)) == TEXTS
