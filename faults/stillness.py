"""Telling that nothing will happen unless time goes by: every worker has looked for work, and found none."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from faults.service import Service

STILL_SECONDS = 1.5
# How often a worker must have said that it is alive; between two times it has looked for unfinished rows.
HEARTBEATS = 3
UNSURE_SECONDS = 10.0  # when workers are away, may be about to start, or are unknown to a Redis that forgot them


@dataclass(frozen=True, slots=True)
class _Worker:
    """A living worker, as Redis knows it."""

    key: bytes
    is_busy: bool
    heartbeat: bytes


class Stillness:
    """Since when nothing has moved, by the clock and by what the workers say."""

    def __init__(self) -> None:
        """Begin now."""
        self.restart()

    def restart(self) -> None:
        """Begin again, because something has moved."""
        self._since = time.monotonic()
        self._heartbeats: dict[bytes, set[bytes]] = {}

    def look(self, service: Service) -> bool:
        """Look at a service in which no row has changed, and return whether time may be moved on."""
        workers = _living_workers(service)
        if service.twilio.is_busy or any(worker.is_busy for worker in workers) or (workers and _jobs(service)):
            self.restart()
            return False
        for worker in workers:
            self._heartbeats.setdefault(worker.key, set()).add(worker.heartbeat)
        waited = time.monotonic() - self._since
        started = max(sum(process.is_running for process in service.workers), 1)
        if len(workers) < started:
            return waited > UNSURE_SECONDS
        return waited > STILL_SECONDS and all(len(self._heartbeats[worker.key]) >= HEARTBEATS for worker in workers)


def describe(service: Service) -> str:
    """Say what might still happen, for whoever asks why time was not moved on."""
    started = sum(process.is_running for process in service.workers)
    workers = ", ".join("busy" if worker.is_busy else "idle" for worker in _living_workers(service))
    answers = "answers" if service.twilio.is_busy else "has nothing to answer"
    return f"{started} workers run ({workers or 'none'} in Redis), {_jobs(service)} jobs wait, Twilio {answers}"


def _living_workers(service: Service) -> list[_Worker]:
    workers = []
    with contextlib.suppress(redis.RedisError):
        # a Redis that has forgotten everything still gets the state of each worker, but no list of workers
        for key in service.redis.smembers("rq:workers") or service.redis.scan_iter("rq:worker:*", count=1000):
            state, number, heartbeat = service.redis.hmget(key, "state", "pid", "last_heartbeat")
            if state is not None and (number is None or _is_alive(int(number))):
                workers.append(_Worker(key, state == b"busy", heartbeat))
    return workers


def _jobs(service: Service) -> int:
    """Return the number of waiting jobs."""
    with contextlib.suppress(redis.RedisError):
        return sum(service.redis.llen(key) for key in service.redis.scan_iter("rq:queue:*", count=1000))
    return 0


def _is_alive(number: int) -> bool:
    """Return whether a process is there and not stopped."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "TZX"
    except OSError:
        return False
