"""Every action that the code records has words, and belongs to a group that can be asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inbox.models import AuditEntry
from staff.audit.words import ACTIONS, ActionGroup, actions_of, say

ROOT = Path(__file__).parents[3]
ROOMS = ("app", "staff", "webhooks", "web", "tasks", "inbox")


def test_every_action_that_is_recorded_has_words_and_nothing_else_has() -> None:
    trees = [ast.parse(path.read_text()) for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    shared = {name: place for tree in trees for name, place in places_in(tree).items() if not name.startswith("_")}
    recorded = {action for tree in trees for action in recorded_in(tree, shared | places_in(tree))}

    assert recorded - set(ACTIONS) == set()
    assert set(ACTIONS) - recorded == set()


def test_every_group_has_actions() -> None:
    assert [group for group in ActionGroup if not actions_of(group)] == []


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({}, "notified the next contact: Manager"),
        ({"again": True}, "notified Manager again"),
        ({"untold": "no address"}, "could not notify Manager: no address"),
        ({"untold": "no carrier"}, "could not notify Manager: no texts or emails can be sent"),
        ({"untold": "stopped"}, "could not notify Manager: every phone texted STOP"),
    ],
)
def test_whom_an_alarm_went_on_to_is_said_only_if_they_could_be_notified(detail: dict[str, Any], words: str) -> None:
    assert say(AuditEntry(action="escalated", detail={"contact": "manager"} | detail), {}) == words


def test_a_call_of_an_earlier_version_has_its_words() -> None:
    assert say(AuditEntry(action="called", detail={"note": 1}), {}) == "noted a call to the patient"


def places_in(tree: ast.Module) -> dict[str, int]:
    """Returns the functions that are given an action, and at which place."""
    names = {
        node.name: [argument.arg for argument in node.args.args].index("action")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and "action" in [argument.arg for argument in node.args.args]
    }
    kinds = (
        {"_Kind": 0} if any(isinstance(node, ast.ClassDef) and node.name == "_Kind" for node in ast.walk(tree)) else {}
    )
    return names | kinds


def recorded_in(tree: ast.Module, places: dict[str, int]) -> Iterator[str]:
    """Yields the actions that a module records, also through functions of its own or of other modules."""
    values: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target, value in assigned(node):
                values.setdefault(target, []).extend(value.values if isinstance(value, ast.Dict) else [value])
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        place = 1 if name == "record" else places.get(name, len(call.args))  # `record` is the one of a page of replies
        given = [word.value for word in call.keywords if word.arg == "action" and name == "record_action"]
        for expression in given or call.args[place : place + 1]:
            yield from words_of(expression, values)


def assigned(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    for target in node.targets:
        if isinstance(target, ast.Name):
            yield target.id, node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts, strict=True)
            yield from ((name.id, value) for name, value in pairs if isinstance(name, ast.Name))


def words_of(expression: ast.expr, values: dict[str, list[ast.expr]]) -> Iterator[str]:
    """Yields the texts that an expression can be."""
    match expression:
        case ast.Constant(value=str(action)):
            yield action
        case ast.IfExp(body=body, orelse=other):
            yield from words_of(body, values)
            yield from words_of(other, values)
        case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
            for value in values.get(name, []):
                if not isinstance(value, ast.Name):
                    yield from words_of(value, values)
