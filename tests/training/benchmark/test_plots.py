from __future__ import annotations

import pytest

from training.benchmark.plots import accuracy_against_cost, accuracy_against_latency, f1_by_intent
from training.benchmark.results import Result


def result(name: str = "baseline", latency: float = 3.0, cost: float | None = 0.0) -> Result:
    score = {"precision": 0.8, "recall": 0.8, "f1": 0.8, "messages": 10}
    return Result(
        name=name,
        accuracy=0.8,
        accuracy_interval=(0.7, 0.9),
        macro_f1=0.8,
        macro_f1_interval=(0.7, 0.9),
        by_intent={"complaint": score, "price_shopper": score},
        latency_ms={50: latency, 95: latency, 99: latency},
        dollars_per_1000=cost,
        unreadable=0,
    )


# At the middle three, the limits that matplotlib chooses for a lone mark are too close to have different logarithms.
@pytest.mark.parametrize("latency", [0.004, 10.374, 109.9379, 151.9351, 60_000.0])
def test_a_single_model_can_be_drawn_whatever_its_latency(latency: float) -> None:
    figure = accuracy_against_latency([result(latency=latency)])
    figure.draw_without_rendering()
    low, high = figure.axes[0].get_xlim()
    assert low < latency < high


@pytest.mark.parametrize("cost", [0.0, 0.0001, 0.13, 20.0])
def test_a_single_model_can_be_drawn_whatever_its_cost(cost: float) -> None:
    figure = accuracy_against_cost([result(cost=cost)])
    figure.draw_without_rendering()
    low, high = figure.axes[0].get_xlim()
    assert low < cost < high


def test_a_model_of_unknown_cost_is_left_out_where_cost_is_drawn() -> None:
    figure = accuracy_against_cost([result("openai:new", cost=None), result("baseline")])
    assert [text.get_text() for text in figure.axes[0].texts] == ["baseline"]
    figure = accuracy_against_latency([result("openai:new", cost=None), result("baseline")])
    assert [text.get_text() for text in figure.axes[0].texts] == ["openai:new", "baseline"]


def test_every_intent_has_a_bar_for_every_model() -> None:
    figure = f1_by_intent([result("one"), result("two")])
    [axes] = figure.axes
    assert len(axes.patches) == 4
    assert [label.get_text() for label in axes.get_yticklabels()] == ["complaint", "price_shopper"]
