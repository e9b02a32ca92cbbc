"""Another model is activated while the service runs: no process is stopped, and each message names its model."""

from __future__ import annotations

from pathlib import Path

from inbox.models import Classification
from intake.settings import Settings
from tests.e2e.processes import Process, Processes, environment_of
from tests.models import write_misreading_model, write_model
from tests.service import Service

A, B, BROKEN = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"
TEXT = "Can I get a copy of my bill?"


class Practice:
    """A service with one real worker, and the person who switches its models."""

    def __init__(self, service: Service, settings: Settings, processes: Processes) -> None:
        self.service = service
        self.processes = processes
        self._environment = environment_of(settings)

    def switch(self, *arguments: str) -> Process:
        """Runs `intake model` to its end."""
        command = self.processes.start("model", ["-m", "app", "model", *arguments], self._environment, is_fork=True)
        command.wait()
        return command

    def receive(self) -> str:
        """Receives a text, and returns the version of the model that it was understood with."""
        known = len(self.service.rows(Classification))
        self.service.text(TEXT)
        self.processes.wait_until(lambda: len(self.service.rows(Classification)) > known, "the text to be understood")
        return self.service.rows(Classification)[-1].model_version


def test_a_running_worker_changes_with_the_next_message_and_back(
    service: Service, quick_settings: Settings, processes: Processes
) -> None:
    models: Path = quick_settings.models_dir
    for version in (A, B):
        write_model(models, version)
    write_misreading_model(models, BROKEN)
    practice = Practice(service, quick_settings, processes)
    assert practice.switch("activate", A).wait() == 0
    worker = processes.start_worker(quick_settings)
    assert practice.receive() == A

    assert practice.switch("activate", B).output == f"In use from the next message on: {B}.\n"
    assert practice.receive() == B

    refused = practice.switch("activate", BROKEN)
    assert refused.wait() == 1
    assert "did not pass and is not used" in refused.errors
    assert practice.receive() == B

    assert practice.switch("rollback").wait() == 0
    assert practice.receive() == A
    assert practice.switch("rollback").wait() == 0
    assert practice.receive() == service.context.classifier.info.version

    assert worker.is_running, worker.tail()
    assert '"event": "model_changed"' in worker.errors
    assert worker.stop() == 0
