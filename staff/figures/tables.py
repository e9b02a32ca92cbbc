"""The tables of the figures page: pure functions from what was counted to what is shown and downloaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress

from intake.vocabulary import TOPICS, Route, Weekday, words_of
from staff import display
from staff.figures.answer_times import AnswerTimes
from staff.figures.queries import AGES, RAISED, Figures, Kind
from staff.figures.statistics import MEDIAN, SLOW, duration, percentile, share

TOO_FEW = "Too few to tell"
NO_HOURS = "No opening hours are set, so every message counts as after hours."
NOT_SURE, NOT_HANDLED = Route.REVIEW.words, "Not handled yet"
HANDED = (Route.URGENT, Route.SAME_DAY, Route.PERSON, Route.FOLLOW_UP, Route.REVIEW)
"""The routes on which Intake leaves the answer to a person, rather than sending the one of an intent."""

_HANDED_WORDS = {Route.REVIEW: "Intake was not sure"}
_GROUPS = ("Less than 1 hour", "1 to 4 hours", "4 to 24 hours", "1 to 3 days", "More than 3 days")
assert len(_GROUPS) == len(AGES) + 1  # noqa: S101 (each group has its words)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading on the page, and the one in a file, which names the unit."""

    heading: str
    in_file: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure: as it is shown, as it is in a file, and its size in the chart, None if it has no bar."""

    shown: str
    value: str | int | float
    size: float | None = None


@dataclass(frozen=True, slots=True)
class FiguresRow:
    """A row: what it is about, and its figures."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        key: its name in an address.
        caption: what it shows.
        columns: the columns, the first of which names the rows.
        rows: the rows.
        note: how it was counted.
        charted: the places of the cells that the chart draws.
        is_over_time: whether the rows follow one another in time, so that the chart's bars stand side by side.
    """

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[FiguresRow, ...]
    note: str = ""
    charted: tuple[int, ...] = (0,)
    is_over_time: bool = False


@dataclass(frozen=True, slots=True)
class TellingPart:
    """What the page shows of a table, whose file has all of it.

    Attributes:
        columns: the columns of which something can be told.
        rows: the rows with the cells of these columns; none if nothing can be told.
        left_out: one sentence for the columns that are not shown; empty if all of them are.
    """

    columns: tuple[Column, ...]
    rows: tuple[FiguresRow, ...]
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure at the top of the page, and what it says."""

    number: str
    words: str
    small: str = ""


def standing_table(figures: Figures, moment: datetime) -> Table:
    """Return who waits right now."""
    everyone: Counter[int] = Counter()
    urgent: Counter[int] = Counter()
    for waiting in figures.waiting:
        if waiting.group is not None:
            everyone[waiting.group] += waiting.count
            urgent[waiting.group] += waiting.count if waiting.is_urgent else 0
    rows = tuple(
        FiguresRow(name, (_count(everyone[place]), _count(urgent[place]))) for place, name in enumerate(_GROUPS)
    )
    oldest = oldest_wait(figures, moment)
    return Table(
        "waiting",
        "Waiting for a person right now",
        (Column("Has waited"), Column("Conversations"), Column("Of these, urgent")),
        rows,
        f"The longest wait is {oldest}. Snoozed conversations count too." if oldest else "Nobody is waiting.",
    )


def oldest_wait(figures: Figures, moment: datetime) -> str:
    """Return how long the longest wait is; empty if nobody waits."""
    since = [waiting.since for waiting in figures.waiting if waiting.since is not None]
    return duration(max(0, int((moment - min(since)).total_seconds()))) if since else ""


def period_tables(figures: Figures, *, has_hours: bool = True) -> list[Table]:
    """Return the tables about the period, in their order on the page.

    Args:
        figures: what was counted.
        has_hours: whether the practice has set opening hours.
    """
    return [
        _hour_table(figures),
        _weekday_table(figures),
        _opening_table(figures, has_hours=has_hours),
        _channel_table(figures),
        _intent_table(figures),
        _handed_table(figures),
        _answer_table(figures),
        _writer_table(figures),
        _consent_table(figures),
    ]


