"""`intake simulate` with an emergency says what became of each notice, and fails if nobody is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier import Classifier
from intake.settings import Settings
from tests.e2e.processes import Processes, environment_of
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.standins.twilio import TwilioStandIn
from tests.world import PRACTICES_TOML

EMERGENCY = "My chest hurts and my arm is numb"
PHONE = "sms:+12025550112"


class Trial:
    """Texts an emergency to services whose on-call team has other addresses."""

    def __init__(self, settings: Settings, classifier: Classifier, twilio: TwilioStandIn, folder: Path) -> None:
        self._settings, self._classifier, self._twilio, self._folder = settings, classifier, twilio, folder

    def run(self, *addresses: str, texts: bool = True, times: int = 1) -> tuple[int, str, str]:
        """Returns the last command's status, what it said about staff, and its complaint."""
        teams = f"teams = {{ on_call = {{ notify = {list(addresses)} }} }}\n"
        practices = PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{teams}', 1)
        self._settings.practices_file.write_text(practices)
        settings = self._settings if texts else self._settings.model_copy(update={"twilio_account_sid": None})
        with Service(settings, self._classifier, self._twilio) as service, Processes(self._folder) as processes:
            arguments = ["-m", "app", "simulate", "sms", "--url", service.url, EMERGENCY]
            for _ in range(times):
                command = processes.start("simulate", arguments, environment_of(settings), is_fork=True)
                while command.is_running:
                    service.work()
            told = [line for line in command.output.splitlines() if line.startswith("staff told ")]
            assert told, command.tail()
            return command.wait(), told[0].removeprefix("staff told ").strip(), command.errors


@pytest.fixture
def trial(settings: Settings, classifier: Classifier, twilio: TwilioStandIn, tmp_path: Path) -> Trial:
    return Trial(settings, classifier, twilio, tmp_path)


@pytest.fixture
def hook() -> Iterator[HookReceiver]:
    with HookReceiver() as receiver:
        yield receiver


def test_a_team_without_an_address_is_nobody(trial: Trial) -> None:
    status, told, errors = trial.run()

    assert (status, told) == (1, "nobody: on_call (urgent) has no address")
    assert "Error: the emergency reached nobody at on_call: see `staff told` above" in errors


def test_a_phone_without_credentials_is_told_nothing(trial: Trial) -> None:
    status, told, errors = trial.run(PHONE, texts=False)

    assert (status, told) == (1, "on_call (urgent): sms not sent (no carrier is set up)")
    assert "the emergency reached nobody" in errors


def test_each_notice_is_named_by_its_kind_and_one_that_arrives_is_enough(trial: Trial, hook: HookReceiver) -> None:
    status, told, errors = trial.run(PHONE, f"json://user:swordfish@127.0.0.1:{hook.port}/", texts=False)

    assert (status, told, errors) == (0, "on_call (urgent): sms not sent (no carrier is set up), json sent", "")


def test_a_service_that_does_not_take_the_notice_is_named(trial: Trial, hook: HookReceiver) -> None:
    hook.fail_next(20)

    status, told, errors = trial.run(hook.apprise_url())

    why = "not sent yet (the carrier is busy or out of reach; it is tried again)"
    assert (status, told) == (1, f"on_call (urgent): json {why}")
    assert "the emergency reached nobody" in errors


def test_a_second_emergency_tells_what_became_of_the_open_alarm(trial: Trial) -> None:
    status, told, _ = trial.run(PHONE, times=2)

    assert (status, told) == (0, "on_call (urgent), as part of the open alarm: sms sent")
