"""The service that is broken: Redis, a database, web and workers as processes, stand-ins at the other end."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis
from sqlalchemy.exc import OperationalError

from app.embedded_redis import EmbeddedRedis, socket_for
from faults.clock import Elapsed
from faults.configuration import PRACTICE, SQLITE, make_settings, worker_lines
from faults.handover import hand_over
from faults.standins import FaultyTwilio, Hook
from faults.texts import Patients, Sort, Text
from inbox.contact.consent import record_consent
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.settings import Settings
from tests.e2e.processes import Process, Processes, answers, environment_of, free_port, running_in
from tests.standins.smtp import SmtpStandIn
from tests.standins.twilio import IncomingCall
from tests.world import DEMO_NUMBER, ENCRYPTION_KEY

URGENT_WITHIN_SECONDS = 120.0  # real ones, and those by which time is moved on


class Service:
    """A service in a folder of its own, with ports and data of its own.

    Attributes:
        texts: everything that patients have sent so far.
        opted_out_at: number → when its opt-out was taken on.
        breaches: what went wrong beyond what is counted.
        ending: what is to be undone before everything is stopped.
        staff_replies: patient and words of each reply that staff wrote.
        urgent_within: seconds in which staff must hear of an urgent text.
        elapsed: the time since the service was made, with what it was moved on.
    """

    def __init__(self, folder: Path, database: str = SQLITE, *, teams: str = "", escalation: str = "[]") -> None:
        """Prepare it; nothing but the stand-ins and Redis runs yet.

        Args:
            folder: where its files live.
            database: what it stores messages in.
            teams: the practice's teams, as TOML; by default, on-call is told through the hook.
            escalation: whom the practice tells next of an emergency, as TOML.
        """
        (folder / "processes").mkdir()
        self.processes = Processes(folder / "processes")
        self.twilio, self.hook, self.smtp = FaultyTwilio().start(), Hook().start(), SmtpStandIn().start()
        self.redis_server = EmbeddedRedis(folder / "redis")
        self._socket_folder = socket_for(folder / "redis").parent
        self.redis_folder = folder / "redis"
        self.port = free_port()
        self.twilio.callback_base = f"http://127.0.0.1:{self.port}"
        told = f"teams = {{ {teams or self.hook.as_on_call} }}\nescalation = {escalation}"
        self.settings = make_settings(folder, database, told, self.redis_server.url, self.twilio, self.smtp)
        self.database = Database(self.settings.database_url, Keyring(ENCRYPTION_KEY))
        self.redis: Any = redis.Redis.from_url(self.redis_server.url)
        self.web: Process | None = None
        self.workers: list[Process] = []
        self.ending = contextlib.ExitStack()
        self.patients = Patients()
        self.texts: list[Text] = []
        self.opted_out_at: dict[str, float] = {}
        self.breaches: list[str] = []
        self.urgent_within = URGENT_WITHIN_SECONDS
        self.elapsed = Elapsed()
        self.staff_replies: list[tuple[str, str]] = []
        self.over_at: float | None = None

    def __enter__(self) -> Self:
        self.redis_server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.close()
        self.twilio.faults.clear()
        self.processes.__exit__(kind, error, trace)
        for number in running_in(self.processes.folder.parent):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        if self.redis_server.process is not None:
            self.redis_server.process.send_signal(signal.SIGCONT)
        self.redis.close()
        self.redis_server.stop()
        self.database.close()
        for standin in (self.twilio, self.hook, self.smtp):
            try:
                standin.stop()
            except ExceptionGroup as failed:
                print(f"a stand-in failed: {failed.exceptions}", file=sys.stderr)
        shutil.rmtree(self._socket_folder, ignore_errors=True)

    def start(self) -> None:
        """Start web and workers, as the Procfile does."""
        self.start_web()
        self.start_workers()
        self.processes.wait_until_listening(self.redis)

    def start_web(self, settings: Settings | None = None) -> Process:
        """Start the web server and wait until it answers."""
        self.web = self.processes.start_web(settings or self.settings, self.port)
        return self.web

    def kill_web(self) -> None:
        """End every process of the web server at once."""
        self.kill_running("gunicorn")

    def start_workers(self, settings: Settings | None = None) -> None:
        """Start one worker for each line of the Procfile that starts one."""
        for options in worker_lines():
            queues = [value for name, value in itertools.pairwise(options) if name == "--queue"]
            self.workers.append(self.processes.start_worker(settings or self.settings, *queues))

    def kill_workers(self) -> None:
        """End every worker without a chance to tidy up."""
        for worker in self.workers:
            worker.kill()
        self.workers = []

    def pause_workers(self) -> None:
        """Stop every worker (SIGSTOP) at a moment when none holds the database's write lock."""
        while True:
            for worker in self.workers:
                worker.signal(signal.SIGSTOP)
            try:
                with self.database.write():
                    return
            except OperationalError:
                self.resume_workers()

    def resume_workers(self) -> None:
        """Let paused workers go on."""
        for worker in self.workers:
            worker.signal(signal.SIGCONT)

    def kill_workers_in_burst(self, times: int, pause: float) -> None:
        """Kill every worker several times while 40 texts arrive, and start them again each time.

        Args:
            times: how often.
            pause: seconds between two texts.
        """
        sending = self.send_meanwhile(self.write(40), pause=pause)
        for _ in range(times):
            time.sleep(0.8)
            self.kill_workers()
            self.start_workers()
        sending.join()
        self.fault_is_over()

    def start_doomed_worker(self, place: str, event: str = "call") -> Process:
        """Start a worker that is killed when it comes to this place of the code for the first time."""
        return self.processes.start_tampered_worker(self.settings, place, event, "die")

    def opt_out(self, patients: Iterable[str]) -> None:
        """Record that these patients want no texts."""
        with self.database.write() as session:
            for patient in patients:
                record_consent(session, PRACTICE, patient, opted_out=True)
                self.opted_out_at[patient] = time.monotonic()

    def write(self, ordinary: int, urgent: int = 2, opted_out: int = 2) -> list[Text]:
        """Return texts that can be sent; those who opted out have done so when this returns."""
        texts = self.patients.write(ordinary, urgent, opted_out)
        self.opt_out(text.patient for text in texts if text.sort is Sort.OPTED_OUT)
        return texts

    def send(self, texts: Sequence[Text], *, threads: int = 8, copies: int = 1) -> list[Text]:
        """Hand texts over as Twilio does, and return them once each was taken on or given up."""
        self.texts += texts
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(self._hand_over, [text for text in texts for _ in range(copies)]))
        return list(texts)

    def text(self, ordinary: int = 10, urgent: int = 2, opted_out: int = 2) -> list[Text]:
        """Write texts and send them."""
        return self.send(self.write(ordinary, urgent, opted_out))

    def send_meanwhile(self, texts: Sequence[Text], *, threads: int = 8, pause: float = 0.0) -> threading.Thread:
        """Begin to hand texts over, and return the thread that does it."""
        self.texts += texts

        def hand_over() -> None:
            with ThreadPoolExecutor(threads) as pool:
                for text in texts:
                    pool.submit(self._hand_over, text)
                    time.sleep(pause)

        thread = threading.Thread(target=hand_over)
        thread.start()
        return thread

    def stop_texts(self, patients: Iterable[str]) -> list[Text]:
        """Have patients text STOP, and note when each opt-out was taken on."""
        texts = self.send([Text(Sort.STOP, patient, "STOP") for patient in patients])
        for text in texts:
            if text.accepted_at is not None:
                self.opted_out_at.setdefault(text.patient, text.accepted_at)
        return texts

    def ring(self, patient: str) -> IncomingCall:
        """Have a patient leave a voicemail, whose recording is reported and whose transcription is not yet."""
        call = self.twilio.incoming_call(f"{self.settings.public_url}/twilio/voice", patient, DEMO_NUMBER)
        call.finish()
        call.report_recording()
        return call

    def start_up(self) -> Process:
        """Start everything by `intake up`, in place of what this starts by itself, and wait until it answers."""
        environment = environment_of(self.settings)
        del environment["REDIS_URL"]
        process = self.processes.start("up", ["-m", "app", "up", "--port", str(self.port)], environment)
        self.redis.close()
        its_socket = socket_for(self.processes.folder / "var" / "redis")
        self.ending.callback(shutil.rmtree, its_socket.parent, ignore_errors=True)
        self.redis = redis.Redis.from_url(f"unix://{its_socket}")
        self.wait_for(lambda: answers(f"http://127.0.0.1:{self.port}/healthz"), "the web server to answer")
        self.processes.wait_until_listening(self.redis)
        return process

    def is_running(self, what: str) -> bool:
        """Return whether one of the service's processes has these words in its command line."""
        return any(what in command for command in running_in(self.processes.folder).values())

    def kill_running(self, what: str) -> None:
        """End the service's processes whose command lines contain these words."""
        for number, command in running_in(self.processes.folder).items():
            if what in command:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)

    def require(self, holds: bool, otherwise: str) -> None:
        """Note a breach unless something holds."""
        if not holds:
            self.breaches.append(otherwise)

    def happens(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for something and return whether it happened in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return True
            time.sleep(0.05)
        return condition()

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that has to happen before a fault can go on."""
        self.processes.wait_until(condition, what)

    def is_answered(self, texts: Iterable[Text]) -> bool:
        """Return whether Twilio took on an answer to each of these patients."""
        return {text.patient for text in texts} <= {sent.to for sent in self.twilio.sent}

    def fault_is_over(self) -> None:
        """Note the moment from which the recovery counts."""
        self.over_at = time.monotonic()

    def _hand_over(self, text: Text) -> None:
        hand_over(text, self.twilio, self.port, self.settings.public_url)
