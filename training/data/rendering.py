"""Fill the corpus's slots with fictional values, each in one of the many ways people write them.

Values come from the caller's random generator, so the same state gives the same text. The position of each value is
returned with the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from faker import Faker

from training.data.number_words import ENGLISH_DIGITS, number_words, ordinal_words
from training.errors import TrainingError

_SLOT = re.compile(r"\{([a-z0-9_]+)\}")
_TITLE_BEFORE = re.compile(r"\b(?:dr|doctor|doc|nurse|np|pa)\.?\s*$", re.IGNORECASE)

_LOCALES = ("en_US", "es_MX", "en_IN")
_LOCALE_WEIGHTS = (8, 1, 1)

_CARRIERS = (
    "Aetna", "Cigna", "Humana", "Blue Cross", "BCBS", "Blue Cross Blue Shield", "Anthem",
    "UnitedHealthcare", "United", "UHC", "Kaiser", "Molina", "Centene", "Ambetter", "Oscar",
    "Delta Dental", "MetLife", "Guardian", "VSP", "EyeMed", "Medicaid", "Medicare", "Tricare",
    "Highmark", "Healthfirst", "Regence", "Premera", "Florida Blue", "WellCare", "Optum", "GEHA",
    "Principal", "Davis Vision", "Sun Life", "Meritain",
)  # fmt: skip
_PLANS = (
    "PPO", "HMO", "EPO", "POS", "Gold PPO", "Silver 2000", "Bronze HSA", "Choice Plus",
    "Open Access Plus", "Blue Options", "Medicare Advantage", "Medicare Part B", "Plan G", "Plan F",
    "Platinum 90", "Basic Option", "DPPO", "DHMO", "Preferred PPO", "Select HMO", "Navigate",
    "Standard Option", "Advantage Plus", "HDHP 3000",
)  # fmt: skip
_CPT_CODES = (
    "99213", "99214", "99203", "99204", "99395", "99396", "90834", "90837", "90791", "90785", "97110",
    "97140", "97530", "97161", "98940", "98941", "98942", "92014", "92004", "92015", "92250", "11102",
    "11104", "17000", "17110", "88305", "15823", "30400", "19325", "58970", "58974", "76830", "89250",
    "D0120", "D1110", "D2740", "D2392", "D4341", "D7140", "D8080", "D8090", "D8680", "36415", "80053",
    "85025", "87880", "J0585",
)  # fmt: skip
_SMALL_AMOUNTS = (10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 75, 80, 90, 99, 100, 120, 125, 150, 175, 200, 250)


class SlotError(TrainingError):
    """A message with a slot that cannot be filled."""


@dataclass(frozen=True, slots=True)
class Span:
    """The position of one value: `text[start:end]`, in characters. `kind` is the slot's name."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message with its slots filled, and the positions of the values in order."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Setting:
    """Everything that affects how a value is written."""

    rng: Random
    spoken: bool
    casual: bool
    before: str


def render(text: str, channel: str, rng: Random) -> Rendered:
    """Fill each slot of a message with a new value.

    Args:
        text: The message, with slots such as `{full_name}`.
        channel: The channel of the message; voicemail transcripts spell out some values.
        rng: The random generator for every choice.

    Raises:
        SlotError: The message has an unknown slot.
    """
    if "{" not in text:
        return Rendered(text, ())
    prose = _SLOT.sub("", text)
    casual = prose == prose.lower()
    parts: list[str] = []
    spans: list[Span] = []
    length = position = 0
    for slot in _SLOT.finditer(text):
        before = text[position : slot.start()]
        setting = _Setting(rng, channel == "voicemail", casual, before)
        lead, value = _value(slot[1], setting)
        parts += [before, lead, value]
        start = length + len(before) + len(lead)
        length = start + len(value)
        spans.append(Span(start, length, slot[1]))
        position = slot.end()
    return Rendered("".join([*parts, text[position:]]), tuple(spans))


