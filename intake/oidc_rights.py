"""What the identity provider's claims allow: a role at some practices for each value of a claim."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from intake.vocabulary import Role

_ROLES = tuple(Role)
_RULE = re.compile(r"([^=,\s]+)=([a-z]+):([a-z0-9-]+(?:\+[a-z0-9-]+)*)")


@dataclass(frozen=True, slots=True)
class Rights:
    """A role at some practices."""

    role: Role
    practices: tuple[str, ...]


def parse_rights(text: str) -> dict[str, Rights]:
    """Read rules such as `nurses=staff:maple-street, it=admin:maple-street+harbor`, by the claim's value.

    Raises:
        ValueError: a rule cannot be read, or names an unknown role.
    """
    rules: dict[str, Rights] = {}
    for rule in filter(None, (part.strip() for part in text.split(","))):
        found = _RULE.fullmatch(rule)
        if found is None or found[2] not in _ROLES:
            raise ValueError(f"{rule} is not a rule: expected VALUE=ROLE:PRACTICE or VALUE=ROLE:PRACTICE+PRACTICE")
        rules[found[1]] = Rights(Role(found[2]), tuple(found[3].split("+")))
    if not rules:
        raise ValueError("expected at least one rule, such as nurses=staff:maple-street")
    return rules


def combine_rights(rules: dict[str, Rights], values: Iterable[object]) -> Rights | None:
    """Return what several values of the claim allow together, None for nothing.

    A member has one role at all their practices. So the highest role counts, at the practices that some rule gives it
    at: nobody gets a role at a practice for which no rule says so.
    """
    granted = [rules[value] for value in values if isinstance(value, str) and value in rules]
    if not granted:
        return None
    role = max((rights.role for rights in granted), key=_ROLES.index)
    practices = (slug for rights in granted if rights.role == role for slug in rights.practices)
    return Rights(role, tuple(dict.fromkeys(practices)))
