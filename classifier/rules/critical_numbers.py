"""Find readings that are an emergency by their number alone, from `signs/critical_numbers.toml`.

"Potassium 6.8", "my sugar is 38", "190 over 125": what a network makes of a number is luck, and a critical value is a
matter of comparing two numbers. A dose, a clock, a price, or what a number should be is no reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from math import inf
from typing import Any, Final, NamedTuple

from classifier.folders import SIGNS
from classifier.outputs import Language
from classifier.rules.danger_signs import NOTHING, Guards, fill_in, load_tables, parse_table

TABLE: Final = SIGNS / "critical_numbers.toml"

_NUMBER: Final = r"(?<![\d.,/$-])(?P<number>\d{1,4}(?:[.,]\d{1,2})?)(?![\d:]|[.,]\d|/\d|-\d{1,2}\b|-\d{4})"
_DIGIT: Final = re.compile(r"\d")
_GAP: Final = "[ ,:=~(-]"
# A measure and "at" alone before a small number is a time: "INR at 9".
_BEFORE_CLOCK: Final = re.compile(r"(?:test|today|now|levels?|count|back|hoy|[ ,:-])*(?:at|in|to|a|la|el|de|en)? *")
_TIMES: Final = re.compile(r" (?:tomorrow|manana|or|o|on|this|next|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b")
_LAST_HOUR: Final = 12
_LATER: Final = re.compile(
    r"\b(?:(?:now|ahora|ahorita|back to|down to|up to)(?: (?:its|is|at|up|down|to|it|esta|en|a|me))* "
    r"(?P<after>\d+(?:[.,]\d+)?)|(?P<before>\d+(?:[.,]\d+)?)%? (?:now|ahora|ahorita))\b"
)
_LATER_WITHIN: Final = 80
_PRESSURES: Final = re.compile(
    r"(?<![\d/.$-])\b(?P<upper>1\d\d|2\d\d|300) ?(?:/|over|sobre|con) ?(?P<lower>\d{2,3})"
    r"(?![\d/]|\.\d|-\d| ?(?:mgs?|mcg|ml|lbs?|units?|dollars|bucks|people)\b)"
)
_UPPER_HIGH: Final = 200
_LOWER_HIGH: Final = 120
_BOTH_HIGH: Final = (180, 110)
_LOWER_LEAST: Final = 60


class Measurement(NamedTuple):
    """What is measured, in one language: what finds a reading of it, and which numbers are critical.

    Attributes:
        readings: What finds readings, with the number in a group of that name.
        reads: What tells of a critical reading without a number.
        unless: What in the same sentence makes it something else.
        least: The least number that is a reading.
        most: The greatest one.
        low: The greatest number that is too low.
        high: The least number that is too high.
    """

    readings: tuple[re.Pattern[str], ...]
    reads: re.Pattern[str]
    unless: re.Pattern[str]
    least: float
    most: float
    low: float
    high: float

    def is_critical(self, number: float) -> bool:
        """Return whether a number is a reading, and too low or too high."""
        return self.least <= number <= self.most and (number <= self.low or number >= self.high)


class Finder(NamedTuple):
    """What finds critical readings in one language.

    Attributes:
        language: The language.
        guards: What sets a reading aside.
        measures: What is measured.
        supposed: What right before a reading makes it one that only may come or should be.
    """

    language: Language
    guards: Guards
    measures: tuple[Measurement, ...]
    supposed: re.Pattern[str]

    def readings_in(self, sentences: str) -> Iterator[re.Match[str]]:
        """Find the critical readings in a message from `break_sentences`."""
        has_number = _DIGIT.search(sentences) is not None
        for measure in self.measures:
            patterns = measure.readings if has_number else ()
            found = (match for pattern in patterns for match in pattern.finditer(sentences))
            critical = (match for match in found if _is_critical(measure, match, sentences))
            for reading in (*critical, *measure.reads.finditer(sentences)):
                before, after = _rest_of_sentence(reading, sentences)
                is_else = measure.unless.search(before + reading.group() + after)
                if not is_else and not self.supposed.search(before):
                    yield reading
        for pair in _PRESSURES.finditer(sentences):
            if _is_high_pair(pair) and not self.supposed.search(_rest_of_sentence(pair, sentences)[0]):
                yield pair


@cache
def load_finders() -> tuple[Finder, ...]:
    """Return what finds critical readings in each language, read once per process."""
    table = parse_table(TABLE.read_text(encoding="utf-8"), TABLE.name)
    fragments = table.pop("fragments")
    return tuple(
        Finder(
            language=signs.language,
            # "My chart says 6.8" does not talk about a danger in general, but reports one.
            guards=signs.guards._replace(spoken_of=re.compile(NOTHING)),
            measures=tuple(_compile_measure(name, entry, fragments, signs.language) for name, entry in table.items()),
            supposed=re.compile(rf"\b{fragments['supposed']}$"),
        )
        for signs in load_tables()
    )


def _compile_measure(
    name: str, entry: Mapping[str, Any], fragments: Mapping[str, str], language: Language
) -> Measurement:
    def filled(key: str) -> str | None:
        patterns = entry.get(key, {})
        pattern = patterns if isinstance(patterns, str) else patterns.get(language)
        return None if pattern is None else fill_in(pattern, fragments, f"{TABLE.name}: {name}")

    number = rf"{_NUMBER}(?! ?{fragments['unit']}\b)"
    names, behind = filled("names"), filled("behind")
    readings = [rf"\b{names}(?!\w)(?P<between>(?:{_GAP}+{fragments['between']}\b)*){_GAP}*{number}"] if names else []
    if behind:
        readings.append(rf"(?P<between>){_NUMBER} ?{behind}\b")
    least, most = entry.get("range", (inf, -inf))
    return Measurement(
        readings=tuple(re.compile(reading) for reading in readings),
        reads=re.compile(rf"\b(?:{filled('reads') or NOTHING})"),
        unless=re.compile(rf"\b(?:{filled('unless') or NOTHING})\b"),
        least=least,
        most=most,
        low=entry.get("low", -inf),
        high=entry.get("high", inf),
    )


def _is_critical(measure: Measurement, reading: re.Match[str], sentences: str) -> bool:
    """Return whether the number of a reading is critical, and neither a time nor followed by a better one."""
    number = _read_number(reading["number"])
    _, after = _rest_of_sentence(reading, sentences)
    if not measure.is_critical(number) or _is_time(reading, number, after):
        return False
    later = _LATER.search(after[:_LATER_WITHIN])
    return later is None or measure.is_critical(_read_number(later["after"] or later["before"]))


def _is_time(reading: re.Match[str], number: float, after: str) -> bool:
    """Return whether a small number may be the time of a test: "INR at 9", "INR 9 tomorrow"."""
    if number > _LAST_HOUR or not reading["number"].isdigit():
        return False
    at = _BEFORE_CLOCK.fullmatch(reading["between"])
    return at is not None and (bool(at.group().strip()) or _TIMES.match(after) is not None)


def _is_high_pair(pair: re.Match[str]) -> bool:
    """Return whether two numbers are those of a blood pressure, and one of them or both are too high."""
    upper, lower = int(pair["upper"]), int(pair["lower"])
    if not _LOWER_LEAST <= lower < upper:
        return False
    return upper >= _UPPER_HIGH or lower >= _LOWER_HIGH or (upper >= _BOTH_HIGH[0] and lower >= _BOTH_HIGH[1])


def _read_number(digits: str) -> float:
    return float(digits.replace(",", "."))


def _rest_of_sentence(found: re.Match[str], sentences: str) -> tuple[str, str]:
    """Return what stands in a sentence before and after something found in it."""
    before = sentences[: found.start()].rpartition("\n")[2]
    return before, sentences[found.end() :].partition("\n")[0]
