"""`python -m faults`: break the service in every way that is known, and count what became of each text.

It exits with 1 if one was lost, doubled, sent to somebody who opted out, or urgent without anybody being told.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from faults.kinds import ALL, Kind
from faults.run import Row, run_kind
from faults.table import header_line, row_line, summary_line, write_markdown


def main() -> int:
    """Run the faults that were asked for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m faults", description="Break the service and count.")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="run the faults with NAME in theirs"
    )
    parser.add_argument("--list", action="store_true", help="print the faults and run none")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the table into FILE")
    options = parser.parse_args()
    kinds = _chosen(options.only)
    if not kinds:
        parser.error("no fault has such a name: --list prints them")
    if options.list:
        for kind in kinds:
            print(f"{kind.name} ({kind.database}): {kind.done}")
        return 0
    rows = _run_all(kinds)
    if options.markdown is not None:
        write_markdown(rows, options.markdown)
    return int(any(row.breaches for row in rows))


def _chosen(names: list[str]) -> list[Kind]:
    chosen = [kind for kind in ALL if not names or any(name in kind.name for name in names)]
    for kind in chosen:
        if not kind.is_possible:
            print(f"left out, as it needs {kind.needs}: {kind.name}", file=sys.stderr)
    return [kind for kind in chosen if kind.is_possible]


def _run_all(kinds: list[Kind]) -> list[Row]:
    print(header_line(), flush=True)
    rows = []
    for kind in kinds:
        began = time.monotonic()
        rows.append(run_kind(kind))
        print(row_line(rows[-1]), flush=True)
        print(f"    took {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(summary_line(rows))
    return rows


if __name__ == "__main__":
    sys.exit(main())
