"""The page of a patient's exported data."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