def headlines(figures: Figures, moment: datetime) -> list[Headline]:
    """Return the figures at the top: those about now, then those about the period."""
    messages = count_messages(figures)
    urgent = sum(waiting.count for waiting in figures.waiting if waiting.is_urgent)
    unanswered = sum(waiting.count for waiting in figures.waiting if waiting.group is not None)
    oldest = oldest_wait(figures, moment)
    after_hours = messages - _count_open(figures)
    handed = sum(kind.count for kind in figures.kinds if kind.route in HANDED)
    return [
        Headline(_number(urgent), "urgent and open now", _alarm_words(figures.alarms)),
        Headline(_number(unanswered), "unanswered now", f"the longest for {oldest}" if oldest else ""),
        Headline(_number(messages), "messages from patients"),
        Headline(_number(after_hours), "of them after hours", _share_words(after_hours, messages)),
        Headline(_number(handed), "handed to a person", _share_words(handed, messages)),
        Headline(_number(figures.consents.by_patient + figures.consents.by_staff), "opted out of texts"),
    ]


def count_messages(figures: Figures) -> int:
    """Return how many messages came in within the period."""
    return sum(arrivals.count for arrivals in figures.arrivals)


def topic_of(kind: Kind) -> str:
    """Return what messages are about, in display words: a reviewer knows better than the model."""
    if kind.label in TOPICS:
        return words_of(kind.label)
    if kind.route is None:
        return NOT_HANDLED
    if kind.route in RAISED:
        return words_of(kind.intent) or NOT_SURE
    return NOT_SURE if kind.route == Route.REVIEW else words_of(kind.route)


def telling_part(table: Table) -> TellingPart:
    """Return what a table tells: no column of which no row has enough cases, and no row if there are only zeros."""
    first, *others = table.columns
    told = [any(row.cells[place].shown != TOO_FEW for row in table.rows) for place in range(len(others))]
    if all(told) or not table.rows:
        return TellingPart(table.columns, table.rows)
    rows = tuple(FiguresRow(row.name, tuple(compress(row.cells, told))) for row in table.rows)
    if not any(cell.value for row in rows for cell in row.cells):
        return TellingPart(table.columns, ())
    silent = [column.heading for column, is_told in zip(others, told, strict=True) if not is_told]
    return TellingPart((first, *compress(others, told)), rows, f"{' and '.join(silent)}: {TOO_FEW.lower()}.")


def hour_words(hour: int) -> str:
    """Return an hour of the day as its beginning, such as "3 PM"."""
    return f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}"


def _hour_table(figures: Figures) -> Table:
    counts: Counter[int] = Counter()
    for arrivals in figures.arrivals:
        counts[arrivals.hour] += arrivals.count
    named = [(hour_words(hour), counts[hour]) for hour in range(24)]
    return _shares("hours", "Messages by hour of the day", "From", named, is_over_time=True)


def _weekday_table(figures: Figures) -> Table:
    counts: Counter[int] = Counter()
    for arrivals in figures.arrivals:
        counts[arrivals.weekday] += arrivals.count
    named = [(day.words, counts[place]) for place, day in enumerate(Weekday)]
    return _shares("weekdays", "Messages by day of the week", "Day", named, is_over_time=True)


def _opening_table(figures: Figures, *, has_hours: bool) -> Table:
    is_open = _count_open(figures)
    named = [("During opening hours", is_open), ("After hours", count_messages(figures) - is_open)]
    note = "By the opening hours and holidays as they are set now." if has_hours else NO_HOURS
    return _shares("after-hours", "Messages during and after opening hours", "When", named, note)


def _channel_table(figures: Figures) -> Table:
    words = {str(channel): name for channel, name in display.CHANNELS.items()}
    counts = _count_by(figures.kinds, lambda kind: words.get(kind.channel) or words_of(kind.channel))
    named = [(name, counts.pop(name, 0)) for name in words.values()]
    return _shares("channels", "Messages by channel", "Channel", [*named, *counts.items()])


def _intent_table(figures: Figures) -> Table:
    named = _most_first(_count_by(figures.kinds, topic_of))
    note = "As a reviewer labeled the message, or else as Intake understood it."
    return _shares("intents", "Messages by what they are about", "About", named, note)


