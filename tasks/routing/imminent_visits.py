"""Finding messages about a visit that is so near that the practice must know before it: late, ill, or not coming.

Everything is decided from the words of a message, the moment it came, and the practice's hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from classifier.text.normalise import normalised, without_accents
from intake.practices import WEEKDAYS, Practice

MOST_READ = 2000
AFTER_OPENING = timedelta(hours=1)
"""How long after the doors open a visit still comes too soon for a message of the night."""
STILL_ON = timedelta(hours=1)
"""How long after its time a visit may still be the one that a patient is late for."""
_FIRST, _LAST = time(7), time(19)  # of visits at a time without AM or PM


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(f'(?:{pattern})' for pattern in patterns)})")


_TODAY = r"today|tonight|this (?:morning|afternoon|evening)|todays|hoy|esta (?:manana|tarde|noche)|ahorita|right now"
_TOMORROW = r"tomm?orr?ow\w*|tmrw?s?|tmw|tmmrw|2morr?ow|tomoro|(?<!la )(?<!esta )manana"
_MINUTES = r"(?:\d+|a few|a couple(?: of)?|several|five|ten|fifteen|twenty|thirty) ?(?:min(?:ute)?s?|m)\b"
_SOME = "(?:a |so |really |very |super |about |like |maybe |around |probably |bit |little |few |lil |running )"
_LATE = _any_of(
    rf"(?:running|runnin) (?:{_SOME}|{_MINUTES} ?)*(?:late|behind)\b",
    rf"(?:be|am|im|were|we are|arrive|get there|there) {_SOME}*{_MINUTES}(?: or so)? late\b",
    rf"(?:ill|will|gonna|going to|might|may|gna) be {_SOME}*late\b(?! (?:on|with|paying|fee))",
    r"late (?:for|to) (?:my|our|the|his|her) (?:\d|appo?in?t|appt|visit|cleaning|check ?up|physical|session)",
    r"(?:voy|llego|llegare|llegando|llegar|vengo|venimos|vamos|ando) (?:a llegar )?"
    r"(?:un poco |como |unos |\d+ min(?:uto)?s? )*(?:tarde|atrasad\w+|retrasad\w+)",
    r"se (?:me|nos) (?:hizo|esta haciendo) tarde",
    r"(?:\d+|unos|pocos) min(?:uto)?s? tarde\b",
)
_VISIT_NOUN = r"(?:appo?in?t\w*|appt\w*|apt|visit|cleaning|slot|check ?up|physical|session|cita|consulta|oclock)"
_DAYS = {
    "mon": "mon(?:day)?|lunes", "tue": "tue(?:s|sday)?|martes", "wed": "wed(?:s|nesday)?|miercoles",
    "thu": "thu(?:r|rs|rsday)?|jueves", "fri": "fri(?:day)?|viernes", "sat": "sat(?:urday)?|sabado",
    "sun": "sun(?:day)?|domingo",
}  # fmt: skip
_ANY_DAY = "|".join(_DAYS.values())
_THE_VISIT = (
    rf"(?:(?:my|our|the|his|her|this|that|todays?|tom\w+) )+(?:\w+ ){{0,3}}?(?:{_VISIT_NOUN}|\d)"
    rf"|(?:{_TODAY}|{_TOMORROW}|{_ANY_DAY})\b|(?:at )?\d"
)
_WILL_NOT_COME = _any_of(
    r"(?:cant|cannot|can not|wont|will not|not going to|not gonna|unable to|not able to|not be able to|couldnt) "
    r"(?:be able to )?(?:"
    r"make it\b(?! (?:through|stop|work|go away|better|to (?:the (?:bathroom|toilet|phone|store|pharmacy|door|stairs)"
    r"|school|work|class)))"
    rf"|(?:make|do|keep) (?:{_THE_VISIT})"
    rf"|get (?:in|to|into|in to|in for) (?:my|our|the|his|her) (?:\w+ ){{0,3}}?(?:{_VISIT_NOUN}|\d)"
    r"|come\b(?! (?:to (?:the (?:phone|door)|school|work|class|terms)|up with|off|down|out))"
    r"|attend\b(?! (?:school|class|work))|get there|be there)",
    r"no (?:puedo|podemos|podre|podremos|voy a poder|vamos a poder|alcanzo a|podra|puede|va a poder) "
    r"(?:a )?(?:ir|llegar|asistir|venir|presentar\w*)\b"
    r"(?! (?:(?:al?|para)(?: la| el)? (?:bano|escuela|colegio|clases?|trabaj\w+|telefono|puerta|farmacia|dormir)"
    r"|de(?:l cuerpo| cuerpo)))",
    rf"(?:cancel|reschedule|cancelar|reprogramar) (?:for |para )?(?:{_TODAY}|{_TOMORROW})\b",
)
_CHANGES = _any_of(
    r"(?:cancel|canceling|cancelling|reschedule|rescheduling|postpone|push back|miss|skip)\b",
    r"(?:move|change|switch) (?:my|our|the|his|her|it)\b",
    r"(?:cancelar|cancele|cancelen|reprogramar|cambiar|faltar|posponer|mover)\b",
    r"(?:do|should|must|shall) (?:i|we|he|she) (?:come|go|be there|show up|keep|bring|have (?:my|the))",
    r"(?:debo|deberia|tengo que|tenemos que) (?:ir|venir|llegar|presentarme)",
)
"""What is about a visit only if the message names one, or its time."""
_STILL = _any_of(
    r"(?:am|are|is|do|have) (?:i|we|he|she|it|my \w+|the \w+)(?: \w+)? still\b",
    r"still (?:come|coming|go|be there|show up|make it|ok(?:ay)?|on for)\b",
    r"still (?:have (?:my|the|an)|good for|see me|good to come)",
    r"(?:todavia|aun|igual|de todos modos) (?:tengo que |puedo |debo )?(?:voy|ir|vengo|venir|llegar|presentarme)",
)
_SAYS_TODAY = re.compile(rf"\b(?:{_TODAY})\b")
_SAYS_TOMORROW = re.compile(rf"\b(?:{_TOMORROW})\b")
_NAMES_DAY = {day: re.compile(rf"(?<!next )\b(?:{names})\b") for day, names in _DAYS.items()}
_OTHER_DAY = (
    rf"(?:(?:next|proxim[ao]) (?:week|month|year|semana|mes)|(?:next |el proximo )?(?:{_ANY_DAY})\b"
    r"|\d{1,2}/\d{1,2}|\d{1,2}(?:st|nd|rd|th)\b|(?:la|el) (?:semana|mes|ano) (?:que viene|proxim[ao])|\d{1,2} de [a-z]+"
    r"|(?:in|en|dentro de) (?:\d+|a|two|three|dos|tres|una) (?:days|weeks?|months?|dias|semanas?))"
)
_ANOTHER_DAY = re.compile(rf"\b{_OTHER_DAY}")
_LATE_ON_ANOTHER_DAY = re.compile(
    r"\b(?:late|behind|tarde)(?: (?:to|for|a|para) (?:my|our|the|mi|la|el)(?: \w+)?)?"
    rf"(?: (?:on|for|this|next|el|este|la))? {_OTHER_DAY}"
)
_OFFER = re.compile(
    r"\b(?:(?:can|could|may|would|should) (?:i|we|you|he|she|it)\b|do you\b|(?:is|are) (?:there|anything|someone)\b"
    rf"|(?:is|are) (?:{_ANY_DAY}|{_TOMORROW})\b|(?:how|what) about\b|maybe\b|instead\b|see you\b|i can\b|anything\b"
    rf"|to (?=(?:the )?(?:next |this )?(?:{_ANY_DAY}|week|month|{_TOMORROW}|\d{{1,2}}(?:st|nd|rd|th)\b)|\d)"
    r"|(?:puedo|puede|pueden|podria\w*|podemos|tienen|tiene|hay|mejor)\b|que tal\b)"
)
"""Where a message goes from the visit that it is about to another time that would do."""
_MOVED_TO = re.compile(rf"\b(?:para|al?) (?=(?:el |la )?(?:proxim[ao]|{_ANY_DAY}|{_TOMORROW}|\d))")
_MOVES = re.compile(r"cambiar|reprogramar|posponer|mover")
_PAUSE = re.compile(r"[.?!;,](?!\d)")
_CLOCK = re.compile(
    r"\b(?P<noon>noon|mediodia)\b"
    r"|\b(?P<h1>\d{1,2})[:.](?P<m1>[0-5]\d)(?: ?(?P<a1>[ap])\.? ?m\b)?"
    r"|\b(?P<h2>\d{1,2}) ?(?P<a2>[ap])\.? ?m\b"
    r"|\b(?:at|by|@|a la|las|de la|till|until|around) ?(?P<h3>\d{1,2})(?! ?(?:min|hour|hr|day|week|am|pm|[:/]|\d))"
    r"|\b(?:my|our|the|for|his|her) (?P<h4>\d{1,2})"
    rf"(?=$|[,.?!;]| {_VISIT_NOUN}| tod| tom| tm| still| (?:is|and|but|ok|can)\b)"
)
_EVENING = re.compile(
    r"de la (?:tarde|noche)|in the (?:afternoon|evening)|tonight|this (?:afternoon|evening)|esta (?:tarde|noche)"
)
_LATER_IN_DAY = re.compile(r"\b(?:afternoon|evening|night|tonight)\b|(?:por|en|de) la (?:tarde|noche)")
_MORNING = re.compile(r"(?:de|por) la manana|in the morning|this morning|esta manana")
_VISIT = re.compile(rf"\b{_VISIT_NOUN}\b")
_OTHER_MATTER = re.compile(
    r"\b(?:late (?:fee|payment|charge|bill)|payments?|period|refund|subscription|autopay|doses?|dosis|pills?|meds?"
    r"|medications?|medicine|tablets?|insulin|refills?|prescriptions?|bandages?|dressing|pastillas?|medicinas?|recetas?|insulina|regla|pagos?)\b"
)
"""What is late, skipped, or changed instead of a visit, unless the message names one."""


class _Clock(NamedTuple):
    hour: int
    minute: int
    is_pm: bool | None


class _Said(NamedTuple):
    """What a text says of a visit's time: how many days ahead it is, and at what time, None if it doesn't say so."""

    days: int | None
    clock: _Clock | None
    is_another_day: bool
    is_later_in_day: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that a message is about.

    Attributes:
        is_today: whether it is on the day of the message.
        at: when it begins, in the practice's zone; None if the message does not say.
        may_be_early_tomorrow: whether it is on the next day, and may be the first of it.
    """

    is_today: bool
    at: datetime | None
    may_be_early_tomorrow: bool = False


