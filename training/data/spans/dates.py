"""Dates in the forms that people write and say them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from training.data.number_words import number_words, ordinal_words
from training.data.spans.setting import SpanSetting
from training.data.spans.spoken import digit_words, hyphenated

_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")


@dataclass(frozen=True, slots=True)
class Day:
    """A day, and whether it is told with its year."""

    day: date
    year: bool


def draw_date(setting: SpanSetting) -> Day:
    """Choose a day of a visit, a payment, or another event."""
    rng = setting.rng
    day = date(2023, 1, 1) + timedelta(days=rng.randrange(5 * 365))
    return Day(day, rng.random() < 0.25)


def draw_birth_date(setting: SpanSetting) -> Day:
    """Choose a birth date."""
    return Day(date(1931, 1, 1) + timedelta(days=setting.rng.randrange(94 * 365)), True)


def write_date(value: Day, setting: SpanSetting) -> str:
    """Write a day in one of its forms."""
    forms = _spanish_forms if setting.spanish and setting.rng.random() < 0.9 else _english_forms
    is_said = setting.spoken and setting.rng.random() < 0.75
    text = setting.rng.choice(forms(value, setting.rng, is_said))
    text = hyphenated(text, setting.rng) if is_said else text
    words_before = setting.before.lower().split()
    article = "el " if setting.spanish else "the "
    if words_before and words_before[-1] in ("the", "el", "del", "al") and text.lower().startswith(article):
        text = text[len(article) :]
    return text.lower() if setting.casual and setting.rng.random() < 0.75 else text


def write_birth_date(value: Day, setting: SpanSetting) -> str:
    """Write a birth date, which may also be digits alone."""
    day = value.day
    if not setting.spoken and setting.one_in(12):
        return setting.rng.choice(
            (f"{day:%m%d%Y}", f"{day:%m%d%y}", f"{day:%m %d %Y}", f"{day.month} {day.day} {day:%y}")
        )
    return write_date(value, setting)


def write_old_age(value: int, setting: SpanSetting) -> str:
    """Write an age over 89."""
    words = number_words(value, spanish=setting.spanish)
    return words if (setting.spoken and setting.rng.random() < 0.6) or setting.one_in(8) else str(value)


def _english_forms(value: Day, rng: Random, spoken: bool) -> list[str]:
    day = value.day
    if spoken:
        return _said_forms(value, rng)
    d, m, suffix = day.day, day.month, _suffix(day.day)
    if value.year:
        return [
            f"{m}/{d}/{day:%y}", f"{m}/{d}/{day:%y}", f"{m}/{d}/{day.year}", f"{m}/{d}/{day.year}",
            f"{day:%m/%d/%Y}", f"{day:%m/%d/%Y}", f"{day:%m/%d/%y}", f"{day:%m-%d-%Y}", f"{m}-{d}-{day:%y}",
            f"{m}-{d}-{day.year}", f"{day:%B} {d}, {day.year}", f"{day:%B} {d}, {day.year}", f"{day:%B} {d} {day.year}",
            f"{day:%B} {d}{suffix}, {day.year}", f"{day:%B} {d}{suffix} {day.year}", f"{day:%b} {d} {day.year}",
            f"{day:%b} {d}, {day.year}", f"{day:%b}. {d}, {day.year}", f"{d} {day:%B} {day.year}",
            f"{d} {day:%b} {day.year}", f"{day:%d}-{day:%b}-{day.year}", f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}",
            f"{m}.{d}.{day:%y}", f"{day:%m.%d.%Y}", f"{m}/ {d}/{day.year}", f"{day:%b} {d} '{day:%y}",
            f"{day:%B} {d} {day:%y}", f"the {d}{suffix} of {day:%B} {day.year}",
        ]  # fmt: skip
    return [
        f"{m}/{d}", f"{m}/{d}", f"{m}/{d}", f"{day:%m/%d}", f"{m}-{d}", f"{day:%B} {d}", f"{day:%B} {d}",
        f"{day:%B} {d}{suffix}", f"{day:%B} {d}{suffix}", f"{day:%b} {d}", f"{day:%b} {d}{suffix}", f"{day:%b}. {d}",
        f"{d} {day:%B}", f"{d}{suffix} of {day:%B}", f"the {d}{suffix} of {day:%B}", f"the {d}{suffix}",
        f"the {d}{suffix}", f"the {d}{suffix}", f"{day:%a} {m}/{d}", f"{day:%A}, {day:%B} {d}", f"{day:%A} {m}/{d}",
        f"{day:%A} the {d}{suffix}", f"{m}.{d}", f"{day:%B} the {d}{suffix}", f"{day:%b}{d}",
    ]  # fmt: skip


def _said_forms(value: Day, rng: Random) -> list[str]:
    day = value.day
    d, m, suffix = day.day, day.month, _suffix(day.day)
    ordinal, month = ordinal_words(d), f"{day:%B}"
    if not value.year:
        return [
            f"{month} {ordinal}", f"{month} {ordinal}", f"{month} {d}{suffix}", f"{month} the {ordinal}",
            f"the {ordinal} of {month}", f"the {ordinal}", f"the {d}{suffix}", f"{number_words(m)} {number_words(d)}",
            f"{number_words(m)} slash {number_words(d)}", f"{day:%A} the {ordinal}", f"{month} {number_words(d)}",
            f"{ordinal} of {month}", f"{ordinal} {month}", f"the {ordinal} of {month}",
            f"{_two(m, rng)} {_two(d, rng)}",
        ]  # fmt: skip
    year, short = said_year(day.year, rng), f"{day:%y}"
    short_words = digit_words(short, rng) if short.startswith("0") else number_words(int(short))
    return [
        f"{month} {ordinal} {year}", f"{month} {ordinal} {year}", f"{month} {ordinal}, {year}",
        f"{month} {d}{suffix} {year}", f"{month} {d}{suffix}, {day.year}", f"{month} {d} {day.year}",
        f"the {ordinal} of {month} {year}", f"{number_words(m)} {number_words(d)} {year}",
        f"{number_words(m)} {number_words(d)} {short_words}", f"{m} {d} {short}", f"{m} {d} {day.year}",
        f"{_two(m, rng)} {_two(d, rng)} {year}", f"{number_words(m)} slash {number_words(d)} slash {short_words}",
        f"{month} {ordinal} of {year}", f"{day:%m/%d/%Y}", f"{_two(m, rng)} {_two(d, rng)} {short_words}",
        f"{_two(m, rng)} {_two(d, rng)} {short_words}", f"{number_words(m)} {_two(d, rng)} {short_words}",
        f"{digit_words(f'{day:%m%d%y}', rng)}", f"{digit_words(f'{day:%m%d}', rng)} {year}",
        f"the {ordinal} of {month} {short_words}", f"the {ordinal} of {month}, {year}", f"{ordinal} of {month} {year}",
        f"{ordinal} {month} {year}", f"{number_words(d)} {month} {year}", f"{number_words(d)} of {month} {short_words}",
        f"{month} {ordinal} {short_words}", f"{month} {ordinal} {short_words}", f"{month} the {ordinal} {year}",
        f"{month} the {ordinal}, {short_words}", f"{month} {number_words(d)} {year}",
        f"{month} {number_words(d)} {short_words}", f"{year} {month} {ordinal}",
        f"{year} {_two(m, rng)} {_two(d, rng)}", f"{number_words(m)} {ordinal} {year}",
        f"{_two(m, rng)} dash {_two(d, rng)} dash {short_words}",
    ]  # fmt: skip


def _spanish_forms(value: Day, rng: Random, spoken: bool) -> list[str]:
    day = value.day
    d, m, month = day.day, day.month, _MONTHS[day.month - 1]
    words = "primero" if d == 1 else number_words(d, spanish=True)
    if spoken:
        forms = [f"{words} de {month}", f"{words} de {month}", f"{d} de {month}"]
        if not value.year:
            return [
                *forms, f"el {words}", f"el {d} de {month}", f"el {_WEEKDAYS[day.weekday()]} {words}",
                f"el {words} de {month}", f"el día {words}", f"el {words} del {number_words(m, spanish=True)}",
            ]  # fmt: skip
        year = number_words(day.year, spanish=True)
        years = (f"de {year}", f"del {year}", f"de {day.year}", f"del {day.year}")
        said = [f"{form} {rng.choice(years)}" for form in forms]
        short = number_words(day.year % 100, spanish=True) if day.year % 100 > 9 else year
        return [
            *said, f"{words} del {number_words(m, spanish=True)} del {year}", f"{d} {m} {day.year}",
            f"el {words} de {month} de {year}", f"el {words} de {month} del {short}", f"{words} de {month} {year}",
            f"{words} del {number_words(m, spanish=True)} del {short}", f"{words} de {month} del {short}",
            f"{_two(m, rng, spanish=True)} {_two(d, rng, spanish=True)} {short}",
            f"{_two(d, rng, spanish=True)} {_two(m, rng, spanish=True)} {year}", f"{month} {words} de {year}",
        ]  # fmt: skip
    if value.year:
        return [
            f"{d} de {month} de {day.year}", f"{d} de {month} del {day.year}", f"{d} de {month} {day.year}",
            f"{d}/{m}/{day.year}", f"{day:%d/%m/%Y}", f"{m}/{d}/{day.year}", f"{m}/{d}/{day:%y}", f"{day:%d-%m-%Y}",
            f"{d} {month[:3]} {day.year}", f"{month} {d}, {day.year}", f"{month} {d} {day.year}", f"{day:%m/%d/%Y}",
        ]  # fmt: skip
    return [
        f"{d} de {month}", f"{d} de {month}", f"{d} de {month}", f"el {d} de {month}", f"el {d}", f"{d}/{m}",
        f"{m}/{d}", f"el {d}/{m}", f"{month} {d}", f"{d} {month[:3]}", f"el {_WEEKDAYS[day.weekday()]} {d}",
        f"{words} de {month}",
    ]  # fmt: skip


def said_year(year: int, rng: Random) -> str:
    """Say a year, as in "nineteen eighty two"; sometimes it stays in digits."""
    century, rest = divmod(year, 100)
    if rng.random() < 0.3:
        return str(year)
    if century == 20 and (rest < 10 or rng.random() < 0.3):
        joint = rng.choice((" ", " and "))
        return f"two thousand{joint}{number_words(rest)}" if rest else "two thousand"
    tail = f"oh {number_words(rest)}" if 0 < rest < 10 else number_words(rest) if rest else "hundred"
    return f"{number_words(century)} {tail}"


def _two(number: int, rng: Random, *, spanish: bool = False) -> str:
    if number < 10:
        return digit_words(f"{number:02d}", rng, spanish=spanish)
    return number_words(number, spanish=spanish)


def _suffix(day: int) -> str:
    return "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
