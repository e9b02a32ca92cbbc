"""Plot the results, each as PNG and as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from training.benchmark.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SMALLEST_COST_TOLD_APART = 0.001
# Room between marks and the frame, as a factor: around a single mark a logarithmic axis might have no width.
_ROOM = 4


def draw_all(results: Sequence[Result], folder: Path) -> list[Path]:
    """Plot accuracy against cost, accuracy against latency, and F1 by intent; return the files."""
    figures = {
        "accuracy_cost": accuracy_against_cost(results),
        "accuracy_latency": accuracy_against_latency(results),
        "f1_by_intent": f1_by_intent(results),
    }
    return [path for name, figure in figures.items() for path in _save(figure, folder / name)]


def accuracy_against_cost(results: Sequence[Result]) -> Figure:
    """Plot the models with a known price; the scale is linear near 0, where local models are."""
    figure, axes = _axes("dollars per 1,000 messages", "accuracy")
    axes.set_xscale("symlog", linthresh=_SMALLEST_COST_TOLD_APART)
    costs = [(result, result.dollars_per_1000) for result in results if result.dollars_per_1000 is not None]
    for result, cost in costs:
        _mark(axes, result, cost)
    dearest = max((cost for _, cost in costs), default=0.0)
    axes.set_xlim(-_SMALLEST_COST_TOLD_APART / 2, max(_SMALLEST_COST_TOLD_APART, dearest) * _ROOM)
    return figure


def accuracy_against_latency(results: Sequence[Result]) -> Figure:
    """Plot all models by their median latency."""
    figure, axes = _axes("median milliseconds for one message", "accuracy")
    axes.set_xscale("log")
    for result in results:
        _mark(axes, result, result.latency_ms[50])
    medians = [result.latency_ms[50] for result in results]
    axes.set_xlim(min(medians) / _ROOM, max(medians) * _ROOM)
    return figure


def f1_by_intent(results: Sequence[Result]) -> Figure:
    """Plot a group of bars for each intent, with one bar per model."""
    from matplotlib.ticker import PercentFormatter

    intents = list(results[0].by_intent)
    height = 0.8 / len(results)
    figure, axes = _axes("F1", "")
    for place, result in enumerate(results):
        positions = [row + (place + 0.5) * height - 0.4 for row in range(len(intents))]
        axes.barh(positions, [result.by_intent[intent]["f1"] for intent in intents], height, label=result.name)
    axes.set_yticks(range(len(intents)), intents)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
    return figure


def _axes(x: str, y: str) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    return figure, axes


def _mark(axes: Axes, result: Result, x: float) -> None:
    from matplotlib.ticker import PercentFormatter

    low, high = result.accuracy_interval
    reach = [[max(0.0, result.accuracy - low)], [max(0.0, high - result.accuracy)]]
    axes.errorbar([x], [result.accuracy], yerr=reach, marker="o", capsize=3)
    axes.annotate(result.name, (x, result.accuracy), xytext=(6, 6), textcoords="offset points", fontsize=8)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))


def _save(figure: Figure, path: Path) -> list[Path]:
    """Save without a date and with fixed ids, so that the same results give the same files."""
    from matplotlib import rc_context

    png, svg = path.with_suffix(".png"), path.with_suffix(".svg")
    layout = figure.get_layout_engine()
    if layout is not None:
        # Done once, it spares placing and drawing everything twice for each file.
        layout.execute(figure)
        figure.set_layout_engine(None)
    with rc_context({"svg.hashsalt": path.name}):
        figure.savefig(png, dpi=150)
        figure.savefig(svg, metadata={"Date": None})
    return [png, svg]
