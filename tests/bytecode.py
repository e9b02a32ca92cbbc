"""What the tests are compiled to, kept for the other processes of a run and for the runs that follow.

Rewriting every `assert`, as pytest does, takes longer than all the rest of the collection, in each test process.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from _pytest.assertion import rewrite


def keep_bytecode() -> None:
    """Have this process and those that it starts keep what they compile, whatever the environment says."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def rewrite_once(config: pytest.Config) -> None:
    """Rewrite what the test processes will collect, unless that is done already; they all start at the same time."""
    for module in _collected(config.args):
        folder = rewrite.get_cache_dir(module)
        kept = folder / (module.stem + rewrite.PYC_TAIL)
        if rewrite._read_pyc(module, kept) is None and rewrite.try_makedirs(folder):
            with contextlib.suppress(SyntaxError):  # which the collection reports
                digest, code = rewrite._rewrite_test(module, config)
                rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, digest, kept)


def _collected(arguments: Iterable[str]) -> Iterator[Path]:
    for argument in arguments:
        place = Path(argument.partition("::")[0]).absolute()
        yield from place.rglob("test_*.py") if place.is_dir() else [place]
