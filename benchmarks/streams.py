"""`python -m benchmarks.streams`: a thousand open event streams on one web process, and how fast each gets its reply.

Each patient has a loopback address of their own, as the service limits what one address may do.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from benchmarks.service import ORIGIN, WIDGET_KEY, RunningService

STREAMS = 1000
PROBES = 50
IDLE_SECONDS = 30.0
DEADLINE_SECONDS = 300.0
QUESTION = "How much does a physical cost if I pay cash, no insurance?"


class Patient:
    """One browser: a conversation and its open event stream."""

    def __init__(self, port: int, number: int) -> None:
        """Take the server's port, and a number that makes the patient's own loopback address."""
        self._port = port
        self._address = f"127.1.{number // 250}.{number % 250 + 1}"

    async def join(self) -> None:
        """Begin a conversation, open the stream and wait for its first event."""
        begun = await self._post("/chat/conversations", {"practice": WIDGET_KEY})
        self._url = f"/chat/conversations/{begun['conversation']}"
        self._token = begun["token"]
        self._sent = 0
        self._reader, self._writer = await self._connect()
        self._writer.write(self._head("GET", f"{self._url}/events").encode() + b"\r\n")
        self._events = self._read_events()
        await self._next("working")

    async def ask(self) -> float:
        """Send a question and return the seconds until the reply is there."""
        self._sent += 1
        began = time.monotonic()
        body = {"client_message_id": f"m{self._sent}", "text": QUESTION}
        await self._post(f"{self._url}/messages", body)
        while (await self._next("message"))["from"] != "robot":
            pass
        return time.monotonic() - began

    def leave(self) -> None:
        """Close the stream."""
        self._writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port, local_addr=(self._address, 0))

    def _head(self, method: str, path: str) -> str:
        token = f"Authorization: Bearer {self._token}\r\n" if hasattr(self, "_token") else ""
        return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: {ORIGIN}\r\n{token}"

    async def _post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        data = json.dumps(body).encode()
        head = f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        reader, writer = await self._connect()
        writer.write(self._head("POST", path).encode() + head.encode() + data)
        status, _, content = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        if status.split()[1] not in (b"201", b"202"):
            raise RuntimeError(f"the server answered {status.split()[1].decode()}")
        answer: dict[str, Any] = json.loads(content)
        return answer

    async def _next(self, name: str) -> dict[str, Any]:
        async for event, data in self._events:
            if event == name:
                return data
        raise RuntimeError("the stream ended")

    async def _read_events(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        event = ""
        while line := await self._reader.readline():
            if line.startswith(b"event: "):
                event = line[7:].strip().decode()
            elif line.startswith(b"data: "):
                yield event, json.loads(line[6:])


async def measure(service: RunningService) -> None:
    """Measure and print."""
    alone = Patient(service.port, 0)
    await alone.join()
    before = service.web_memory()
    yardstick = [await patient.ask() for patient in await _join(service.port, 1, PROBES)]
    _print_times("reply on its stream, 51 streams open", yardstick, yardstick)

    began = time.monotonic()
    crowd = await _join(service.port, PROBES + 1, STREAMS)
    joined = time.monotonic() - began
    print(f"{f'opening {STREAMS} more conversations and streams':<44}{joined:>8.1f} s")
    print(f"{'memory of the web process':<44}{before:>8.0f} MB, then {service.web_memory():.0f} MB")
    used = service.web_cpu_seconds()
    await asyncio.sleep(IDLE_SECONDS)
    share = (service.web_cpu_seconds() - used) / IDLE_SECONDS
    print(f"{'processor that they take while idle':<44}{share:>8.1%} of one core")

    _print_times(f"reply on its stream, {STREAMS} streams open", [await p.ask() for p in crowd[:PROBES]], yardstick)
    began = time.monotonic()
    every = await asyncio.gather(*(patient.ask() for patient in crowd[PROBES:]))
    took = time.monotonic() - began
    print(f"{f'{len(every)} questions at once, all answered':<44}{took:>8.1f} s, {len(every) / took:.0f} a second")
    print(f"{'memory of the web process after that':<44}{service.web_memory():>8.0f} MB")
    for patient in [alone, *crowd]:
        patient.leave()


async def _join(port: int, first: int, count: int) -> list[Patient]:
    """Let patients in, twenty at a time."""
    patients = [Patient(port, number) for number in range(first, first + count)]
    for start in range(0, count, 20):
        await asyncio.gather(*(patient.join() for patient in patients[start : start + 20]))
    return patients


def _print_times(name: str, seconds: list[float], yardstick: list[float]) -> None:
    median, slow = statistics.median(seconds) * 1000, statistics.quantiles(seconds, n=20)[-1] * 1000
    ratio = statistics.median(seconds) / statistics.median(yardstick)
    print(f"{name:<44}{median:>8.0f} ms median, {slow:.0f} ms for 19 of 20, {ratio:.1f} x")


def main() -> None:
    """Run the service and measure it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder, RunningService(Path(folder)) as service:
        service.restart_web(processes=1)
        service.restart_worker()
        asyncio.run(asyncio.wait_for(measure(service), DEADLINE_SECONDS))


if __name__ == "__main__":
    main()
