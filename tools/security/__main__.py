"""Run every part, print what was counted, and fail if there is any problem."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.security.api import attack_api
from tools.security.attacks import run_attacks
from tools.security.code import check_code, check_dependencies
from tools.security.result import Result


def main(tools: Path) -> int:
    """Run the parts one after the other, and return the exit status."""
    results: list[Result] = []
    for run_part in (check_code, check_dependencies, attack_api, lambda _: run_attacks()):
        found = run_part(tools)
        for result in [found] if isinstance(found, Result) else found:
            print(result, flush=True)
            results.append(result)
    problems = sum(result.problems for result in results)
    print(f"{problems} problems in {len(results)} parts")
    return int(problems > 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("expected the folder of bandit, pip-audit, and schemathesis: run `make security`")
    sys.exit(main(Path(sys.argv[1]).absolute()))