def _handed_table(figures: Figures) -> Table:
    counts = Counter(dict.fromkeys(HANDED, 0))
    for kind in figures.kinds:
        if kind.route in HANDED:
            counts[Route(kind.route)] += kind.count
    named = [(_HANDED_WORDS.get(route, route.words), counts[route]) for route in HANDED]
    note = "Messages that Intake did not route by what they are about. The share is of all messages."
    return _shares("handed", "Handed to a person, by reason", "Reason", named, note, whole=count_messages(figures))


def _answer_table(figures: Figures) -> Table:
    return Table(
        "answers",
        "Time to the first answer",
        (
            Column("By"),
            Column("Answered"),
            Column("Median", "Median (seconds)"),
            Column("90th percentile", "90th percentile (seconds)"),
            Column("No answer"),
        ),
        (_answer_row("Automatic reply", figures.automatic), _answer_row("A person, in writing", figures.human)),
        "Automatic replies are timed from their message. People are timed from the first message that needed someone;"
        " those after it count with it. No answer: not yet, or settled without writing. Closed hours count too.",
        charted=(1, 2),
    )


def _answer_row(name: str, times: AnswerTimes) -> FiguresRow:
    answered = times.seconds.total()
    cells = [_wait(percentile(times.seconds, at)) for at in (MEDIAN, SLOW)]
    return FiguresRow(name, (_plain(answered), *cells, _plain(times.unanswered)))


def _writer_table(figures: Figures) -> Table:
    ordered = sorted(
        figures.writers, key=lambda writer: (writer.name is not None, -writer.conversations, writer.name or "")
    )
    rows = tuple(
        FiguresRow(writer.name or "Automatic replies", (_count(writer.conversations), _plain(writer.replies)))
        for writer in ordered
    )
    columns = Column("Who"), Column("Conversations"), Column("Replies")
    note = "A conversation counts for everyone who wrote in it. Replies that did not arrive are left out."
    return Table("members", "Who answered", columns, rows, note)


def _consent_table(figures: Figures) -> Table:
    named = [
        ("Opted out by the patient", figures.consents.by_patient),
        ("Opted out, recorded by staff", figures.consents.by_staff),
        ("No longer opted out", figures.consents.opted_in),
    ]
    rows = tuple(FiguresRow(name, (_count(count),)) for name, count in named)
    note = "Each number counts once, by its last change in the period."
    return Table("opt-outs", "Opt-outs from texts", (Column("Change"), Column("Numbers")), rows, note)


def _shares(
    key: str,
    caption: str,
    first: str,
    named: Sequence[tuple[str, int]],
    note: str = "",
    *,
    whole: int | None = None,
    is_over_time: bool = False,
) -> Table:
    """Return a table of messages and their shares of all."""
    total = sum(count for _, count in named) if whole is None else whole
    columns = Column(first), Column("Messages"), Column("Share", "Share (%)")
    rows = tuple(FiguresRow(name, (_count(count), _share(count, total))) for name, count in named)
    return Table(key, caption, columns, rows, note, is_over_time=is_over_time)


def _count_open(figures: Figures) -> int:
    return sum(arrivals.count for arrivals in figures.arrivals if arrivals.is_open)


def _count_by(kinds: Iterable[Kind], name: Callable[[Kind], str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for kind in kinds:
        counts[name(kind)] += kind.count
    return counts


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _number(count: int) -> str:
    return f"{count:,}"


def _alarm_words(count: int) -> str:
    return f"{_number(count)} unacknowledged {'alarm' if count == 1 else 'alarms'}" if count else "no open alarm"


def _plain(count: int) -> Cell:
    return Cell(_number(count), count)


def _count(count: int) -> Cell:
    return Cell(_number(count), count, count)


def _share(part: int, whole: int) -> Cell:
    found = share(part, whole)
    return _too_few() if found is None else Cell(f"{100 * found:.0f}%", round(100 * found, 1))


def _share_words(part: int, whole: int) -> str:
    """Return a share as words below the count of the part; empty if there is nothing to have a share of."""
    found = share(part, whole)
    if found is None:
        return "too few for a percentage" if whole else ""
    return f"{100 * found:.0f}%"


def _wait(seconds: int | None) -> Cell:
    return _too_few() if seconds is None else Cell(duration(seconds), seconds, seconds)


def _too_few() -> Cell:
    return Cell(TOO_FEW, TOO_FEW.lower())
