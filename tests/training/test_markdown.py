from __future__ import annotations

from training.markdown import interval, percent, scored, table, with_interval


def test_a_table_has_its_first_column_on_the_left_and_the_others_on_the_right() -> None:
    assert table(["intent", "messages", "F1"], [["`complaint`", "1,200", "97.0%"]]) == (
        "| intent | messages | F1 |\n"
        "| --- | ---: | ---: |\n"
        "| `complaint` | 1,200 | 97.0% |"
    )  # fmt: skip


def test_shares_are_percentages_with_their_intervals() -> None:
    assert percent(0.97046) == "97.0%"
    assert interval(0.9, 1.0) == "90.0–100.0"
    share = {"share": 0.5, "count": 1500, "messages": 3000, "low": 0.48, "high": 0.52}
    assert with_interval(share) == "50.0% (48.0–52.0; 1,500 of 3,000)"
    assert with_interval(None) == "–"
    assert scored({"accuracy": 0.965, "accuracy_interval": (0.958, 0.972)}, "accuracy") == "96.5% (95.8–97.2)"
