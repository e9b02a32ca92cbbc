"""The real processes, with Twilio's stand-in at the other end."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

import redis

from app.embedded_redis import EmbeddedRedis
from inbox.storage.database import Database
from intake.encryption import Keyring, new_key
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN, DEMO_NUMBER, TwilioStandIn

DEADLINE_SECONDS = 30.0
PUBLIC_URL = "https://intake.example.com"
ORIGIN = "https://bench.example"
WIDGET_KEY = "bench"
PRACTICE = f"""
[[practice]]
slug = "bench"
name = "Bench"
phone = "+12025550100"
phone_numbers = ["{DEMO_NUMBER}"]
widget_key = "{WIDGET_KEY}"
allowed_origins = ["{ORIGIN}"]
price_range = "A first visit is $120 to $180 without insurance."
time_zone = "America/New_York"
"""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from the start of the webhook request."""

    answered: float
    replied: float


class RunningService:
    """Redis, a database, a web server and a worker in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        (folder / "practices.toml").write_text(PRACTICE)
        self._redis = EmbeddedRedis(folder / "redis")
        self._twilio = TwilioStandIn()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._key = new_key()
        self._database_url = f"sqlite:///{folder / 'intake.db'}"
        self._folder = folder
        self._web: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._redis.start()
        self._twilio.start()
        database = Database(self._database_url, Keyring(self._key))
        database.migrate()
        database.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process in (self._web, self._worker):
            _stop(process)
        self._twilio.stop()
        self._redis.stop()

    @property
    def port(self) -> int:
        """Where the web server listens."""
        return self._port

    def restart_web(self, processes: int = 2) -> float:
        """Return the seconds from the start of the web server to its first answer."""
        _stop(self._web)
        began = time.monotonic()
        self._web = self._start("web", "--port", str(self._port), "--processes", str(processes))
        _wait_until(self._web_answers)
        return time.monotonic() - began

    def restart_worker(self) -> float:
        """Return the seconds from the start of a worker to its listening, model loaded."""
        _stop(self._worker)
        with redis.Redis.from_url(self._redis.url) as client:
            client.flushall()
            began = time.monotonic()
            self._worker = self._start("worker")
            _wait_until(lambda: client.scard("rq:workers") == 1)
            return time.monotonic() - began

    def send_and_wait(self, number: int, text: str) -> Times:
        """Texts the practice from one more patient and waits for the reply at Twilio."""
        began = time.monotonic()
        answer = self._twilio.incoming_sms(
            f"http://127.0.0.1:{self._port}/twilio/sms",
            f"{PUBLIC_URL}/twilio/sms",
            f"+1202555{1000 + number}",
            DEMO_NUMBER,
            text,
        )
        answered = time.monotonic() - began
        if answer.status != 200:
            raise RuntimeError(f"the webhook answered {answer.status}")
        self._twilio.wait_for_messages(number + 1)
        return Times(answered, time.monotonic() - began)

    def worker_peak_memory(self) -> float:
        """Return the most memory that the worker has had resident, in MB."""
        if self._worker is None:
            raise RuntimeError("no worker runs")
        return _megabytes(self._worker.pid, "VmHWM")

    def web_memory(self) -> float:
        """Return the memory that the web server's one working process has resident now, in MB."""
        return _megabytes(self._serving_process(), "VmRSS")

    def web_cpu_seconds(self) -> float:
        """Return the processor time that the web server's one working process has used, in seconds."""
        fields = Path(f"/proc/{self._serving_process()}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime and stime, proc(5)

    def _serving_process(self) -> int:
        if self._web is None:
            raise RuntimeError("no web server runs")
        children = Path(f"/proc/{self._web.pid}/task/{self._web.pid}/children").read_text().split()
        return int(children[0])

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": self._database_url,
            "REDIS_URL": self._redis.url,
            "SECRET_KEY": "a secret for measuring only",
            "ENCRYPTION_KEYS": self._key,
            "PUBLIC_URL": PUBLIC_URL,
            "PRACTICES_FILE": str(self._folder / "practices.toml"),
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_API_BASE_URL": self._twilio.url,
        }
        with (self._folder / f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "app", *arguments], env=environment, stderr=log, stdout=log
            )

    def _web_answers(self) -> bool:
        with contextlib.suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{self._port}/healthz", timeout=1):
            return True
        return False


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"nothing happened in {DEADLINE_SECONDS:.0f} seconds")
        time.sleep(0.005)


def _megabytes(process: int, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    if found is None:
        raise RuntimeError("this system does not tell a process's memory")
    return int(found[1]) / 1024


def _stop(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        process.terminate()
        process.wait()
