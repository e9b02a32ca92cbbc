"""What a conversation's page says of who did what: everything that is recorded, in words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import requests

from staff.display import ACTIONS
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console, StartConsole
from tests.told_classifier import EMERGENCY, tell

CHEST = "I have crushing chest pain"
ON_CALL, PATIENT = "+12025550112", "+12025550131"
ROOT = Path(__file__).parents[3]
ROOMS = ("app", "staff", "webhooks", "web", "tasks", "inbox")


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    """The on-call phone is texted in emergencies."""
    started = start_console(f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}')
    tell(started, {CHEST: EMERGENCY})
    return started


def activity(browser: Browser, number: int = 1) -> list[str]:
    page = browser.get(f"/staff/conversations/{number}").text
    acts = re.findall(r"<li><span><bdi>(.*?)</bdi> (.*?)</span>", page)
    return [unescape(f"{who} {what}") for who, what in acts]


def test_who_ends_an_alarm_by_text_is_named_as_on_call(console: Console) -> None:
    console.text(CHEST, from_=PATIENT)
    console.work()
    console.text("ACK", from_=ON_CALL)

    assert "On call, by text, ended the alarm" in activity(console.sign_in())


def test_a_notice_that_a_stopped_phone_does_not_get_is_intakes_doing(console: Console) -> None:
    console.text("STOP", from_=ON_CALL)
    console.text(CHEST, from_=PATIENT)
    console.work()

    assert "Intake sent no notice to a phone that texted STOP" in activity(console.sign_in(), 2)


def test_a_visitor_who_ends_a_chat_is_named_as_such(console: Console) -> None:
    chat = ChatClient(console.url)
    chat.send("Do you have parking?", "m1")
    requests.post(f"{chat.url}/end", headers=chat.headers, timeout=30).raise_for_status()
    console.work()

    assert "The visitor ended the chat" in activity(console.sign_in())


def test_every_action_that_is_recorded_of_a_conversation_has_words() -> None:
    recorded = {action for room in ROOMS for path in (ROOT / room).rglob("*.py") for action in recorded_in(path)}

    assert {"acknowledged", "noted", "reviewed", "message_sent", "close_undone", "picture_opened"} <= recorded
    assert recorded - set(ACTIONS) == set()


def recorded_in(path: Path) -> Iterator[str]:
    """Yields the actions that a module records of conversations, also through functions of its own."""
    text = path.read_text()
    if "record_on_conversation" not in text and "conversation:" not in text:
        return
    tree = ast.parse(text)
    places = {"record_on_conversation": 3, "_Kind": 0} | {
        node.name: [argument.arg for argument in node.args.args].index("action")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and "action" in [argument.arg for argument in node.args.args]
    }
    tables = {
        node.targets[0].id: node.value.values
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and isinstance(node.targets[0], ast.Name)
    }
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        named = {word.arg: word.value for word in call.keywords}
        place = places.get(call.func.id, len(call.args))
        if call.func.id == "record_action":
            about = ast.unparse(named.get("subject", ast.Constant("")))
            given = [named["action"]] if "conversation:" in about or about == "subject" else []
        else:
            given = call.args[place : place + 1]
        for expression in given:
            yield from words_of(expression, tables)


def words_of(expression: ast.expr, tables: dict[str, list[ast.expr]]) -> Iterator[str]:
    """Yields the texts that an expression can be."""
    match expression:
        case ast.Constant(value=str(action)):
            yield action
        case ast.IfExp(body=body, orelse=other):
            yield from words_of(body, tables)
            yield from words_of(other, tables)
        case ast.Subscript(value=ast.Name(id=name)):
            for entry in tables.get(name, []):
                yield from words_of(entry, tables)
