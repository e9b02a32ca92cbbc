"""Objects with a text, one per line, as `intake classify` and `intake redact` read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from intake.errors import IntakeError


def read_objects(source: BinaryIO) -> Iterator[dict[str, Any]]:
    """Yield the object of each line that is not empty.

    Raises:
        IntakeError: a line is not JSON, or not an object with a text.
    """
    for number, line in enumerate(source, start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except ValueError:
            raise IntakeError(f"line {number} is not JSON: expected one object a line") from None
        if not isinstance(item, dict) or not isinstance(item.get("text"), str):
            raise IntakeError(f"line {number} has no `text`: expected an object with a text, a line each")
        yield item
