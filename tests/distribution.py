"""How the tests are dealt out to the processes that run them: what shares something costly stays together.

A unit goes to one process, as a whole. Those that take long for few tests begin first, so that no process works on
one alone in the end.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

FIRST = ("browser", "e2e", "training", "postgres", "app")
CONSOLES = ("test_console.py", "test_operations.py", "test_review.py")  # each test has a console of its own
CONSOLE_UNIT, PRODUCT_UNIT = "browser: consoles", "browser: the running product"


class UnitScheduling(LoadScopeScheduling):
    """Deals out whole units."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """Returns which unit a test belongs to: its module, unless that starts next to nothing or a whole system.

    A test of `e2e/` starts processes of its own and shares nothing. Those of `browser/` share Chromium, and all but
    the consoles' share one running product.
    """
    module, folder = _module_and_folder(nodeid)
    if folder == "e2e":
        return nodeid
    if folder == "browser":
        return CONSOLE_UNIT if module.name in CONSOLES else PRODUCT_UNIT
    return str(module)


def place_of(nodeid: str) -> int:
    """Returns when a test's turn is: the lowest first."""
    _, folder = _module_and_folder(nodeid)
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


def _module_and_folder(nodeid: str) -> tuple[PurePosixPath, str]:
    module = PurePosixPath(nodeid.partition("::")[0])
    return module, module.parts[1] if len(module.parts) > 2 else ""
