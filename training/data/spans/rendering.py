"""Fill a message's slots with new values in many forms, and keep the place of each.

Marked values, as in `[[NAME|Ana Ruiz]]`, stay as they are, or give way to new ones of their kind half of the time.

`training.data.rendering` fills the same slots for the intent model, for which the place of a value does not matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Final

from intake.vocabulary import EntityKind
from training.data.noise import add_noise_to_parts
from training.data.rendering import SlotError
from training.data.spans.setting import SpanSetting, Values
from training.data.spans.slots import SLOTS

_SLOT = re.compile(r"\{([a-z0-9_]+)\}|\[\[([A-Z_]+)\|(.*?)\]\]", re.DOTALL)
_TITLE_BEFORE = re.compile(
    r"\b(?:dr|dra|doctor|doctora|doc|nurse|np|pa|pt|prof|mr|mrs|ms|miss|señor|señora|sr|sra|enfermera)\.?\s*$",
    re.IGNORECASE,
)
_TITLES = ("Dr. ", "Dr. ", "Dr ", "Doctor ", "")
_TITLES_CASUAL = ("dr ", "dr. ", "Dr ", "doc ", "doctor ", "")
_TITLES_SPANISH = ("Dr. ", "Dra. ", "dr. ", "doctora ", "doctor ", "Dr ", "")

_REPEATED: Final = frozenset(
    ("phone", "fax", "payer_phone", "email", "member_id", "claim_number", "group_number", "policy_number", "mrn",
     "account_number", "invoice_number", "auth_number", "rx_number", "ssn", "medicare_id", "medicaid_id", "dob",
     "license_number", "rx_bin")
)  # fmt: skip
"""The slots of which people say the value twice to be understood."""
_CORRECTED = re.compile(
    r"\b(?:no|not|wait|sorry|actually|wrong|instead|correction|scratch|old|new|other|or|also|and|now|was|perdón|perdon|"
    r"digo|mejor|otro|otra|nuevo|antes|ahora|y|o)\b",
    re.IGNORECASE,
)
_REPEATED_SHARE: Final = 0.7
_SWAPPED_SHARE: Final = 0.5
_SWAPPED: Final = {
    EntityKind.NAME: "full_name", EntityKind.DOB: "dob", EntityKind.DATE: "date", EntityKind.PHONE: "phone",
    EntityKind.EMAIL: "email", EntityKind.MEMBER_ID: "member_id", EntityKind.GROUP_NUMBER: "group_number",
    EntityKind.CLAIM_NUMBER: "claim_number", EntityKind.AMOUNT: "amount", EntityKind.CPT: "cpt_code",
    EntityKind.EMPLOYER: "employer",
}  # fmt: skip
"""The slots whose values may take the place of marked ones."""
_WHOLE = re.compile(r"\w{2,}\W+\w{2,}|\d.*\d", re.DOTALL)
"""A value of more than one word or digit; a single one, such as a last name, has its reason in the text."""
_AGE = re.compile(r"\w+(?: (?:y )?\w+)?|.*\b(?:hundred|cien|ciento)\b.*")
_SPELLED = re.compile(r"(?:\b\w[ .,-]+){2}")


@dataclass(frozen=True, slots=True)
class Slotted:
    """A message with its slots filled: `parts` are its words and, at every second place, the values of `slots`.

    The slot of a marked value is the name of its kind.
    """

    parts: tuple[str, ...]
    slots: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole message."""
        return "".join(self.parts)

    @property
    def spans(self) -> list[tuple[int, int, str]]:
        """The start and end of each value, in characters, and its slot."""
        found: list[tuple[int, int, str]] = []
        length = 0
        for number, part in enumerate(self.parts):
            if number % 2 and part:
                found.append((length, length + len(part), self.slots[number // 2]))
            length += len(part)
        return found


def render_spans(
    text: str, channel: str, rng: Random, values: Values, *, spanish: bool = False, noise: float = 0.0
) -> Slotted:
    """Fill each slot of a message with a new value.

    Args:
        text: The message, with slots such as `{full_name}` or marks such as `[[NAME|Ana]]`, and real line breaks.
        channel: The channel of the message; people say values in a voicemail.
        rng: The random generator for every choice.
        values: Where names, streets, and employers come from.
        spanish: Whether the message is in Spanish.
        noise: Probability of typing noise.

    Raises:
        SlotError: The message has an unknown slot.
    """
    pieces = _SLOT.split(text)
    words, named, marks, written = pieces[::4], pieces[1::4], pieces[2::4], pieces[3::4]
    slots = tuple(slot or mark for slot, mark in zip(named, marks, strict=True))
    unknown = set(slots) - SLOTS.keys() - set(EntityKind)
    if unknown:
        raise SlotError(f"{', '.join(sorted(unknown))} is not a known slot: use one of {', '.join(sorted(SLOTS))}")
    prose = "".join(words)
    setting = SpanSetting(
        rng,
        values,
        spoken=channel == "voicemail",
        spanish=spanish,
        casual=prose == prose.lower(),
        slots=frozenset(slots),
    )
    parts = [words[0]]
    for slot, value, after in zip(slots, written, words[1:], strict=True):
        setting.before = parts[-1]
        if value is None:
            value = _value(slot, setting)
        elif _is_swapped(slot, value, setting):
            value = _value(_SWAPPED[EntityKind(slot)], setting)
        if slot == "provider_name":
            parts[-1] += _title(setting)
        parts += [value, after]
    if rng.random() < noise:
        parts = add_noise_to_parts(parts, channel, rng, spanish=spanish)
    return Slotted(tuple(parts), slots)


def _value(name: str, setting: SpanSetting) -> str:
    slot = SLOTS[name]
    if slot.write is None:
        return str(slot.draw(setting))
    again = name in setting.said and _is_repetition(name, setting)
    value = setting.said[name] if again else slot.draw(setting)
    setting.said[name] = value
    return slot.write(value, setting)


def _is_swapped(kind: str, value: str, setting: SpanSetting) -> bool:
    if kind not in _SWAPPED or not _WHOLE.search(value):
        return False
    if (kind == EntityKind.NAME and _SPELLED.search(value)) or (kind == EntityKind.DOB and _AGE.fullmatch(value)):
        return False
    return setting.rng.random() < _SWAPPED_SHARE


def _is_repetition(name: str, setting: SpanSetting) -> bool:
    """Return whether a value is said once more: the same slot again, and no word between that says otherwise."""
    if name not in _REPEATED or not setting.spoken or _CORRECTED.search(setting.before):
        return False
    return setting.rng.random() < _REPEATED_SHARE


def _title(setting: SpanSetting) -> str:
    if _TITLE_BEFORE.search(setting.before):
        return ""
    titles = _TITLES_SPANISH if setting.spanish else _TITLES_CASUAL if setting.casual else _TITLES
    return setting.rng.choice(titles)
