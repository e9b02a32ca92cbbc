"""Numbers and email addresses that two practices claim, so that a message never reaches the wrong one.

The practices file cannot share one, and the console refuses it. Both can still come to it together: the file may name
a number that another practice added on the console, and two managers may add the same one at the same moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from intake.practice_settings import Override
from intake.practices import Practice


def addresses_of(practice: Practice) -> list[str]:
    """Return every number and email address that a practice's messages come in on."""
    return [*practice.all_numbers, *practice.mail_addresses]


def owners_of(file: Iterable[Practice], current: Iterable[Practice]) -> dict[str, str]:
    """Return the slug of the practice that each number and address belongs to.

    Args:
        file: the practices as the file has them, which has the first word.
        current: the practices with the changes of their managers; the first of them that has it is the next.
    """
    owners: dict[str, str] = {}
    for practice in (*file, *current):
        for address in addresses_of(practice):
            owners.setdefault(address, practice.slug)
    return owners


def without_others(
    slug: str, overrides: Mapping[str, Override], owners: Mapping[str, str]
) -> tuple[dict[str, Override], list[str]]:
    """Return a practice's overrides without what belongs to another practice, and which of them had such."""
    kept, wrong = dict(overrides), []

    def is_anothers(address: object) -> bool:
        return owners.get(str(address), slug) != slug

    for key in ("phone_numbers", "former_emails"):
        override = kept.get(key)
        if override is None or not isinstance(override.value, list):
            continue
        own = [each for each in override.value if not is_anothers(each["number"] if isinstance(each, dict) else each)]
        if len(own) < len(override.value):
            kept[key] = Override(own, override.file)  # type: ignore[arg-type]  # of one kind, as before
            wrong.append(key)
    email = kept.get("email")
    if email is not None and email.value is not None and is_anothers(str(email.value).lower()):
        del kept["email"]
        wrong.append("email")
    return kept, wrong
