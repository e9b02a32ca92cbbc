"""Changes to settings: what a change would make of the practice, and whether it is allowed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from inbox.models import SettingVersion, now
from inbox.practices.setting_versions import Change, Standing, add_version, changes_of, read_standing, read_standing_at
from intake.errors import IntakeError
from intake.practice_settings import (
    Conflict,
    Mistake,
    MistakenError,
    Override,
    Setting,
    Value,
    find_conflicts,
    merge_what_fits,
    read_setting,
    setting_of,
    with_settings,
)
from intake.practices import MAIL_PREFIX, TEXT_PREFIX, Practice, is_plain_mail
from intake.setting_editors import EditorKind
from intake.shared_addresses import addresses_of
from staff.settings.arrivals import find_unused
from staff.settings.day_rows import explain_days
from staff.settings.escalation_rows import address_of, explain_row
from staff.settings.form_values import is_same, teams_of
from staff.settings.mistakes import locate_mistake
from staff.settings.number_rows import explain_lines
from staff.settings.route_rows import explain_route
from staff.settings.typed_values import NOT_AN_ADDRESS, explain_typed, full_number
from staff.settings.wordings import explain_wording
from tasks.notification.stopped_phones import find_stopped
from templates.chat_texts import find_blank
from templates.replies import check_replies
from templates.voice_prompts import check_prompts

# Where managers may send notices. Other addresses name any server, which this service would then contact from inside
# its own network, so they are limited to the practices file.
KNOWN_SERVICES = ("sms", "mailto", "mailtos", "slack", "discord", "tgram", "pover", "pagerduty", "opsgenie")
FOR_THE_FILE = (
    "this service can be set in the practices file only. Here, use a phone number, an email address, or an address from"
    " Slack, Discord, Telegram, Pushover, PagerDuty, or Opsgenie"
)
MISSING = "fill this in"
NO_NUMBER = "nobody can be texted yet: the practice has no phone number of its own to text from"
OF_STAFF_MAIL = "notices to your staff go to this address, so patients’ mail cannot. Teams and escalation has it"
LONGEST_NUMBER = 9  # fits the integers of every database


class OvertakenError(Exception):
    """Someone else changed the settings in the meantime."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The current settings of a practice.

    Attributes:
        file: the practice in the practices file.
        standing: the changes on top of it.
        practice: the practice with those changes.
        unusable: changes that no longer fit the file, so that the file's values apply.
        unused: numbers and email addresses that were added here, and that nothing has come in on.
        stopped: the addresses for notices that texted STOP.
    """

    file: Practice
    standing: Standing
    practice: Practice
    unusable: tuple[Mistake, ...]
    unused: frozenset[str] = frozenset()
    stopped: frozenset[str] = frozenset()

    @property
    def token(self) -> str:
        """The version of a page: different after any change, including an edit of the file."""
        digest = hashlib.sha256(self.file.model_dump_json().encode()).hexdigest()
        return f"{self.standing.version}.{digest[:16]}"

    @property
    def conflicts(self) -> list[Conflict]:
        """The settings that the file has a new and different value for since they were changed."""
        return find_conflicts(self.file, self.standing.overrides)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that is allowed: every override after it, and what it changes.

    Attributes:
        overrides: every override after it.
        changes: what it changes, by setting.
        kept: numbers and email addresses that would be gone, but that messages may still come in on.
    """

    overrides: Mapping[str, Override]
    changes: Mapping[str, Change]
    kept: tuple[str, ...] = ()


def load_situation(session: Session, file: Practice) -> Situation:
    """Load the current settings of a practice."""
    return _situation(session, file, read_standing(session, file.slug))


def load_situation_at(session: Session, file: Practice, token: str) -> Situation:
    """Load the settings as the page with this token showed them, on top of the file as it is now."""
    return _situation(session, file, read_standing_at(session, file.slug, version_number(token.partition(".")[0])))


