"""What an installation may bring: every library within bounds, and pinned where the tests passed."""

from __future__ import annotations

import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.app.command import ROOT

DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = DECLARED["project"]
BUILD = [Requirement(text) for text in DECLARED["build-system"]["requires"]]
DIRECT = {
    text: Requirement(text)
    for group in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for text in group
}
CONSTRAINTS = [
    Requirement(line) for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")
]
# its builds differ by platform (with CUDA or for the CPU alone), so a machine may choose within a range
RANGED = {"torch"}
PINNED = {
    canonicalize_name(constraint.name): specifier.version
    for constraint in CONSTRAINTS
    for specifier in constraint.specifier
    if specifier.operator == "=="
}


@pytest.mark.parametrize("requirement", DIRECT.values(), ids=DIRECT)
def test_a_library_cannot_become_a_later_generation_unnoticed(requirement: Requirement) -> None:
    assert {specifier.operator for specifier in requirement.specifier} & {"<", "=="}


@pytest.mark.parametrize("requirement", BUILD, ids=str)
def test_what_builds_the_wheel_is_bounded_as_where_the_tests_build_it(requirement: Requirement) -> None:
    [installed] = [direct for direct in DIRECT.values() if direct.name == requirement.name]

    assert "<" in {specifier.operator for specifier in requirement.specifier}
    assert requirement.specifier == installed.specifier


@pytest.mark.parametrize("requirement", DIRECT.values(), ids=DIRECT)
def test_a_library_is_pinned_within_its_bounds(requirement: Requirement) -> None:
    name = canonicalize_name(requirement.name)
    assert name in RANGED or PINNED[name] in requirement.specifier


def test_nothing_is_constrained_but_by_a_single_version() -> None:
    assert {canonicalize_name(constraint.name) for constraint in CONSTRAINTS} - set(PINNED) == RANGED
    assert len(PINNED) + len(RANGED) == len(CONSTRAINTS)
