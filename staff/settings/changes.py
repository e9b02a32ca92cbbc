"""Changing settings: what a change would make of the practice, and whether it may be made."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from inbox.models import SettingVersion, now
from inbox.setting_versions import Change, Standing, add_version, changes_of, read_standing, read_standing_at
from intake.errors import IntakeError
from intake.practice_settings import (
    Conflict,
    Mistake,
    MistakenError,
    Override,
    Value,
    conflicts,
    merge_what_fits,
    read_setting,
    with_settings,
)
from intake.practices import Practice
from staff.settings.fields import Kind, is_same, kind_of
from templates.replies import check_replies
from templates.simple_words import problem_of
from templates.voice_prompts import check_prompts

# What a manager may send notices to. Other addresses name a server of anybody's choice, which this service would then
# talk to from inside its own network: those are for the practices file.
KNOWN_SERVICES = ("sms", "mailto", "mailtos", "slack", "discord", "tgram", "pover", "pagerduty", "opsgenie")
LONGEST_NUMBER = 9  # what every database takes
_PLACE = re.compile(r"practice\[[^\]]*\]\.((?:replies|voice)\.\w+|teams\..+\.notify)")


class OvertakenError(Exception):
    """Somebody else changed the settings meanwhile."""


@dataclass(frozen=True, slots=True)
class Situation:
    """How a practice's settings are.

    Attributes:
        file: the practice of the practices file.
        standing: what was changed over it.
        practice: the practice as it is with that.
        unusable: what does not fit the file any more, so that the file's holds.
    """

    file: Practice
    standing: Standing
    practice: Practice
    unusable: tuple[Mistake, ...]

    @property
    def token(self) -> str:
        """What a page shows as its version: another one when anything was changed, in the file too."""
        said = hashlib.sha256(self.file.model_dump_json().encode()).hexdigest()
        return f"{self.standing.version}.{said[:16]}"

    @property
    def conflicts(self) -> list[Conflict]:
        """The settings of which the file says something else now than when they were changed."""
        return conflicts(self.file, self.standing.overrides)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that may be made: all that then holds over the file, and what is changed by it."""

    overrides: Mapping[str, Override]
    changes: Mapping[str, Change]


def look(session: Session, file: Practice) -> Situation:
    """Return how a practice's settings are now."""
    return _situation(file, read_standing(session, file.slug))


def look_back(session: Session, file: Practice, token: str) -> Situation:
    """Return how they were for the page that has this token, as far as the file has not changed."""
    return _situation(file, read_standing_at(session, file.slug, version_number(token.partition(".")[0])))


def version_number(text: str) -> int:
    """Return the number of a version as a browser sends it; 0, which no version has, for what cannot be one."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else 0


def propose_values(situation: Situation, values: Mapping[str, Value]) -> Proposal:
    """Return the change that gives settings other values.

    Raises:
        MistakenError: one of them cannot be used.
    """
    mistakes = [
        Mistake(key, words) for key, value in values.items() for words in _unfit_for_page(situation, key, value)
    ]
    if mistakes:
        raise MistakenError(mistakes)
    chosen = {key: Override(value, read_setting(situation.file, key)) for key, value in values.items()}
    return _propose(situation, {**situation.standing.overrides, **chosen}, values)


def propose_undoing(situation: Situation, version: SettingVersion, before: Standing) -> Proposal:
    """Return the change that puts back what a version changed; with nothing to change when it is back already.

    Raises:
        MistakenError: what was before cannot be used with the rest as it is now.
    """
    overrides = overrides_without(situation, version, before)
    keys = [key for key in changes_of(version) if overrides.get(key) != situation.standing.overrides.get(key)]
    return _propose(situation, overrides, keys)


def overrides_without(situation: Situation, version: SettingVersion, before: Standing) -> dict[str, Override]:
    """Return what would hold over the file if what a version changed was put back."""
    undone = changes_of(version)
    left = {key: override for key, override in situation.standing.overrides.items() if key not in undone}
    return left | {key: before.overrides[key] for key in undone if key in before.overrides}


def propose_keeping(situation: Situation, key: str, *, file: bool) -> Proposal:
    """Return the change that ends a conflict: by the file's value, or by that which holds now.

    Raises:
        MistakenError: the value cannot be used with the rest as it is now.
    """
    overrides = dict(situation.standing.overrides)
    own = overrides.pop(key)
    if not file:
        overrides[key] = replace(own, file=read_setting(situation.file, key))
    return _propose(situation, overrides, [key])


def make(session: Session, situation: Situation, proposal: Proposal, staff_id: int, undoes: int | None = None) -> int:
    """Write a version, and return its number.

    Args:
        session: an open transaction that writes.
        situation: what the proposal was made from.
        proposal: what is changed.
        staff_id: who changes it.
        undoes: the version that it takes back, if any.

    Raises:
        OvertakenError: there is a newer version than the situation's.
        IntegrityError: one was written at this very moment.
    """
    slug = situation.file.slug
    if read_standing(session, slug).version != situation.standing.version:
        raise OvertakenError
    standing = Standing(situation.standing.version + 1, proposal.overrides)
    add_version(session, slug, standing, proposal.changes, staff_id=staff_id, undoes=undoes)
    return standing.version


def _situation(file: Practice, standing: Standing) -> Situation:
    practice, mistakes = merge_what_fits(file, standing.overrides)
    return Situation(file, standing, practice, tuple(mistakes))


def _propose(situation: Situation, overrides: Mapping[str, Override], keys: Iterable[str]) -> Proposal:
    practice = with_settings(situation.file, {key: override.value for key, override in overrides.items()})
    _check(practice)
    settled, changes = dict(overrides), {}
    for key in keys:
        value, file = read_setting(practice, key), read_setting(situation.file, key)
        if key in settled:
            settled[key] = Override(value, settled[key].file)
        if key in settled and is_same(key, value, file):
            del settled[key]
        changes[key] = Change(read_setting(situation.practice, key), value, file)
    return Proposal(settled, changes)


def _check(practice: Practice) -> None:
    """Check what `intake practice check` does beside the form of the values."""
    from tasks.notification.notifier import (
        check_addresses,  # slow to import, and nothing else of the web process needs it
    )

    try:
        check_addresses(practice)
        check_replies(practice, now())
        check_prompts(practice, now())
    except IntakeError as error:
        place = _PLACE.match(str(error))
        raise MistakenError([Mistake(place[1] if place else None, str(error))]) from None


def _unfit_for_page(situation: Situation, key: str, value: Value) -> list[str]:
    """Return what the practices file may say and the page may not, as others share the process and the network."""
    if kind_of(key) is Kind.WORDS and isinstance(value, str):
        problem = problem_of(value)
        return [problem] if problem else []
    if kind_of(key) is Kind.ADDRESSES and isinstance(value, list):
        before = read_setting(situation.practice, key)
        new = [address for address in value if not isinstance(before, list) or address not in before]
        wrong = [address for address in new if address.partition(":")[0].lower() not in KNOWN_SERVICES]
        return [f"an address begins with {', '.join(KNOWN_SERVICES)} here; others are for the practices file"] * bool(
            wrong
        )
    return []
