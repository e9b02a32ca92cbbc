"""Draw which room imports which, from the imports themselves, into docs/architecture.md.

`python -m tools.draw_rooms` (`make rooms`) writes a Mermaid graph for each layers contract in pyproject.toml.
`--check` writes nothing and fails if the file is out of date. Either way, an import that breaks a contract fails.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import grimp

from tools.written_parts import replace_part

ROOT = Path(__file__).parents[1]
DOCUMENT = Path("docs/architecture.md")
BEGIN, END = "<!-- imports: written by `make rooms` -->\n", "<!-- end of imports -->\n"
WRONG = "stroke:#c00,color:#c00"

Arrow = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Contract:
    """A layers contract.

    Attributes:
        name: what pyproject.toml calls it.
        floors: the rooms, by their module names, from the top floor to the bottom one.
        separate: for each floor, whether its rooms may not import each other.
    """

    name: str
    floors: tuple[tuple[str, ...], ...]
    separate: tuple[bool, ...]

    @property
    def rooms(self) -> tuple[str, ...]:
        """Every room, from top to bottom."""
        return tuple(room for floor in self.floors for room in floor)

    def allows(self, arrow: Arrow) -> bool:
        """Return whether the first room may import the second."""
        importer, imported = (self._floor_of(room) for room in arrow)
        return importer < imported or (importer == imported and not self.separate[importer])

    def _floor_of(self, room: str) -> int:
        return next(number for number, floor in enumerate(self.floors) if room in floor)


def parse_contracts(settings: Mapping[str, Any]) -> list[Contract]:
    """Read the layers contracts from import-linter's settings."""
    return [
        _parse_layers(contract, container)
        for contract in settings["contracts"]
        if contract["type"] == "layers"
        for container in contract.get("containers", [""])
    ]


def _parse_layers(contract: Mapping[str, Any], container: str) -> Contract:
    prefix = f"{container}." if container else ""
    floors = tuple(tuple(prefix + name for name in re.findall(r"[\w.]+", layer)) for layer in contract["layers"])
    return Contract(contract["name"], floors, tuple("|" in layer for layer in contract["layers"]))


def count_importers(imports: Iterable[Arrow], rooms: Sequence[str]) -> dict[Arrow, int]:
    """Count, for each pair of rooms, the modules of the first that import something from the second.

    Args:
        imports: pairs of modules, the importing one first.
        rooms: the rooms to look at; other modules are left out.
    """
    importers: defaultdict[Arrow, set[str]] = defaultdict(set)
    for importer, imported in imports:
        source, target = _room_of(importer, rooms), _room_of(imported, rooms)
        if source and target and source != target:
            importers[source, target].add(importer)
    return {arrow: len(modules) for arrow, modules in importers.items()}


def _room_of(module: str, rooms: Sequence[str]) -> str | None:
    return next((room for room in rooms if f"{module}.".startswith(f"{room}.")), None)


def draw_graph(contract: Contract, arrows: Mapping[Arrow, int]) -> str:
    """Draw a contract's rooms, top floor first, with the number of importing modules on each arrow."""
    order = {room: number for number, room in enumerate(contract.rooms)}
    drawn = sorted(arrows, key=lambda arrow: (order[arrow[0]], order[arrow[1]]))
    lines = [f'    {_id(room)}["{room.replace(".", "/")}"]' for room in contract.rooms]
    lines += [f"    {_id(source)} -->|{arrows[source, target]}| {_id(target)}" for source, target in drawn]
    lines += [f"    {_id(above)} ~~~ {_id(below)}" for above, below in _floors_in_order(contract)]
    lines += [f"    linkStyle {n} {WRONG}" for n, arrow in enumerate(drawn) if not contract.allows(arrow)]
    return "\n".join([f"**{contract.name}**", "", "```mermaid", "flowchart TB", *lines, "```", ""])


def _floors_in_order(contract: Contract) -> Iterator[Arrow]:
    """Yield the invisible links that keep each floor below the one above it."""
    for above, below in pairwise(contract.floors):
        yield from product(above, below)


def _id(room: str) -> str:
    return room.replace(".", "_")


def replace_drawing(document: str, drawing: str) -> str:
    """Return the document with another drawing between its two markers.

    Raises:
        ValueError: the document lacks the markers.
    """
    drawn = replace_part(document, BEGIN, END, f"\n{drawing}\n")
    if drawn is None:
        raise ValueError(f"{DOCUMENT} must contain the lines {BEGIN.strip()} and {END.strip()}")
    return drawn


def read_imports(packages: Sequence[str]) -> list[Arrow]:
    """Return every import between the modules of these packages."""
    graph = grimp.build_graph(*packages, cache_dir=None)
    return [
        (module, imported) for module in graph.modules for imported in graph.find_modules_directly_imported_by(module)
    ]


def main(arguments: Sequence[str]) -> int:
    """Draw or check, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.draw_rooms", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the drawing is out of date")
    checks_only = parser.parse_args(arguments).check
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    contracts, imports = parse_contracts(settings), read_imports(settings["root_packages"])
    counted = [(contract, count_importers(imports, contract.rooms)) for contract in contracts]
    file = ROOT / DOCUMENT
    before = file.read_text("utf-8")
    after = replace_drawing(before, "\n".join(draw_graph(contract, arrows) for contract, arrows in counted))
    wrong = [arrow for contract, arrows in counted for arrow in arrows if not contract.allows(arrow)]
    for importer, imported in wrong:
        print(f"{importer} must not import {imported}: run `lint-imports` to see where it does.", file=sys.stderr)
    is_stale = before != after
    if is_stale and checks_only:
        print(f"{DOCUMENT} is out of date: run `make rooms`.", file=sys.stderr)
    elif is_stale:
        file.write_text(after, "utf-8")
    return 1 if wrong or (is_stale and checks_only) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
