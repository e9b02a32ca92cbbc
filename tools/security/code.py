"""Check the product's code with bandit and its locked libraries with pip-audit."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tools.security.result import Result

ROOMS: Final = ("app", "staff", "webhooks", "web", "tasks", "inbox", "templates", "classifier", "intake")
LOCKS: Final = ("requirements/serving.lock", "requirements/s3.lock")
_AUDIT_SECONDS: Final = 120
_UNREACHABLE: Final = Result("pip-audit", "SKIPPED: the database of vulnerabilities cannot be reached")
_NETWORK: Final = re.compile(
    r"could not connect|connection ?(?:error|refused|reset|aborted|timed out)|max retries exceeded|failed to resolve"
    r"|name or service not known|temporary failure in name resolution|network is unreachable"
    r"|(?:read|connect) ?time(?:d )?out",
    re.IGNORECASE,
)
"""What pip-audit and the libraries below it say when there is no network."""


def check_code(tools: Path) -> Result:
    """Run bandit over the product; what was looked at and accepted says `nosec` and why in the code."""
    command = [
        str(tools / "bandit"),
        "--quiet",
        "--recursive",
        "--severity-level",
        "medium",
        "--format",
        "json",
        *ROOMS,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return Result("bandit", "it did not run", 1, (done.stderr.strip()[-200:],))
    found = [f"{at['filename']}:{at['line_number']}: {at['test_id']} {at['issue_text']}" for at in report["results"]]
    totals = report["metrics"]["_totals"]
    return Result("bandit", f"{totals['loc']} lines, {totals['skipped_tests']} accepted", len(found), tuple(found))


def check_dependencies(tools: Path) -> Result:
    """Look every locked library up among the known vulnerabilities, if their database can be reached."""
    locks = [word for lock in LOCKS for word in ("--requirement", lock)]
    command = [str(tools / "pip-audit"), *locks, "--require-hashes", "--disable-pip", "--format", "json"]
    try:
        done = subprocess.run(
            [*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False, timeout=_AUDIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return _UNREACHABLE
    try:
        return judge_audit(json.loads(done.stdout)["dependencies"])
    except ValueError:
        return judge_failure(done.stderr)


def judge_failure(errors: str) -> Result:
    """Return the outcome of an audit that gave no report: a problem, unless it could not reach the database."""
    if _NETWORK.search(errors):
        return _UNREACHABLE
    return Result("pip-audit", "it did not run", 1, (errors.strip()[-1000:],))


def judge_audit(libraries: list[dict[str, Any]]) -> Result:
    """Return the outcome of an audit; libraries that the database did not answer for count as skipped."""
    audited = [library for library in libraries if "vulns" in library]
    if not audited:
        return Result("pip-audit", f"SKIPPED: the database knows none of the {len(libraries)} libraries")
    found = [f"{library['name']} {library['version']}: {hit['id']}" for library in audited for hit in library["vulns"]]
    skipped = len(libraries) - len(audited)
    return Result("pip-audit", f"{len(audited)} libraries, {skipped} skipped", len(found), tuple(found))


def main(tools: Path) -> int:
    """Run both, print what was counted, and return the exit status."""
    results = [check_code(tools), check_dependencies(tools)]
    for result in results:
        print(result, flush=True)
    return int(any(result.problems for result in results))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
