"""A machine on which `intake up` runs the whole service."""

from __future__ import annotations

import os
import shutil
import signal

from tests.e2e.processes import ROOT, Process, Processes, running_in

QUESTION = "Hi, I'm new to the area and looking for a family doctor. Do you take new patients?"
READY = "Ctrl-C stops everything"


class Machine:
    """A machine with a practices file and nothing else."""

    def __init__(self, processes: Processes) -> None:
        self.processes = processes
        self.folder = processes.folder
        shutil.copy(ROOT / "practices.demo.toml", self.folder)

    def up(self, port: int, *, is_fork: bool = True) -> Process:
        """Starts the service and waits until it says that it is ready."""
        service = self.start("up", "--port", str(port), is_fork=is_fork)
        self.processes.wait_until(lambda: READY in service.output or not service.is_running, "the service to be ready")
        assert service.is_running, service.tail()
        return service

    def start(self, *arguments: str, is_fork: bool = True) -> Process:
        """Starts an `intake` command, as a fork of a process that has imported it or from the very start."""
        return self.processes.start(arguments[0], ["-m", "app", *arguments], {}, is_fork=is_fork)

    def simulate(self, text: str) -> str:
        """Plays a patient, and returns what is shown."""
        command = self.start("simulate", "sms", text)
        assert command.wait() == 0, command.tail()
        return command.output

    def running(self, what: str) -> list[int]:
        """The ids of the service's processes whose command lines contain these words."""
        return [number for number, command in running_in(self.folder).items() if what in command]

    def has_replaced(self, what: str, before: set[int]) -> bool:
        """Whether such a process is running, and none of those before it."""
        running = set(self.running(what))
        return running != set() and running.isdisjoint(before)

    def clear(self) -> None:
        """Ends whatever is left of the service."""
        for number in running_in(self.folder):
            os.kill(number, signal.SIGKILL)
