"""SVG plots: pure functions from figures to an image with a text alternative; the page lists the figures as well.

All styling is in the style sheet, because the page's policy forbids inline styles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 360, 250
LEFT, RIGHT, TOP, BOTTOM = 44, 14, 14, 42
LEAST_RADIUS, MOST_RADIUS = 2.5, 7.0


@dataclass(frozen=True, slots=True)
class Point:
    """A measured share.

    Attributes:
        x: the position along the bottom, 0 to 1.
        y: the share, 0 to 1.
        low: the lower end of its interval.
        high: the upper end of its interval.
        size: its weight, 0 to 1, shown as the dot's area.
        name: the dot's tooltip.
    """

    x: float
    y: float
    low: float
    high: float
    size: float = 0.0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of a plot.

    Attributes:
        key: the plot's id on the page, in letters, digits, and hyphens.
        title: the title for screen readers.
        description: the description for screen readers.
        x: the label of the bottom axis.
        y: the label of the side axis.
    """

    key: str
    title: str
    description: str
    x: str
    y: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot's range: 0 to 1 along the bottom, `low` to 1 along the side."""

    low: float = 0.0

    def x(self, value: float) -> float:
        """Return a share's horizontal position in the image, kept within the frame."""
        return LEFT + _within(value) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return a share's vertical position in the image, kept within the frame."""
        return TOP + (1 - _within((value - self.low) / (1 - self.low))) * (HEIGHT - TOP - BOTTOM)


def over_time(texts: Texts, points: Sequence[Point], labels: Sequence[str]) -> Markup:
    """Draw a share over time: a dot and its interval for each period, joined by a line.

    Args:
        texts: the words.
        points: the periods, in order of time.
        labels: the names of the first and last periods, or of the only one.
    """
    frame = Frame(_lower_end(points))
    parts = [_side(frame), _words(texts), *_ends(labels)]
    parts += [_line([(frame.x(point.x), frame.y(point.y)) for point in points], "line"), *_dots(frame, points)]
    return _image(texts, parts)


def reliability(texts: Texts, points: Sequence[Point]) -> Markup:
    """Draw accuracy against confidence; on the diagonal, the two are equal.

    Args:
        texts: the words.
        points: the ranges of confidence, in order.
    """
    frame = Frame()
    diagonal = _line([(frame.x(0), frame.y(0)), (frame.x(1), frame.y(1))], "ideal")
    return _image(texts, [_side(frame), _bottom(frame), _words(texts), diagonal, *_dots(frame, points)])


def coverage(texts: Texts, curve: Sequence[Point], current: Point | None) -> Markup:
    """Draw accuracy against the share of messages handled automatically, and mark the current threshold.

    Args:
        texts: the words.
        curve: the thresholds, in order.
        current: the practice's current threshold, None if it is unknown.
    """
    marked = [current] if current else []
    frame = Frame(_lower_end([*curve, *marked]))
    band = [(frame.x(point.x), frame.y(point.high)) for point in curve]
    band += [(frame.x(point.x), frame.y(point.low)) for point in reversed(curve)]
    parts = [_side(frame), _bottom(frame), _words(texts), _shape(band)]
    parts.append(_line([(frame.x(point.x), frame.y(point.y)) for point in curve], "line"))
    if current:
        across = _number(frame.x(current.x))
        parts.append(f'<line class="mark" x1="{across}" x2="{across}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        parts += _dots(frame, marked)
    return _image(texts, parts)


def _image(texts: Texts, parts: Iterable[str]) -> Markup:
    title, description = f"{texts.key}-title", f"{texts.key}-description"
    return Markup(  # noqa: S704  # nosec B704 (outside input is escaped below)
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{title} {description}">'
        f'<title id="{title}">{escape(texts.title)}</title>'
        f'<desc id="{description}">{escape(texts.description)}</desc>{"".join(parts)}</svg>'
    )


def _lower_end(points: Sequence[Point]) -> float:
    """Return the start of the side axis: the tenth below the lowest interval, so that differences are visible."""
    lowest = min((_within(point.low) for point in points), default=0.0)
    return min(9, math.floor(10 * lowest)) / 10


def _side(frame: Frame) -> str:
    return "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_number(frame.y(value))}"'
        f' y2="{_number(frame.y(value))}"/>'
        f'<text class="tick side" x="{LEFT - 6}" y="{_number(frame.y(value) + 4)}">{value:.0%}</text>'
        for value in _ticks(frame.low)
    )


def _ticks(low: float) -> list[float]:
    """Return about five round shares, from 1 down to the lower end."""
    step = next(step for step in (2, 5, 10, 20) if 100 * (1 - low) <= 5 * step + 1e-6)
    return [percent / 100 for percent in range(100, round(100 * low) - 1, -step)]


def _bottom(frame: Frame) -> str:
    return "".join(
        f'<text class="tick bottom" x="{_number(frame.x(step / 4))}" y="{HEIGHT - BOTTOM + 16}">{step / 4:.0%}</text>'
        for step in range(5)
    )


def _ends(labels: Sequence[str]) -> list[str]:
    """Return the labels at the ends of the time axis."""
    across = {"start": LEFT, "middle": LEFT + (WIDTH - LEFT - RIGHT) / 2, "end": WIDTH - RIGHT}
    kinds = ("start", "end") if len(labels) > 1 else ("middle",) * len(labels)
    return [
        f'<text class="tick {kind}" x="{_number(across[kind])}" y="{HEIGHT - BOTTOM + 16}">{escape(label)}</text>'
        for kind, label in zip(kinds, labels, strict=True)
    ]


def _words(texts: Texts) -> str:
    middle = _number(TOP + (HEIGHT - TOP - BOTTOM) / 2)
    return (
        f'<text class="name bottom" x="{_number(LEFT + (WIDTH - LEFT - RIGHT) / 2)}" y="{HEIGHT - 6}">'
        f"{escape(texts.x)}</text>"
        f'<text class="name bottom" transform="translate(11 {middle}) rotate(-90)">{escape(texts.y)}</text>'
    )


def _dots(frame: Frame, points: Iterable[Point]) -> list[str]:
    return [
        f'<g class="dot"><title>{escape(point.name)}</title>'
        f'<line class="interval" x1="{_number(frame.x(point.x))}" x2="{_number(frame.x(point.x))}"'
        f' y1="{_number(frame.y(point.high))}" y2="{_number(frame.y(point.low))}"/>'
        f'<circle cx="{_number(frame.x(point.x))}" cy="{_number(frame.y(point.y))}"'
        f' r="{_number(_radius(point.size))}"/></g>'
        for point in points
    ]


def _radius(size: float) -> float:
    return LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * math.sqrt(_within(size))


def _line(points: Sequence[tuple[float, float]], kind: str) -> str:
    return f'<polyline class="{kind}" points="{_path(points)}"/>' if len(points) > 1 else ""


def _shape(points: Sequence[tuple[float, float]]) -> str:
    return f'<polygon class="band" points="{_path(points)}"/>' if len(points) > 2 else ""


def _path(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{round(value, 1):g}"


def _within(value: float) -> float:
    return min(max(value, 0.0), 1.0)
