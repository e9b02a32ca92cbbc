"""PyTorch and what needs it, imported only in the test process that runs the tests, as each import takes seconds."""

from __future__ import annotations

import importlib
from functools import cached_property
from typing import Any

from tests.training.conftest import large_imports


class Lazy:
    """A module, or a function or class of a module, that is imported when it is first used.

    It has no private attributes: pytest asks every name of a test module for some, to find what wraps a fixture.
    """

    def __init__(self, module: str, name: str | None = None) -> None:
        """Name what to import."""
        self._module, self._name = module, name

    @cached_property
    def _imported(self) -> Any:
        with large_imports():
            module = importlib.import_module(self._module)
        return getattr(module, self._name) if self._name else module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._imported, name)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._imported(*arguments, **named)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self._imported)
