"""The version that `intake --version` tells."""

from __future__ import annotations

from pathlib import Path

from intake import __version__

_CHECKOUT = Path(__file__).parents[1] / "pyproject.toml"


def installed_version() -> str:
    """Return the version, with the commit that the wheel was built from; a checkout may have changed since."""
    from importlib.metadata import version  # slow to import

    return __version__ if _CHECKOUT.exists() else version("practice-intake")
