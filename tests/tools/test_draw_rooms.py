"""The picture of imports: what it counts, how it draws, and what it refuses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.draw_rooms import (
    BEGIN,
    END,
    ROOT,
    WRONG,
    Contract,
    count_importers,
    draw_graph,
    parse_contracts,
    replace_drawing,
)

HOUSE = Contract("Downward only", (("roof",), ("left", "right"), ("cellar",)), (False, True, False))
PYPROJECT = """
[tool.importlinter]
root_packages = ["roof", "cellar"]

[[tool.importlinter.contracts]]
name = "Downward only"
type = "layers"
layers = ["roof", "cellar"]
"""


# ---- contracts


def test_floors_are_read_from_top_to_bottom_with_the_rooms_that_share_them() -> None:
    layers = ["roof", "left | right", "porch : hall", "(cellar)"]

    [contract] = parse_contracts({"contracts": [{"name": "House", "type": "layers", "layers": layers}]})

    assert contract.floors == (("roof",), ("left", "right"), ("porch", "hall"), ("cellar",))
    assert contract.separate == (False, True, False, False)


def test_a_contract_on_a_container_is_about_the_rooms_in_it() -> None:
    settings = {"name": "House", "type": "layers", "layers": ["up", "down"], "containers": ["house"]}

    [contract] = parse_contracts({"contracts": [settings, {"name": "Other", "type": "forbidden"}]})

    assert contract.rooms == ("house.up", "house.down")


@pytest.mark.parametrize(
    ("arrow", "is_allowed"),
    [
        (("roof", "cellar"), True),
        (("roof", "left"), True),
        (("left", "cellar"), True),
        (("cellar", "roof"), False),
        (("right", "roof"), False),
        (("left", "right"), False),
    ],
)
def test_arrows_go_down_and_never_between_separate_rooms(arrow: tuple[str, str], is_allowed: bool) -> None:
    assert HOUSE.allows(arrow) is is_allowed


# ---- counting


def test_an_arrow_counts_the_modules_that_import_and_not_what_they_import() -> None:
    imports = [
        ("roof.a", "cellar.x"),
        ("roof.a", "cellar.y"),
        ("roof.b", "cellar"),
        ("roof.b", "roof.a"),
        ("roofing.c", "cellar.x"),
    ]

    assert count_importers(imports, ("roof", "cellar")) == {("roof", "cellar"): 2}


# ---- drawing


def test_a_drawing_names_each_room_and_each_count_and_keeps_the_floors_in_order() -> None:
    lines = draw_graph(HOUSE, {("roof", "left"): 2, ("left", "cellar"): 1}).splitlines()

    assert lines[:4] == ["**Downward only**", "", "```mermaid", "flowchart TB"]
    drawn = [line.strip() for line in lines[4:]]
    assert {'roof["roof"]', 'left["left"]', 'right["right"]', 'cellar["cellar"]'} <= set(drawn)
    assert {"roof -->|2| left", "left -->|1| cellar", "left ~~~ cellar", "right ~~~ cellar"} <= set(drawn)
    assert not any(WRONG in line for line in drawn)


def test_an_arrow_that_goes_up_is_red() -> None:
    drawn = draw_graph(HOUSE, {("cellar", "roof"): 1, ("roof", "cellar"): 1})

    assert f"linkStyle 1 {WRONG}" in drawn
    assert drawn.index("roof -->|1| cellar") < drawn.index("cellar -->|1| roof")
    assert drawn.count("linkStyle") == 1


def test_only_what_is_between_the_markers_is_replaced() -> None:
    document = f"Before\n{BEGIN}old\n{END}After\n"

    assert replace_drawing(document, "new\n") == f"Before\n{BEGIN}\nnew\n\n{END}After\n"


def test_a_document_without_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="must contain the lines"):
        replace_drawing("Nothing here", "new\n")


# ---- the command


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A project of two rooms, whose document has no drawing yet."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "architecture.md").write_text(BEGIN + END)
    for room in ("roof", "cellar"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").touch()
    (tmp_path / "roof" / "attic.py").write_text("import cellar\n")
    return tmp_path


def run_tool(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.draw_rooms", *arguments],
        cwd=house,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_drawing_is_written_and_then_current(house: Path) -> None:
    stale = run_tool(house, "--check")
    assert (stale.returncode, stale.stderr) == (1, "docs/architecture.md is out of date: run `make rooms`.\n")

    assert run_tool(house).returncode == 0
    assert "roof -->|1| cellar" in (house / "docs" / "architecture.md").read_text()
    assert run_tool(house, "--check").returncode == 0


def test_checking_writes_nothing(house: Path) -> None:
    run_tool(house, "--check")

    assert (house / "docs" / "architecture.md").read_text() == BEGIN + END


def test_an_import_that_goes_up_is_drawn_and_fails(house: Path) -> None:
    (house / "cellar" / "ladder.py").write_text("import roof\n")

    done = run_tool(house)

    assert done.returncode == 1
    assert done.stderr.startswith("cellar must not import roof: ")
    assert WRONG in (house / "docs" / "architecture.md").read_text()
    assert run_tool(house, "--check").returncode == 1


def test_the_drawing_in_the_documentation_is_current() -> None:
    done = run_tool(ROOT, "--check")

    assert (done.returncode, done.stderr) == (0, "")
