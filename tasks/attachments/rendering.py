"""Making a clean picture of an untrusted one, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from inbox.models import Refusal

TIMEOUT_SECONDS = 20
_PROGRAM = Path(__file__).with_name("picture_program.py")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was drawn anew, and its thumbnail, both of `content_type`."""

    content_type: str
    width: int
    height: int
    contents: bytes = field(repr=False)
    thumbnail: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pages:
    """Says that a picture has several pages, so that one drawn anew could not hold it."""


def render(data: bytes) -> Picture | Pages | Refusal:
    """Return a clean copy of a picture, or why there is none; a decoder that crashes or hangs refuses the picture.

    Raises:
        OSError: the process can't be started.
    """
    try:
        # -I: no module of the surroundings can come before Pillow; no environment: no keys
        done = subprocess.run(  # noqa: S603 (a fixed program; the picture is its input)
            [sys.executable, "-I", str(_PROGRAM)], input=data, capture_output=True, timeout=TIMEOUT_SECONDS, env={}
        )
    except subprocess.TimeoutExpired:
        return Refusal.DAMAGED
    if done.returncode != 0:
        return Refusal.DAMAGED
    line, _, rest = done.stdout.partition(b"\n")
    described = json.loads(line)
    if "refused" in described:
        return Refusal(described["refused"])
    if "pages" in described:
        return Pages()
    length = described["bytes"][0]
    return Picture(described["content_type"], described["width"], described["height"], rest[:length], rest[length:])
