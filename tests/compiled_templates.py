"""Templates as the tests use them: each is compiled once for all web applications of a test process."""

from __future__ import annotations

from types import CodeType
from typing import ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class SharedTemplates(BytecodeCache):
    """What was compiled of a template, as long as it reads the same; all applications compile alike."""

    _compiled: ClassVar[dict[tuple[str, str], CodeType | None]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Find what another application compiled."""
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it for the others."""
        self._compiled[bucket.key, bucket.checksum] = bucket.code


def share_compiled_templates() -> None:
    """Have every application that is built from now on share them."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": SharedTemplates()}
