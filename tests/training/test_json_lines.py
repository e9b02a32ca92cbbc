from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from training.json_lines import JsonLines, JsonLinesError

ENTRIES: list[dict[str, Any]] = [{"cell": "a", "text": "Grüße, 熱"}, {"cell": "b"}, {"cell": "c", "n": [1, 2]}]

HOLD_OPEN = """
import sys
from pathlib import Path
from training.json_lines import JsonLines
with JsonLines(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.readline()
"""


def test_what_was_added_is_there_for_the_next_who_opens_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "lines.jsonl"
    for entry in ENTRIES:
        with JsonLines(path) as lines:
            lines.append(entry)
    with JsonLines(path) as lines:
        assert lines.read() == ENTRIES


def test_a_file_that_ends_anywhere_holds_the_lines_before_and_takes_more(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    with JsonLines(path) as lines:
        for entry in ENTRIES:
            lines.append(entry)
    whole = path.read_bytes()
    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        finished = whole[:end].count(b"\n")
        with JsonLines(path) as lines:
            assert lines.read() == ENTRIES[:finished]
            lines.append({"cell": "after"})
            assert lines.read() == [*ENTRIES[:finished], {"cell": "after"}]


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    with JsonLines(tmp_path / "lines.jsonl") as lines:
        threads = [threading.Thread(target=lines.append, args=({"n": n, "text": "x" * 5000},)) for n in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(entry["n"] for entry in lines.read()) == list(range(50))


@pytest.mark.parametrize("line", ["{", "[]", "", '"text"'])
def test_a_broken_line_in_the_middle_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text(f"{json.dumps(ENTRIES[0])}\n{line}\n{json.dumps(ENTRIES[1])}\n", encoding="utf-8")
    with JsonLines(path) as lines, pytest.raises(JsonLinesError, match=r"lines\.jsonl:2 is not a JSON object"):
        lines.read()


def test_a_file_is_open_for_one_process_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    command = [sys.executable, "-c", HOLD_OPEN, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(JsonLinesError, match="in use by another process"):
            JsonLines(path)
        holder.communicate("\n", timeout=30)
    JsonLines(path).close()