def _value(kind: str, setting: _Setting) -> tuple[str, str]:
    """Return the value of a slot, and the title before it that is not part of it."""
    if kind not in _VALUES:
        raise SlotError(f"{{{kind}}} is not a known slot: use one of {', '.join(sorted(_VALUES))}")
    value = _VALUES[kind](setting)
    if setting.casual and kind in _LOWERED and setting.rng.random() < 0.7:
        value = value.lower()
    if kind != "provider_name" or _TITLE_BEFORE.search(setting.before):
        return "", value
    return setting.rng.choice(_TITLES_CASUAL if setting.casual else _TITLES), value


_TITLES = ("Dr. ", "Dr. ", "Dr ", "Doctor ", "")
_TITLES_CASUAL = ("dr ", "dr. ", "Dr ", "doc ", "")


@cache
def _fakers() -> tuple[Faker, ...]:
    return tuple(Faker(locale) for locale in _LOCALES)


def _fake(setting: _Setting, *, american: bool = False) -> Faker:
    fakers = _fakers()
    fake = fakers[0] if american else setting.rng.choices(fakers, _LOCALE_WEIGHTS)[0]
    fake.factories[0].random = setting.rng
    return fake


def _first_name(setting: _Setting) -> str:
    return str(_fake(setting).first_name())


def _last_name(setting: _Setting) -> str:
    last = str(_fake(setting).last_name())
    if setting.rng.random() < 0.03:
        last = f"{last}-{_fake(setting).last_name()}"
    return last


def _full_name(setting: _Setting) -> str:
    fake, rng = _fake(setting), setting.rng
    first, last = str(fake.first_name()), str(fake.last_name())
    if setting.spoken:
        if rng.random() < 0.1:
            return f"{first} {last}, {' '.join(last.upper())}"
        return f"{first} {last}"
    forms = (f"{first} {last}",) * 7 + (
        f"{first[0]}. {last}",
        f"{first} {rng.choice('ABCDEFGHJKLMRST')}. {last}",
        f"{last}, {first}",
    )
    return rng.choice(forms)


def _provider_name(setting: _Setting) -> str:
    if setting.rng.random() < 0.8:
        return _last_name(setting)
    return f"{_first_name(setting)} {_last_name(setting)}"


def _relative_name(setting: _Setting) -> str:
    return _first_name(setting) if setting.rng.random() < 0.5 else _full_name(setting)


def _date(setting: _Setting) -> str:
    rng = setting.rng
    return _written_date(setting, date(2026, 1, 1) + timedelta(days=rng.randrange(365)), year=rng.random() < 0.25)


def _birth_date(setting: _Setting) -> str:
    day = date(1936, 1, 1) + timedelta(days=setting.rng.randrange(88 * 365))
    return _written_date(setting, day, year=True)


def _written_date(setting: _Setting, day: date, *, year: bool) -> str:
    rng = setting.rng
    if setting.spoken and rng.random() < 0.7:
        spoken_day = rng.choice(
            (ordinal_words(day.day), f"{day.day}{_suffix(day.day)}", f"the {ordinal_words(day.day)}")
        )
        return f"{day:%B} {spoken_day}" + (f" {_spoken_year(day.year, rng)}" if year else "")
    return rng.choice(_dates_with_year(day) if year else _dates_without_year(day))


def _dates_with_year(day: date) -> tuple[str, ...]:
    return (
        f"{day.month}/{day.day}/{day:%y}",
        f"{day.month}/{day.day}/{day.year}",
        f"{day:%m/%d/%Y}",
        f"{day:%m-%d-%Y}",
        f"{day.month}-{day.day}-{day:%y}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day:%b} {day.day} {day.year}",
        f"{day.day} {day:%B} {day.year}",
        f"{day:%Y-%m-%d}",
        f"{day.month}.{day.day}.{day:%y}",
    )


