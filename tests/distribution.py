"""How `pytest -n` distributes the tests: tests that share something expensive stay in one process.

A whole unit goes to one process. Long units start first, so that no process is left with one at the end while the
others are idle.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

FIRST = ("browser", "e2e", "training", "postgres", "app")
CONSOLES = ("test_console.py", "test_operations.py", "test_review.py")  # each test has a console of its own
CONSOLE_UNIT, PRODUCT_UNIT = "browser: consoles", "browser: the running product"


class UnitScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Distribute whole units."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """Return the unit that a test belongs to, which is its module except in two folders.

    Each test in `e2e/` is its own unit, because it starts its own processes. Modules in `browser/` share Chromium and,
    except for those that test the console, one running product.
    """
    module, folder = _module_and_folder(nodeid)
    if folder == "e2e":
        return nodeid
    if folder == "browser":
        return CONSOLE_UNIT if module.name in CONSOLES else PRODUCT_UNIT
    return str(module)


def place_of(nodeid: str) -> int:
    """Return when a test starts: lower numbers first."""
    _, folder = _module_and_folder(nodeid)
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


def _module_and_folder(nodeid: str) -> tuple[PurePosixPath, str]:
    module = PurePosixPath(nodeid.partition("::")[0])
    return module, module.parts[1] if len(module.parts) > 2 else ""
