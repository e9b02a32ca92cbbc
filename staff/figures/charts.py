"""Bar charts as SVG: pure functions from a table to an image. The table says the same, so screen readers skip it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from staff.figures.tables import Table

WIDTH = 440
_LABEL, _VALUE, _SIDE = 180, 84, 14
_BAR, _LINE = 16, 26
_HEIGHT, _FOOT, _HEAD = 180, 22, 16
_LONGEST_LABEL = 24
_MOST_LABELS = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its label, its figure in words, and its length; None if too few stand behind it."""

    label: str
    words: str
    size: float | None


def draw_chart(table: Table) -> Markup:
    """Draw a table's bars; nothing if all of them are empty."""
    bars = [
        _bar(table, row.name, place, cell_place) for place, row in enumerate(table.rows) for cell_place in table.charted
    ]
    if not any(bar.size for bar in bars):
        return Markup("")
    return _columns(bars) if table.is_over_time else _rows(bars)


def _bar(table: Table, name: str, row: int, cell_place: int) -> Bar:
    cell = table.rows[row].cells[cell_place]
    heading = table.columns[cell_place + 1].heading
    label = f"{name.split(',')[0]}, {heading.lower()}" if len(table.charted) > 1 else name
    return Bar(label, cell.shown, cell.size)


def _rows(bars: Sequence[Bar]) -> Markup:
    """Draw the bars below one another, each with its label before and its figure behind it."""
    most = max(bar.size or 0 for bar in bars)
    parts = []
    for place, bar in enumerate(bars):
        top = place * _LINE
        length = (WIDTH - _LABEL - _VALUE) * (bar.size or 0) / most
        middle = top + _BAR / 2 + 5
        parts.append(
            f'<text class="label" x="{_LABEL - 8}" y="{_fixed(middle)}">{escape(_shorten(bar.label))}</text>'
            f'<rect class="bar" x="{_LABEL}" y="{top}" width="{_fixed(length)}" height="{_BAR}" rx="2"/>'
            f'<text class="value" x="{_fixed(_LABEL + length + 6)}" y="{_fixed(middle)}">{escape(bar.words)}</text>'
        )
    return _image(len(bars) * _LINE, parts)


def _columns(bars: Sequence[Bar]) -> Markup:
    """Draw the bars beside one another, with a label below some of them and the figure above the highest."""
    most = max(bar.size or 0 for bar in bars)
    step = (WIDTH - 2 * _SIDE) / len(bars)
    every = -(-len(bars) // _MOST_LABELS)
    highest = max(bars, key=lambda bar: bar.size or 0)
    ground = _HEIGHT - _FOOT
    parts = [f'<line class="ground" x1="0" x2="{WIDTH}" y1="{ground}" y2="{ground}"/>']
    for place, bar in enumerate(bars):
        height = (ground - _HEAD) * (bar.size or 0) / most
        middle = _fixed(_SIDE + (place + 0.5) * step)
        parts.append(
            f'<rect class="bar" x="{_fixed(_SIDE + (place + 0.15) * step)}" y="{_fixed(ground - height)}"'
            f' width="{_fixed(0.7 * step)}" height="{_fixed(height)}" rx="2"/>'
        )
        if place % every == 0:
            label = bar.label if every > 1 else bar.label[:3]
            parts.append(f'<text class="middle" x="{middle}" y="{_HEIGHT - 6}">{escape(label)}</text>')
        if bar is highest:
            parts.append(
                f'<text class="middle" x="{middle}" y="{_fixed(ground - height - 4)}">{escape(bar.words)}</text>'
            )
    return _image(_HEIGHT, parts)


def _image(height: int, parts: Sequence[str]) -> Markup:
    return Markup(  # noqa: S704  # nosec B704 (outside input is escaped above)
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" aria-hidden="true" focusable="false">{"".join(parts)}</svg>'
    )


def _shorten(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1].rstrip()}…"


def _fixed(value: float) -> str:
    return f"{round(value, 1):g}"
