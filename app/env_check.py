"""Warning at the start of names in `.env` that look like a setting, but are none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from dotenv import dotenv_values

from intake.settings import ENV_FILE, Settings

# so that the settings of other programs, which may stand in the same file, are left alone
ALIKE = 0.85


def warn_of_misspelled_settings(say: Callable[[str], None]) -> None:
    """Print a warning for each misspelled setting in `.env`, which would be ignored without a word.

    Args:
        say: prints a line.
    """
    for name, meant in find_misspelled(dotenv_values(ENV_FILE)):
        say(f"Warning: {ENV_FILE} sets {name}, which is no setting. Did you mean {meant}?")


def find_misspelled(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the names that are almost a setting's, each with that setting."""
    settings = [name.upper() for name in Settings.model_fields]
    unknown = [name for name in names if name.upper() not in settings]
    return [(name, meant[0]) for name in unknown if (meant := get_close_matches(name.upper(), settings, 1, ALIKE))]
