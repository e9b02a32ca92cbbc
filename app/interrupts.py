"""Ctrl-C while a process imports what it needs, when nothing has begun that would have to be tidied up."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130


def end_quietly(_number: int, _frame: FrameType | None) -> None:
    """End the process at once. An exception would come up in the middle of an import, which may take it for its own."""
    os.write(2, b"Interrupted.\n")
    os._exit(INTERRUPTED)


@contextmanager
def quietly_interrupted() -> Iterator[None]:
    """Have Ctrl-C end the process at once meanwhile, without a traceback."""
    before = signal.signal(signal.SIGINT, end_quietly)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