def is_visit_soon(text: str, practice: Practice, moment: datetime) -> bool:
    """Return whether a message is about a visit of its own day, or one at which nobody will have read it in time.

    Args:
        text: the message.
        practice: the practice.
        moment: when the message came, aware.
    """
    local = moment.astimezone(ZoneInfo(practice.time_zone))
    visit = find_visit(text, local)
    if visit is None:
        return False
    if visit.is_today or practice.is_open(moment):
        return visit.is_today
    opening = practice.next_opening(moment)
    if opening is None:
        return False
    if visit.at is None:
        tomorrow = local.date() + timedelta(days=1)
        return visit.may_be_early_tomorrow and opening.astimezone(local.tzinfo).date() == tomorrow
    return visit.at <= opening + AFTER_OPENING


def find_visit(text: str, local: datetime) -> Visit | None:
    """Return the visit that a patient is late for, can't come to, or asks about; None if no day is clear.

    Args:
        text: the message.
        local: when it came, in the practice's zone.
    """
    words = without_accents(normalised(text[:MOST_READ]))
    names_visit = _VISIT.search(words) is not None
    if not names_visit and _OTHER_MATTER.search(words):
        return None
    sign = _find_sign(words, names_visit=names_visit or _CLOCK.search(words) is not None)
    if sign is None:
        return None
    is_late = _LATE.search(words) is not None
    said = _read_time(_before_offer(words, sign), sign, local)
    if said.days is None and said.clock is None and not said.is_another_day:
        said = _read_time(words, sign, local)
    is_another_day = _LATE_ON_ANOTHER_DAY.search(words) is not None if is_late else said.is_another_day
    if said.days is None and (is_another_day or (said.clock is None and not is_late)):
        return None
    if said.clock is None:
        is_early = said.days == 1 and not said.is_later_in_day
        return Visit(is_today=not said.days, at=None, may_be_early_tomorrow=is_early)
    at = _next_time(said.clock, said.days, local)
    return Visit(is_today=(is_late and said.days is None) or at.date() == local.date(), at=at)


