"""Draw the figures of an evaluation report. The same evaluation always gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.understanding import INTENTS
from training.evaluation.metrics import GROUPS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLES = {"validation": "validation", "cross_style": "cross-style test"}
"""Titles of the sets of messages with an intent."""

_NO_METADATA = {"Date": None, "Creator": None}
_BLUE, _GREY, _ORANGE = "#1f5f8b", "#9aa5ad", "#c8691c"


def draw_figures(evaluation: Mapping[str, Any], folder: Path) -> None:
    """Draw all figures of an evaluation as SVG files in a folder."""
    from matplotlib import rc_context

    parts = [part for part in TITLES if part in evaluation]
    # A fixed salt makes the ids in a file reproducible; text as text, rather than outlines, makes it ten times smaller.
    with rc_context({"svg.hashsalt": "intent", "svg.fonttype": "none", "font.size": 9.0}):
        for part in parts:
            _save(_confusion(evaluation[part], TITLES[part]), folder / f"confusion-{part}.svg")
            _save(_reliability(evaluation[part], TITLES[part]), folder / f"reliability-{part}.svg")
            _save(_groups(evaluation[part], TITLES[part]), folder / f"groups-{part}.svg")
        _save(_risk_coverage({TITLES[part]: evaluation[part] for part in parts}), folder / "risk-coverage.svg")


def _figure(width: float, height: float) -> Figure:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    return figure


def _save(figure: Figure, path: Path) -> None:
    layout = figure.get_layout_engine()
    if layout is not None:
        # Done here, it spares drawing everything twice.
        layout.execute(figure)
        figure.set_layout_engine(None)
    figure.savefig(path, format="svg", metadata=_NO_METADATA)


def _confusion(measured: Mapping[str, Any], title: str) -> Figure:
    figure = _figure(6.4, 5.2)
    axes = figure.add_subplot()
    counts = [[measured["confusion"][right].get(predicted, 0) for predicted in INTENTS] for right in INTENTS]
    shares = [[count / max(sum(row), 1) for count in row] for row in counts]
    axes.pcolormesh(shares, cmap="Blues", vmin=0.0, vmax=1.0, edgecolors="white", linewidth=1)
    for row, column in ((row, column) for row in range(len(INTENTS)) for column in range(len(INTENTS))):
        if counts[row][column]:
            color = "white" if shares[row][column] > 0.5 else "black"
            axes.text(column + 0.5, row + 0.5, str(counts[row][column]), ha="center", va="center", color=color)
    places, names = [place + 0.5 for place in range(len(INTENTS))], [intent.replace("_", " ") for intent in INTENTS]
    axes.set_xticks(places, names, rotation=35, ha="right")
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set(xlabel="predicted", ylabel="correct", title=f"Intents: {title}")
    return figure


def _reliability(measured: Mapping[str, Any], title: str) -> Figure:
    figure = _figure(7.2, 3.4)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, when in zip(panels, ("before", "after"), strict=True):
        found = measured["calibration"][when]
        axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1)
        sizes = [4 + 60 * part["messages"] / measured["messages"] for part in found["bins"]]
        confidence = [part["confidence"] for part in found["bins"]]
        accuracy = [part["accuracy"] for part in found["bins"]]
        axes.plot(confidence, accuracy, color=_BLUE, linewidth=1)
        axes.scatter(confidence, accuracy, s=sizes, color=_BLUE)
        axes.set(xlabel="confidence", xlim=(0, 1.02), ylim=(0, 1.02))
        axes.set_title(f"{when} calibration, error {found['expected_error']:.3f}")
    panels[0].set_ylabel("accuracy")
    figure.suptitle(f"Reliability: {title}")
    return figure


def _risk_coverage(measured: Mapping[str, Mapping[str, Any]]) -> Figure:
    figure = _figure(5.6, 3.6)
    axes = figure.add_subplot()
    for (title, part), color in zip(measured.items(), (_BLUE, _ORANGE), strict=False):
        curve = part["risk_coverage"]["curve"]
        risk = [100 * (1 - accuracy) for accuracy in curve["accuracy"]]
        axes.plot(curve["coverage"], risk, color=color, label=title, linewidth=1.5)
    axes.axhline(1.0, color=_GREY, linewidth=1)
    axes.set(xlabel="share of messages acted on, most confident first", ylabel="errors among them, %", xlim=(0, 1))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, loc="upper left")
    return figure


def _groups(measured: Mapping[str, Any], title: str) -> Figure:
    rows = [
        (f"{group}: {name}", part["accuracy"]) for group in GROUPS for name, part in measured[f"by_{group}"].items()
    ]
    figure = _figure(6.4, 1.2 + 0.19 * len(rows))
    axes = figure.add_subplot()
    for place, (_, accuracy) in enumerate(rows):
        axes.plot([accuracy["low"], accuracy["high"]], [place, place], color=_GREY, linewidth=2)
    axes.plot([accuracy["share"] for _, accuracy in rows], range(len(rows)), "o", color=_BLUE, markersize=4)
    axes.axvline(measured["int8"]["accuracy"], color=_BLUE, linewidth=0.8)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set(xlabel="accuracy, 95% interval", title=f"Groups: {title}", ylim=(len(rows) - 0.4, -0.6))
    _leave_room(axes)
    return figure


def _leave_room(axes: Axes) -> None:
    low, _ = axes.get_xlim()
    axes.set_xlim(low, 1.005)
