"""Python's search for garbage, which a process does without while it starts.

Importing the product makes half a million objects and no garbage. Python would look through them several times, which
takes an eighth of a start.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Search for no garbage meanwhile, and never look through what is there at the end of it again."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