def _find_sign(words: str, *, names_visit: bool) -> re.Match[str] | None:
    """Return the words that say what becomes of a visit, above all that nobody comes to it in time."""
    sure = [found for found in (_WILL_NOT_COME.search(words), _LATE.search(words)) if found]
    others = [found for found in (_CHANGES.search(words) if names_visit else None, _STILL.search(words)) if found]
    return min(sure or others, key=lambda found: found.start(), default=None)


def _before_offer(words: str, sign: re.Match[str]) -> str:
    """Return a message up to where it asks for another time."""
    offers = [_OFFER.search(words, sign.end()), _MOVED_TO.search(words, sign.end()) if _MOVES.search(sign[0]) else None]
    return words[: min((offer.start() for offer in offers if offer), default=len(words))]


def _read_time(words: str, sign: re.Match[str], local: datetime) -> _Said:
    """Return when the visit is: the time nearest the sign counts, and a day that isn't named after it and a pause."""
    clocks = [
        (_distance(hit, sign), hit.end(), clock) for hit in _CLOCK.finditer(words) if (clock := _to_clock(hit, words))
    ]
    _, end, clock = min(clocks, key=lambda found: found[0], default=(0, 0, None))
    pause = _PAUSE.search(words, max(end, sign.end()))
    named = words[: pause.start()] if pause else words
    days = _days_ahead(named, local)
    if days is None and clock is None:
        days = _days_ahead(words, local)
    is_another_day = days is None and _ANOTHER_DAY.search(named) is not None
    return _Said(days, clock, is_another_day, _LATER_IN_DAY.search(words) is not None)


