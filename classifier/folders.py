"""Where the tables of words and the models that ship are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SIGNS: Final = Path(__file__).parent / "signs"
MODELS: Final = Path(__file__).parent / "models"
