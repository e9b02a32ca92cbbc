"""The pages speak of the model that ships: their figures are written from its evaluation."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.model_figures import EVALUATION, ROOT

PAGES = ("README.md", "docs/figures.md")


def run_tool(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.model_figures", str(root), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The pages and the evaluation, in which another model misses two more emergencies."""
    for name in (*PAGES, str(EVALUATION)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    evaluation = json.loads((tmp_path / EVALUATION).read_text())
    evaluation["model"]["version"] = "0123456789ab"
    found = evaluation["strangers"]["triage"]["screens"]["triage"]["emergency"]["served"]["found"]
    found.update(messages=180, count=150, share=150 / 180)
    (tmp_path / EVALUATION).write_text(json.dumps(evaluation))
    return tmp_path


def test_the_pages_are_current() -> None:
    done = run_tool(ROOT, "--check")

    assert (done.returncode, done.stderr) == (0, "")


def test_another_model_makes_them_stale_until_they_are_written_anew(checkout: Path) -> None:
    stale = run_tool(checkout, "--check")
    assert stale.returncode == 1
    assert stale.stderr.splitlines() == [f"{page} is out of date: run `make figures`." for page in PAGES]

    assert run_tool(checkout).returncode == 0

    assert "30 of 180 of strangers' emergencies in English" in (checkout / "README.md").read_text()
    assert "83.3%" in (checkout / "README.md").read_text()
    figures = (checkout / "docs" / "figures.md").read_text()
    assert "`0123456789ab`" in figures
    assert "150 of 180" in figures
    assert run_tool(checkout, "--check").returncode == 0


def test_a_page_without_its_markers_is_named(checkout: Path) -> None:
    (checkout / "README.md").write_text("# Intake\n")

    done = run_tool(checkout)

    assert done.returncode == 1
    assert done.stderr.startswith("README.md has no line")