def _distance(hit: re.Match[str], sign: re.Match[str]) -> int:
    return max(hit.start() - sign.end(), sign.start() - hit.end(), 0)


def _days_ahead(words: str, local: datetime) -> int | None:
    """Return how many days ahead the visit is: 0 or 1; None if the message names neither today nor tomorrow."""
    if _SAYS_TODAY.search(words):
        return 0
    if _SAYS_TOMORROW.search(words):
        return 1
    names = (_NAMES_DAY[WEEKDAYS[(local.weekday() + days) % 7]] for days in (0, 1))
    return next((days for days, name in enumerate(names) if name.search(words)), None)


def _to_clock(hit: re.Match[str], words: str) -> _Clock | None:
    """Return a time of day; None if there is no such hour."""
    place = next((place for place in "1234" if hit[f"h{place}"]), None)
    if place is None:  # noon
        return _Clock(12, 0, is_pm=True)
    hour, half = int(hit[f"h{place}"]), hit[f"a{place}"] if place in "12" else None
    if hour > 23:
        return None
    return _Clock(hour, int(hit["m1"] or 0), is_pm=half == "p" if half else _half_of_day(words, hour))


def _half_of_day(words: str, hour: int) -> bool | None:
    if hour > 12 or _EVENING.search(words):
        return True
    return False if _MORNING.search(words) else None


def _next_time(clock: _Clock, days: int | None, local: datetime) -> datetime:
    """Return the next moment at which it is this time, today or tomorrow if the message says so."""
    halves = (False, True) if clock.is_pm is None else (clock.is_pm,)
    times = [time(clock.hour % 12 + 12 * half, clock.minute) for half in halves]
    times = [at for at in times if len(times) == 1 or _FIRST <= at <= _LAST] or times
    possible = [
        datetime.combine(local.date() + timedelta(days=day), at, tzinfo=local.tzinfo)
        for day in ((0, 1) if days is None else (days,))
        for at in times
    ]
    return next((at for at in possible if at >= local - STILL_ON), possible[-1])