def _dates_without_year(day: date) -> tuple[str, ...]:
    return (
        f"{day.month}/{day.day}",
        f"{day.month}/{day.day}",
        f"{day:%m/%d}",
        f"{day.month}-{day.day}",
        f"{day:%B} {day.day}",
        f"{day:%B} {day.day}{_suffix(day.day)}",
        f"{day:%b} {day.day}",
        f"{day.day} {day:%B}",
        f"the {day.day}{_suffix(day.day)}",
        f"{day:%a} {day.month}/{day.day}",
    )


def _phone(setting: _Setting) -> str:
    rng = setting.rng
    area = f"{rng.randint(2, 9)}{rng.randint(0, 9)}{rng.randint(0, 9)}"
    line = f"01{rng.randint(0, 99):02d}"
    if setting.spoken and rng.random() < 0.5:
        separator = rng.choice((" ", ", "))
        return separator.join(_spelled(group, rng) for group in (area, "555", line))
    forms = (
        f"({area}) 555-{line}", f"{area}-555-{line}", f"{area}.555.{line}", f"{area}555{line}",
        f"{area} 555 {line}", f"+1 {area} 555 {line}", f"1-{area}-555-{line}", f"+1{area}555{line}",
        f"555-{line}",
    )  # fmt: skip
    return rng.choice(forms)


def _email(setting: _Setting) -> str:
    fake, rng = _fake(setting, american=True), setting.rng
    first, last = str(fake.first_name()).lower(), str(fake.last_name()).lower()
    host = rng.choice(("example.com", "example.org", "example.net", "mail.example.com"))
    user = rng.choice((f"{first}.{last}", f"{first}{last}{rng.randint(1, 99)}", f"{first[0]}{last}", f"{last}_{first}"))
    if setting.spoken:
        return f"{user} at {host}".replace(".", " dot ").replace("_", " underscore ")
    return f"{user}@{host}"


def _address(setting: _Setting) -> str:
    street = str(_fake(setting, american=True).street_address())
    return street.replace("\n", " ")


def _city(setting: _Setting) -> str:
    return str(_fake(setting, american=True).city())


def _state(setting: _Setting) -> str:
    fake = _fake(setting, american=True)
    spelled_out = setting.spoken or setting.rng.random() < 0.3
    return str(fake.state() if spelled_out else fake.state_abbr(include_territories=False))


def _zip(setting: _Setting) -> str:
    digits = f"{setting.rng.randint(1001, 99950):05d}"
    if setting.spoken:
        return _maybe_spelled(digits, setting)
    return f"{digits}-{setting.rng.randint(1, 9999):04d}" if setting.rng.random() < 0.05 else digits


def _ssn(setting: _Setting) -> str:
    rng = setting.rng
    # Social security numbers from 900 up were never issued.
    groups = (str(rng.randint(900, 999)), f"{rng.randint(1, 99):02d}", f"{rng.randint(1, 9999):04d}")
    if setting.spoken:
        return _maybe_spelled("".join(groups), setting)
    return rng.choice(("-", "-", "", " ")).join(groups)


def _amount(setting: _Setting) -> str:
    rng = setting.rng
    whole = rng.choice(_SMALL_AMOUNTS) if rng.random() < 0.4 else rng.randint(12, rng.choice((400, 2000, 9000)))
    if setting.spoken and rng.random() < 0.6:
        return f"{number_words(whole)} {rng.choice(('dollars', 'dollars', 'bucks'))}"
    cents = f".{rng.randint(0, 99):02d}" if rng.random() < 0.3 else ""
    forms = (f"${whole}{cents}", f"${whole}{cents}", f"${whole:,}{cents}", f"{whole} dollars", f"{whole}$")
    return rng.choice(forms if setting.casual else forms[:4])


def _code(*patterns: str) -> Callable[[_Setting], str]:
    """Return a function that generates identifiers: `#` stands for a digit and `?` for a capital letter."""

    def make(setting: _Setting) -> str:
        rng = setting.rng
        drawn = "".join(_drawn(character, rng) for character in rng.choice(patterns))
        return _maybe_spelled(drawn, setting) if setting.spoken else drawn

    return make


