"""What the attacks have in common."""

from __future__ import annotations

import os

from tests.staff.conftest import console, console_of, hook, start_console

__all__ = ["console", "console_of", "hook", "start_console"]

EXAMPLES = int(os.environ.get("ATTACKS", "15"))
"""How many odd requests each route gets; `make security` asks for more than `make test`."""
