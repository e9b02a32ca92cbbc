from __future__ import annotations

from tests.staff.conftest import console, console_of, start_console

__all__ = ["console", "console_of", "start_console"]
