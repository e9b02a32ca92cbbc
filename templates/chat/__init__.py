"""The chat widget for patients' browsers."""

from __future__ import annotations

from pathlib import Path

WIDGET = Path(__file__).parent / "widget.js"