def version_number(text: str) -> int:
    """Return a version number that a browser sent; 0, which no version has, if it is not a number."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else 0


def propose_values(situation: Situation, values: Mapping[str, Value]) -> Proposal:
    """Return the change that gives settings new values.

    Raises:
        MistakenError: some values cannot be used.
    """
    mistakes = [mistake for key, value in values.items() for mistake in _forbidden_here(situation, key, value)]
    if mistakes:
        clear = {key: value for key, value in values.items() if key not in {mistake.key for mistake in mistakes}}
        raise MistakenError(mistakes + _mistakes_in(situation, clear))
    chosen = {key: Override(value, read_setting(situation.file, key)) for key, value in values.items()}
    return _propose(situation, {**situation.standing.overrides, **chosen}, values, _taken_out(situation, values))


def practice_with(situation: Situation, values: Mapping[str, Value]) -> Practice:
    """Return the practice as it would be with these values.

    Raises:
        MistakenError: some values cannot be used.
    """
    overrides = propose_values(situation, values).overrides
    return with_settings(situation.file, {key: override.value for key, override in overrides.items()})


def propose_undoing(situation: Situation, version: SettingVersion, before: Standing) -> Proposal:
    """Return the change that undoes a version; it changes nothing if the version is undone already.

    Raises:
        MistakenError: the old values do not fit the other settings as they are now.
    """
    overrides = overrides_without(situation, version, before)
    keys = [key for key in changes_of(version) if overrides.get(key) != situation.standing.overrides.get(key)]
    return _propose(situation, overrides, keys)


def overrides_without(situation: Situation, version: SettingVersion, before: Standing) -> dict[str, Override]:
    """Return the overrides that undoing a version would leave."""
    undone = changes_of(version)
    left = {key: override for key, override in situation.standing.overrides.items() if key not in undone}
    return left | {key: before.overrides[key] for key in undone if key in before.overrides}


def propose_keeping(situation: Situation, key: str, *, file: bool) -> Proposal:
    """Return the change that ends a conflict, with the file's value or with the current one.

    Raises:
        MistakenError: the value does not fit the other settings as they are now.
    """
    overrides = dict(situation.standing.overrides)
    own = overrides.pop(key)
    if not file:
        overrides[key] = replace(own, file=read_setting(situation.file, key))
    return _propose(situation, overrides, [key])


def write_version(
    session: Session, situation: Situation, proposal: Proposal, staff_id: int, undoes: int | None = None
) -> int:
    """Write a version and return its number.

    Args:
        session: an open transaction that writes.
        situation: the settings that the proposal was based on.
        proposal: the change.
        staff_id: who makes it.
        undoes: the version that it undoes, if any.

    Raises:
        OvertakenError: there is a newer version than the situation's.
        IntegrityError: someone else wrote one at this very moment.
    """
    slug = situation.file.slug
    if read_standing(session, slug).version != situation.standing.version:
        raise OvertakenError
    standing = Standing(situation.standing.version + 1, proposal.overrides)
    add_version(session, slug, standing, proposal.changes, staff_id=staff_id, undoes=undoes)
    return standing.version


def _situation(session: Session, file: Practice, standing: Standing) -> Situation:
    practice, mistakes = merge_what_fits(file, standing.overrides)
    added = set(addresses_of(practice)).difference(addresses_of(file))
    unused, stopped = find_unused(session, file.slug, added), find_stopped(session, practice)
    return Situation(file, standing, practice, tuple(mistakes), unused, stopped)


def _propose(
    situation: Situation, overrides: Mapping[str, Override], keys: Iterable[str], dropped: Collection[str] = ()
) -> Proposal:
    practice = with_settings(situation.file, {key: override.value for key, override in overrides.items()})
    lost, kept = _keep_receiving(situation, practice, dropped)
    if kept:
        chosen = {key: Override(value, read_setting(situation.file, key)) for key, value in kept.items()}
        overrides, keys = {**overrides, **chosen}, dict.fromkeys([*keys, *kept])
        practice = with_settings(situation.file, {key: override.value for key, override in overrides.items()})
    _check_practice(practice)
    settled, changes = dict(overrides), {}
    for key in keys:
        value, file = read_setting(practice, key), read_setting(situation.file, key)
        if key in settled:
            settled[key] = Override(value, settled[key].file)
        if key in settled and is_same(_setting(situation, key), value, file):
            del settled[key]
        if key not in kept or settled.get(key) != situation.standing.overrides.get(key):
            changes[key] = Change(read_setting(situation.practice, key), value, file)
    return Proposal(settled, changes, lost)


def _keep_receiving(
    situation: Situation, after: Practice, dropped: Collection[str]
) -> tuple[tuple[str, ...], dict[str, Value]]:
    """Return what messages would no longer come in on after a change, and the settings with which they do.

    A number or an address that anything has come in on, or that the file names, is known to patients. It goes on as a
    retired number or an earlier address, also if the change that added it is undone.

    Args:
        situation: the settings as they are.
        after: the practice with the change.
        dropped: the addresses that are taken out on purpose.
    """
    leaving = set(situation.unused).union(dropped, addresses_of(after))
    lost = tuple(address for address in addresses_of(situation.practice) if address not in leaving)
    before = {line.number: line for line in situation.practice.phone_numbers}
    numbers = [
        before[address].model_copy(update={"retired": True}).model_dump() for address in lost if address in before
    ]
    mail = [address for address in lost if address not in before]
    former = [address for address in after.former_emails if address.lower() != (after.email or "").lower()]
    kept: dict[str, Value] = {}
    if numbers:
        kept["phone_numbers"] = [line.model_dump() for line in after.phone_numbers] + numbers
    if mail or former != after.former_emails:
        kept["former_emails"] = [*former, *mail]
    return lost, kept


def _taken_out(situation: Situation, values: Mapping[str, Value]) -> set[str]:
    """Return the earlier email addresses that a manager took out of their list; those of the file stay."""
    former = values.get("former_emails", situation.practice.former_emails)
    left = [str(address).lower() for address in former] if isinstance(former, list) else []
    before = {address.lower() for address in situation.practice.former_emails}
    return before.difference(left, addresses_of(situation.file))


def _mistakes_in(situation: Situation, values: Mapping[str, Value]) -> list[Mistake]:
    """Return what is wrong with the values that were clear, so that a page names every problem at once."""
    try:
        propose_values(situation, values)
    except MistakenError as error:
        return error.mistakes
    return []


def _check_practice(practice: Practice) -> None:
    """Run the checks of `intake practice check` that go beyond the form of the values."""
    # Importing this is slow, and nothing else in the web process needs it.
    from tasks.notification.addresses import check_addresses

    try:
        check_addresses(practice)
        check_replies(practice, now())
        check_prompts(practice, now())
    except IntakeError as error:
        raise MistakenError([locate_mistake(error)]) from None


def _forbidden_here(situation: Situation, key: str, value: Value) -> list[Mistake]:
    """Explain what the file allows but the page does not, as other practices share the process and the network."""
    editor = _setting(situation, key).editor
    kind = editor.kind
    if value is None and editor.is_required:
        return [Mistake(key, MISSING)]
    if kind in (EditorKind.STEPS, EditorKind.NUMBERS, EditorKind.DATES) and isinstance(value, list):
        return _explain_rows(situation, key, kind, value)
    if kind is EditorKind.ROUTE:
        before = read_setting(situation.practice, key)
        words = explain_route(key.partition(".")[2], value, before, teams_of(situation.practice)) if value else ""
        return [Mistake(key, words)] if words else []
    if kind is EditorKind.EMAIL and isinstance(value, str) and value.lower() in _mail_of_staff(situation.practice):
        return [Mistake(key, OF_STAFF_MAIL)]
    if kind in (EditorKind.LINE, EditorKind.CHAT_TEXT) and isinstance(value, str):
        blank = _explain_blank(kind, value)
        return [Mistake(key, blank)] if blank else []
    if kind in (EditorKind.REPLY, EditorKind.SPEECH) and isinstance(value, str):
        problem = explain_wording(situation.practice, _setting(situation, key), value)
        return [Mistake(key, problem)] if problem else []
    if kind is EditorKind.ADDRESSES and isinstance(value, list):
        before = read_setting(situation.practice, key)
        new = [str(address) for address in value if not isinstance(before, list) or address not in before]
        found = next(filter(None, (_explain_address(situation.practice, address) for address in new)), None)
        return [Mistake(key, found)] if found else []
    if isinstance(value, list):
        explained = [(number, explain_typed(kind, str(item))) for number, item in enumerate(value, start=1)]
        return [Mistake(key, words, number) for number, words in explained if words]
    words = explain_typed(kind, value) if isinstance(value, str) else ""
    return [Mistake(key, words)] if words else []


def _explain_rows(situation: Situation, key: str, kind: EditorKind, rows: list[Any]) -> list[Mistake]:
    if kind is EditorKind.STEPS:
        return _explain_steps(situation, key, rows)
    if kind is EditorKind.NUMBERS:
        return explain_lines(situation.practice, rows)
    unclear = [row for row in rows if isinstance(row, dict)]  # what is clear are dates
    return explain_days(situation.practice, unclear)


def _mail_of_staff(practice: Practice) -> set[str]:
    """Return the email addresses that notices to staff go to."""
    told = [address for team in practice.teams.values() for address in team.notify]
    told += [step.address for step in practice.escalation if step.address]
    return {address.removeprefix(MAIL_PREFIX).lower() for address in told if is_plain_mail(address)}


def _explain_blank(kind: EditorKind, value: str) -> str:
    if kind is EditorKind.LINE:
        return "leave out { } and [ ], which patients would read as they are" if re.search(r"[{}\[\]]", value) else ""
    blank = find_blank(value)
    return f"nothing fills in {blank}: use a button, or write the words themselves" if blank else ""


def _explain_steps(situation: Situation, key: str, rows: Sequence[object]) -> list[Mistake]:
    """Explain the new rows of the escalation; those of the file may allow more."""
    before, practice = read_setting(situation.practice, key), situation.practice
    found = []
    for number, row in enumerate(rows, start=1):
        if isinstance(row, dict) and not (isinstance(before, list) and row in before):
            wrong = explain_row(row, teams_of(practice))
            if address_of(row) and "address" not in wrong:
                wrong["address"] = _explain_address(situation.practice, address_of(row))
            found += [Mistake(key, words, number, part) for part, words in wrong.items() if words]
    return found


def _explain_address(practice: Practice, address: str) -> str:
    """Return why a new address cannot be used here, empty if nothing is wrong so far."""
    if is_plain_mail(address):
        is_own = address.removeprefix(MAIL_PREFIX) in practice.mail_addresses
        return "this is the practice’s own address, whose mail comes in here; use another" if is_own else ""
    if address.startswith(TEXT_PREFIX):
        number = address.removeprefix(TEXT_PREFIX)
        if full_number(number) != number:
            return NOT_AN_ADDRESS
        return "" if practice.texts_from else NO_NUMBER
    if "://" not in address:
        return NOT_AN_ADDRESS
    if address.partition(":")[0].lower() not in KNOWN_SERVICES:
        return FOR_THE_FILE
    inside = "a notice cannot go to a host inside the network; use the practices file for those"
    return inside if _is_inside_network(address) else ""


def _is_inside_network(address: str) -> bool:
    from tasks.notification.addresses import names_private_host  # slow to import, like `check_addresses`

    return names_private_host(address)


def _setting(situation: Situation, key: str) -> Setting:
    return setting_of(type(situation.file), key)
