"""Under load: a burst of texts, then a steady stream, on the processes that `intake up` runs.

In the burst, each of a few senders sends its next text once the last one was answered, so the webhook's time says
nothing about texts that would wait for a free connection.

Seconds depend on the machine and on what else it does; CPU time per text depends on it far less. It includes what is
done after the replies, such as finding names and numbers for the console.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy import func, select

from faults.configuration import POSTGRESQL, SQLITE
from faults.counts import count, find_breaches
from faults.service import Service
from faults.texts import Sort, Text
from inbox.models import FoundEntities
from tasks.queues.queue import WorkQueue
from tests.e2e.processes import running_in

PATIENCE_SECONDS = 180.0
_MEMORY = Path("/dev/shm")  # noqa: S108 (nothing else is so quiet about the disk)
THREADS = 8
"""How many senders there are."""
# Words of a command line → what the process is called. Redis and the supervisor have no other words in common.
NAMES = {
    "gunicorn": "web",
    "--queue messages --queue": "message worker",
    "worker --queue messages": "message worker",
    "--queue notices": "carrier worker",
    "--queue urgent": "urgent worker",
    " up ": "supervisor",
    ".sock": "Redis",
    ":0": "Redis",
}


@dataclass(frozen=True, slots=True)
class Phase:
    """What was measured while texts came in one manner.

    Attributes:
        name: the manner.
        texts: the texts.
        replied: when Twilio took on each patient's reply.
        seconds: from the first text to the last reply.
        cpu_ms: milliseconds of CPU time per text, by process.
    """

    name: str
    texts: Sequence[Text]
    replied: dict[str, float]
    seconds: float
    cpu_ms: dict[str, float]


@click.command()
@click.option("--burst", default=600, show_default=True, help="Texts in a row, as many at a time as there are senders.")
@click.option("--rate", default=10.0, show_default=True, help="Texts a second afterward.")
@click.option("--seconds", default=30, show_default=True, help="How long those come in.")
@click.option(
    "--database", type=click.Choice([SQLITE, POSTGRESQL]), default=SQLITE, show_default=True, help="What stores them."
)
def main(burst: int, rate: float, seconds: int, database: str) -> None:
    """Print texts a second, percentiles, and CPU time per text, and check that nothing was lost or doubled."""
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(dir=memory, prefix="intake-load-", ignore_cleanup_errors=True) as folder,
        Service(Path(folder), database) as service,
    ):
        service.start_up()
        _wait_for_replies(service, service.send(service.patients.write(12), threads=THREADS))
        _wait_until_done(service)  # everyone is warm now
        with _measured(service, f"{burst} texts, {THREADS} at a time") as phases:
            phases.append(service.send(service.patients.write(burst), threads=THREADS))
        with _measured(service, f"{rate:g} a second for {seconds} s") as phases:
            texts = service.patients.write(int(rate * seconds))
            service.send_meanwhile(texts, threads=THREADS, pause=1 / rate).join()
            phases.append(texts)
        breaches = find_breaches(count(service, 0.0))
    print("Nothing was lost or doubled." if not breaches else f"WRONG: {', '.join(breaches)}")
    sys.exit(bool(breaches))


@contextmanager
def _measured(service: Service, name: str) -> Iterator[list[list[Text]]]:
    """Measure what is done meanwhile, print it, and wait for the replies to the texts that are appended."""
    before, began = _cpu_seconds(service), time.monotonic()
    sent: list[list[Text]] = []
    yield sent
    [texts] = sent
    replied = _wait_for_replies(service, texts)
    _wait_until_done(service)
    after = _cpu_seconds(service)
    spent = {process: 1000 * (after[process] - before.get(process, 0.0)) / len(texts) for process in after}
    _print_phase(Phase(name, texts, replied, max(replied.values(), default=began) - began, spent))


def _wait_for_replies(service: Service, texts: Sequence[Text]) -> dict[str, float]:
    """Wait until each patient has a reply, or patience ends, and return when Twilio took on the first."""
    service.happens(lambda: service.is_answered(texts), PATIENCE_SECONDS)
    patients = {text.patient for text in texts}
    return {sent.to: sent.at for sent in reversed(service.twilio.sent) if sent.to in patients}


def _wait_until_done(service: Service) -> None:
    """Wait until nothing is left to do after the replies, or patience ends."""
    queue = WorkQueue(service.redis, service.database.keyring)
    to_find = select(func.count()).where(FoundEntities.spans.is_(None))

    def is_done() -> bool:
        with service.database.read() as session:
            return session.scalar(to_find) == 0 and not queue.waiting()

    service.happens(is_done, PATIENCE_SECONDS)


def _cpu_seconds(service: Service) -> dict[str, float]:
    """Return the CPU time that each kind of process has used, its children included."""
    spent: dict[str, float] = {}
    for number, command in running_in(service.processes.folder).items():
        name = next((name for words, name in NAMES.items() if words in f" {command} "), None)
        if name is not None:
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime and stime, proc(5)
            spent[name] = spent.get(name, 0.0) + used
    return spent


def _print_phase(phase: Phase) -> None:
    print(f"{phase.name}: {len(phase.replied)} of {len(phase.texts)} answered, {_per_second(phase):.1f} a second")
    _print_percentiles("webhook", [text.accepted_at - text.sent_at for text in phase.texts if text.accepted_at])
    _print_percentiles("reply", [phase.replied[text.patient] - text.sent_at for text in _answered(phase)])
    for process, milliseconds in sorted(phase.cpu_ms.items()):
        print(f"  CPU of {process:<24}{milliseconds:>8.1f} ms a text")
    workers = sum(spent for process, spent in phase.cpu_ms.items() if process.endswith("worker"))
    print(f"  {'CPU of all workers':<31}{workers:>8.1f} ms a text")


def _answered(phase: Phase) -> list[Text]:
    return [text for text in phase.texts if text.sort is Sort.ORDINARY and text.patient in phase.replied]


def _per_second(phase: Phase) -> float:
    return len(phase.replied) / phase.seconds if phase.seconds else 0.0


def _print_percentiles(what: str, seconds: list[float]) -> None:
    if len(seconds) > 1:
        cuts = statistics.quantiles(seconds, n=100, method="inclusive")
        shown = (f"{name} {1000 * cuts[place - 1]:.0f}" for name, place in (("p50", 50), ("p95", 95), ("p99", 99)))
        print(f"  {what + ' ms':<12}{', '.join(shown)}")


if __name__ == "__main__":
    main()
