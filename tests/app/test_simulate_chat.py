"""`intake simulate chat`: a patient types into a practice's chat, and the answer comes over the event stream."""

from __future__ import annotations

from pathlib import Path

import pytest

from inbox.models import Message
from tests.app.command import complete, intake
from tests.e2e.processes import Processes, environment_of
from tests.service import Service
from tests.world import OTHER_WIDGET_KEY, PRACTICES_TOML

QUESTION = "How much does a physical cost if I pay cash, no insurance?"


def simulate(service: Service, folder: Path, *arguments: str) -> list[str]:
    """Runs the command while a worker works, and returns the lines that it printed."""
    whole = ["-m", "app", "simulate", "chat", "--url", service.url, *arguments]
    with Processes(folder) as processes:
        command = processes.start("simulate", whole, environment_of(service.settings), is_fork=True)
        while command.is_running:
            service.work()
        assert (command.wait(), command.errors) == (0, "")
        return command.output.splitlines()


def test_what_was_understood_and_the_reply_are_shown(service: Service, tmp_path: Path) -> None:
    understood, triage, routed, told, reply = simulate(service, tmp_path, QUESTION)

    assert understood.startswith("understood as  price_shopper (")
    assert triage == "triage         routine, language en"
    assert routed.startswith("routed as      price_shopper: confidence ")
    assert told == "staff told     digest (low), on the console alone: it has no address"
    assert reply.startswith("reply          [shown] ")
    assert "A first visit is $120 to $180 without insurance." in reply
    assert [message.text for message in service.rows(Message)] == [QUESTION]


def test_a_message_that_needs_no_answer_gets_none(service: Service, tmp_path: Path) -> None:
    *_, told, reply = simulate(service, tmp_path, "ok thanks")

    assert (told, reply) == ("staff told     nobody", "reply          none from Maple Street")


def test_another_practice_is_chosen_by_its_widget_key(service: Service, tmp_path: Path) -> None:
    simulate(service, tmp_path, "--practice", OTHER_WIDGET_KEY, QUESTION)

    with service.database.read() as session:
        assert service.last_message(session).conversation.practice == "other"


@pytest.mark.parametrize(
    ("practices", "arguments", "complaint"),
    [
        (PRACTICES_TOML, ["--practice", "nobody"], "no practice has the widget key nobody: see widget_key"),
        (
            '[[practice]]\nslug = "a"\nname = "A"\nphone = "+12025550100"\ntime_zone = "UTC"\n',
            [],
            "no practice has a chat",
        ),
        (PRACTICES_TOML, ["--url", "http://127.0.0.1:1"], "no server answers at http://127.0.0.1:1: start it with"),
    ],
    ids=["key", "none", "server"],
)
def test_a_chat_that_cannot_be_played_is_one_sentence(
    tmp_path: Path, practices: str, arguments: list[str], complaint: str
) -> None:
    (tmp_path / "practices.toml").write_text(practices)

    done = intake("simulate", "chat", "swordfish", *arguments, folder=tmp_path, environment=complete(tmp_path))

    assert complaint in done.error
    assert "swordfish" not in done.error


def test_a_refusal_is_shown_as_the_server_words_it(service: Service, tmp_path: Path) -> None:
    environment = environment_of(service.settings) | {"PUBLIC_URL": "https://elsewhere.example"}

    done = intake("simulate", "chat", "--url", service.url, "Hello", folder=tmp_path, environment=environment)

    assert "the server answered 403" in done.error
    assert "origin_not_allowed" in done.error
