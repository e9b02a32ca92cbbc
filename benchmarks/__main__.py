"""`python -m benchmarks` (`make bench`) prints the table. Run it on an idle machine."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.service import RunningService
from classifier import Classifier

RUNS = 5
MESSAGES = 40
YARDSTICK = "import flask, sqlalchemy.orm, redis, rq"
# About 32 tokens, the length of an ordinary text.
MESSAGE = (
    "got a bill for 382 dollars for my visit on 4/12 but my copay should only be 35, so what is the rest of it for?"
)


def main() -> None:
    """Measure everything once and print it."""
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}; medians of {RUNS} starts, {MESSAGES} messages\n")
    bare = median(start_of_libraries)
    with tempfile.TemporaryDirectory() as folder, RunningService(Path(folder)) as service:
        web, worker = median(service.restart_web), median(service.restart_worker)
        print_row("start of the libraries alone", bare, "s", 1.0)
        print_row("start of web, until it answers", web, "s", web / bare)
        print_row("start of a worker, until it listens", worker, "s", worker / bare)
        times = [service.send_and_wait(number, MESSAGE) for number in range(MESSAGES)]
        memory = service.worker_peak_memory()
    answer = statistics.median(time.answered for time in times) * 1000
    reply = statistics.median(time.replied for time in times) * 1000
    single, batch = classify_one(), classify_sixteen()
    print_row("classify one message of 32 tokens", single, "ms", 1.0)
    print_row("classify one of a batch of 16", batch, "ms", batch / single)
    print_row("webhook, until Twilio is answered", answer, "ms", answer / single)
    print_row("webhook, until Twilio has the reply", reply, "ms", reply / single)
    print(f"{'peak memory of the worker':<40}{memory:>9.0f} MB")


def median(measure: Callable[[], float]) -> float:
    """Return the median of several measurements, in seconds."""
    return statistics.median(measure() for _ in range(RUNS))


def start_of_libraries() -> float:
    """Return seconds that a Python with the web's libraries takes to start and end."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", YARDSTICK], check=True)  # noqa: S603
    return time.monotonic() - began


def classify_one() -> float:
    """Return milliseconds for one message, tokenisation included."""
    classifier = Classifier.load()
    return _milliseconds(lambda: classifier.classify([MESSAGE]))


def classify_sixteen() -> float:
    """Return milliseconds a message for sixteen at once."""
    classifier = Classifier.load()
    return _milliseconds(lambda: classifier.classify([MESSAGE] * 16)) / 16


def _milliseconds(action: Callable[[], object]) -> float:
    action()
    samples = []
    for _ in range(100):
        began = time.perf_counter()
        action()
        samples.append(time.perf_counter() - began)
    return statistics.median(samples) * 1000


def print_row(name: str, value: float, unit: str, ratio: float) -> None:
    """Print one figure and its ratio to the yardstick above it."""
    print(f"{name:<40}{value:>9.2f} {unit:<3}{ratio:>8.1f} x")


main()
