"""Parse JSON in the answers of language models."""

from __future__ import annotations

import json
from typing import Any


def parse_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object in an answer, ignoring any text around it, such as a code fence; None without one."""
    start, end = text.find("{"), text.rfind("}")
    try:
        content = json.loads(text[start : end + 1])
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
