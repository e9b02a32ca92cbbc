from __future__ import annotations

from datetime import date
from pathlib import Path

from training.evaluation.test_set_log import record_read


def test_every_reading_has_its_line_under_one_heading(tmp_path: Path) -> None:
    for day, command in ((3, "train"), (4, "evaluate")):
        files = [Path("test") / "a.jsonl", Path("held_back") / "b.tsv"]
        record_read(tmp_path, date(2026, 11, day), "0123456789ab", files, f"python -m training {command}")
    text = (tmp_path / "READS.md").read_text(encoding="utf-8")
    assert text.startswith("# Uses of the test messages\n")
    assert text.splitlines()[-2:] == [
        "| 2026-11-03 | `0123456789ab` | `test/a.jsonl`, `held_back/b.tsv` | `python -m training train` |",
        "| 2026-11-04 | `0123456789ab` | `test/a.jsonl`, `held_back/b.tsv` | `python -m training evaluate` |",
    ]
