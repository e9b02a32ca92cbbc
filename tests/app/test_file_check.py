"""Whoever leaves the practices file open to others on the machine is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.file_check import warn_if_file_is_open


@pytest.fixture
def practices_file(tmp_path: Path) -> Path:
    path = tmp_path / "practices.toml"
    path.write_text("")
    return path


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_others_may_read_or_write_is_named_with_the_command_that_closes_it(
    practices_file: Path, mode: int
) -> None:
    said: list[str] = []
    practices_file.chmod(mode)

    warn_if_file_is_open(practices_file, said.append)

    [line] = said
    assert line.startswith("Warning: ")
    assert f"`chmod 600 {practices_file}`" in line


def test_a_private_file_is_fine(practices_file: Path) -> None:
    said: list[str] = []
    practices_file.chmod(0o600)

    warn_if_file_is_open(practices_file, said.append)

    assert said == []


def test_the_demo_of_a_fresh_checkout_is_fine(tmp_path: Path) -> None:
    said: list[str] = []
    demo = tmp_path / "practices.demo.toml"
    demo.write_text("")
    demo.chmod(0o644)

    warn_if_file_is_open(demo, said.append)

    assert said == []


def test_a_missing_file_is_left_to_whoever_needs_it(tmp_path: Path) -> None:
    said: list[str] = []

    warn_if_file_is_open(tmp_path / "practices.toml", said.append)

    assert said == []
