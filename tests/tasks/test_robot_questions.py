"""Who asks who or what answers is told the truth, on every channel and at any time, and the front desk hears of it."""

from __future__ import annotations

import pytest

from inbox.models import Delivery, Notification
from tests.chat_client import ChatClient
from tests.service import Service
from tests.told_classifier import EMERGENCY, SELF_HARM, tell

CHEST, PILLS = "I have chest pain and can't breathe", "I took all my pills and want to die"
ASKED = {
    "are you a real person or a bot": "These first replies are automatic.",
    "ARE YOU A ROBOT": "These first replies are automatic.",
    "am i talking to a human": "These first replies are automatic.",
    "eres un robot?": "las manda un programa",
    "whos this": "These first replies are automatic.",
    "¿quién es?": "las manda un programa",
}


def sent(service: Service) -> list[tuple[str | None, str]]:
    return [(row.reply, row.body) for row in service.rows(Delivery)]


def ask(service: Service, *texts: str) -> None:
    for text in texts:
        service.text(text)
        service.work()


@pytest.mark.parametrize(("question", "answer"), ASKED.items())
def test_a_text_that_asks_is_answered_truthfully(service: Service, question: str, answer: str) -> None:
    ask(service, question)

    [(reply, body)] = sent(service)
    assert reply in ("robot", "robot_es")
    assert answer in body
    assert "911" in body
    assert [(row.team, row.priority, row.reason) for row in service.rows(Notification)] == [
        ("front_desk", "normal", "person")
    ]


@pytest.mark.parametrize(("question", "answer"), ASKED.items())
def test_so_is_whoever_asks_in_the_chat_after_something_else(service: Service, question: str, answer: str) -> None:
    chat = ChatClient(service.url)
    chat.send("How much is a first visit without insurance?", "m1")
    service.work()
    chat.send(question, "m2")
    service.work()

    assert answer in chat.texts()[-1][1]


def test_who_asks_again_is_told_again(service: Service) -> None:
    ask(service, "are you a robot?", "ok but are you human")

    assert [reply for reply, _ in sent(service)] == ["robot", "robot"]


@pytest.mark.parametrize(
    ("told", "danger", "question", "words"),
    [
        (CHEST, EMERGENCY, "are you a robot?", ("These first replies are automatic.", "911", "988")),
        (PILLS, SELF_HARM, "is this a bot", ("These first replies are automatic.", "911", "988")),
        (CHEST, EMERGENCY, "¿eres un robot?", ("las manda un programa", "911", "988")),
        (CHEST, EMERGENCY, "whos this", ("These first replies are automatic.", "911", "988")),
    ],
)
def test_soon_after_an_emergency_the_truth_comes_with_the_helplines_named_once(
    service: Service, told: str, danger: dict[str, object], question: str, words: tuple[str, ...]
) -> None:
    tell(service, {told: danger})
    ask(service, told, question)

    reply, body = sent(service)[-1]
    assert reply in ("robot", "robot_es")
    assert [body.count(word) for word in words] == [1] * len(words), body
    assert body.count("Maple Street") == 1


def test_what_tells_of_danger_beside_it_is_an_emergency(service: Service) -> None:
    tell(service, {f"are you a real person? {CHEST}": EMERGENCY})
    ask(service, f"are you a real person? {CHEST}")

    assert [reply for reply, _ in sent(service)] == ["urgent"]
