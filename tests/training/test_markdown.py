from __future__ import annotations

from training.markdown import format_interval, format_percent, format_score, format_share, format_table


def test_a_table_has_its_first_column_on_the_left_and_the_others_on_the_right() -> None:
    assert format_table(["intent", "messages", "F1"], [["`complaint`", "1,200", "97.0%"]]) == (
        "| intent | messages | F1 |\n"
        "| --- | ---: | ---: |\n"
        "| `complaint` | 1,200 | 97.0% |"
    )  # fmt: skip


def test_shares_are_percentages_with_their_intervals() -> None:
    assert format_percent(0.97046) == "97.0%"
    assert format_interval(0.9, 1.0) == "90.0–100.0"
    share = {"share": 0.5, "count": 1500, "messages": 3000, "low": 0.48, "high": 0.52}
    assert format_share(share) == "50.0% (48.0–52.0; 1,500 of 3,000)"
    assert format_share(None) == "–"
    assert format_score({"accuracy": 0.965, "accuracy_interval": (0.958, 0.972)}, "accuracy") == "96.5% (95.8–97.2)"
