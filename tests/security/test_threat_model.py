"""Every line of the threat model is held by tests that exist."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tools.security.threat_model import Threat, read_threats

ROOT = Path(__file__).parents[2]
THREATS = read_threats()


def test_every_threat_has_an_id_of_its_own() -> None:
    assert len({threat.name for threat in THREATS}) == len(THREATS) > 20


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat.name)
def test_a_threat_is_held_off_by_tests_that_exist(threat: Threat) -> None:
    assert threat.tests
    for test in threat.tests:
        path, _, name = test.partition("::")
        assert name in functions_in(path), f"{path} has no test {name}"


@cache
def functions_in(path: str) -> frozenset[str]:
    """The functions that a module defines; many tests are in few modules."""
    body = ast.parse((ROOT / path).read_text()).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))
