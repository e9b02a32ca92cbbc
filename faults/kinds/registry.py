"""The table of faults: each is a function that breaks a running service and lets it mend."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faults.configuration import SQLITE
from faults.service import URGENT_WITHIN_SECONDS, Service

Break = Callable[[Service], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault.

    Attributes:
        name: what the table calls it.
        done: what is done to the service.
        act: does it; texts are sent before, meanwhile, or afterward.
        database: what the service stores messages in.
        starts: whether web and workers run when it begins.
        teams: the practice's teams, as TOML; by default, on-call is told through the hook.
        escalation: whom the practice tells next of an emergency, as TOML; by default, nobody.
        deadline: seconds for the recovery.
        urgent_within: seconds in which staff must hear of an urgent text.
        needs: a program without which it cannot be done.
    """

    name: str
    done: str
    act: Break
    database: str = SQLITE
    starts: bool = True
    teams: str = ""
    escalation: str = "[]"
    deadline: float = 90.0
    urgent_within: float = URGENT_WITHIN_SECONDS
    needs: str | None = None

    @property
    def is_possible(self) -> bool:
        """Whether this machine has what it needs."""
        return self.needs is None or shutil.which(self.needs) is not None


ALL: list[Kind] = []


def fault(name: str, **options: Any) -> Callable[[Break], Break]:
    """Add a function, whose docstring says what is done, to the table of faults."""

    def add(act: Break) -> Break:
        ALL.append(Kind(name, inspect.getdoc(act) or "", act, **options))
        return act

    return add