def _drawn(character: str, rng: Random) -> str:
    if character == "#":
        return str(rng.randint(0, 9))
    return rng.choice("ABCDEFGHJKLMNPRSTUWXYZ") if character == "?" else character


def _employer(setting: _Setting) -> str:
    return str(_fake(setting, american=True).company())


def _url(setting: _Setting) -> str:
    rng = setting.rng
    page = rng.choice(("portal", "pay", "login", "forms", "billing/statement", "my-chart", "records"))
    site = f"{_fake(setting, american=True).domain_word()}.example.{rng.choice(('com', 'org', 'net'))}"
    if setting.spoken:
        return f"{site} slash {page}".replace(".", " dot ")
    return rng.choice((f"https://{site}/{page}", f"{site}/{page}", f"www.{site}", f"http://{site}/{page}"))


def _from(*values: str) -> Callable[[_Setting], str]:
    return lambda setting: setting.rng.choice(values)


def _spelled(digits: str, rng: Random) -> str:
    zero = rng.choice(("zero", "oh"))
    return " ".join(ENGLISH_DIGITS[int(digit)] if digit != "0" else zero for digit in digits)


def _maybe_spelled(identifier: str, setting: _Setting) -> str:
    """Write an identifier the way people say it: unchanged, character by character, or digit by digit in words."""
    rng = setting.rng
    characters = [character for character in identifier if character.isalnum()]
    form = rng.randrange(3)
    if form == 0:
        return identifier
    if form == 1:
        return " ".join(characters)
    return " ".join(_spelled(c, rng) if c.isdigit() else c for c in characters)


def _suffix(day: int) -> str:
    return "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _spoken_year(year: int, rng: Random) -> str:
    century, rest = divmod(year, 100)
    if rng.random() < 0.4:
        return str(year)
    if century == 20 and rest < 10:
        return f"two thousand {number_words(rest)}" if rest else "two thousand"
    tail = f"oh {number_words(rest)}" if 0 < rest < 10 else number_words(rest)
    return f"{number_words(century)} {tail}"


_VALUES: dict[str, Callable[[_Setting], str]] = {
    "first_name": _first_name,
    "last_name": _last_name,
    "full_name": _full_name,
    "provider_name": _provider_name,
    "relative_name": _relative_name,
    "dob": _birth_date,
    "date": _date,
    "phone": _phone,
    "email": _email,
    "address": _address,
    "city": _city,
    "state": _state,
    "zip": _zip,
    "mrn": _code("######", "#######", "########", "MRN######", "M#######"),
    "account_number": _code("#####", "######", "########", "??-#####", "A######", "####-####"),
    "invoice_number": _code("#####", "######", "INV-#####", "INV######", "2026-####"),
    "ssn": _ssn,
    "ssn_last4": _code("####"),
    "license_number": _code("?#######", "########", "??######", "?###-####-####"),
    "member_id": _code("???#########", "W#########", "##########", "?########", "###-##-####A"),
    "group_number": _code("######", "#####", "G######", "##-#####", "#######-0##"),
    "claim_number": _code("##########", "CLM#######", "2026#######", "?##########", "####-####-##"),
    "policy_number": _code("?#########", "#########", "POL-######", "???#######"),
    "carrier": _from(*_CARRIERS),
    "plan": _from(*_PLANS),
    "amount": _amount,
    "cpt_code": _from(*_CPT_CODES),
    "employer": _employer,
    "url": _url,
}
_LOWERED = frozenset(
    (
        "first_name", "last_name", "full_name", "provider_name", "relative_name", "city", "carrier", "plan",
        "employer", "date", "dob", "address", "state",
    )
)  # fmt: skip
SLOTS = frozenset(_VALUES)
"""The names of the slots that `render` can fill."""
