"""Run the attacks that are tests, with many more examples, and the tests of the threat model."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from tools.security.result import Result
from tools.security.threat_model import Threat, read_threats

ATTACKS: Final = "tests/security"
EXAMPLES: Final = 400


def run_attacks() -> list[Result]:
    """Run both, and return an outcome for each file of attacks and one for the threat model."""
    threats = read_threats()
    named = sorted({test for threat in threats for test in threat.tests if not test.startswith(ATTACKS)})
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        # the other family of reports holds no counts of single tests
        options = ["-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1", f"--junitxml={report}"]
        command = [sys.executable, "-m", "pytest", *options, ATTACKS, *named]
        done = subprocess.run(
            command, env=os.environ | {"ATTACKS": str(EXAMPLES)}, capture_output=True, text=True, check=False
        )
        if not report.exists():
            return [Result("attacks", "they did not run", 1, (done.stdout.strip()[-1000:],))]
        cases = list(ElementTree.parse(report).iter("testcase"))
    return [*_of_files(cases), _of_threats(threats, cases)]


def _of_files(cases: list[Any]) -> Iterator[Result]:
    attacks = [case for case in cases if _place(case).startswith(ATTACKS)]
    for file in sorted({_place(case).partition("::")[0] for case in attacks}):
        own = [case for case in attacks if _place(case).startswith(f"{file}::")]
        failed = tuple(_place(case) for case in own if not _passed(case))
        counted: Counter[str] = Counter()
        for case in own:
            for noted in case.iter("property"):
                counted[noted.get("name")] += int(noted.get("value"))
        counted.pop("hits", None)
        counts = ", ".join([f"{len(own)} tests", *(f"{count} {name}" for name, count in counted.items())])
        yield Result(Path(file).stem.removeprefix("test_").replace("_", " "), counts, len(failed), failed)


def _of_threats(threats: list[Threat], cases: list[Any]) -> Result:
    passed = Counter(_place(case).partition("[")[0] for case in cases if _passed(case))
    failed = {_place(case).partition("[")[0] for case in cases if not _passed(case)}
    tests = {test for threat in threats for test in threat.tests}
    missing = {test for test in tests if test in failed or not passed[test]}
    gaps = tuple(f"{threat.name}: {test}" for threat in threats for test in threat.tests if test in missing)
    counts = f"{len(threats)} threats held off by {sum(passed[test] for test in tests)} tests"
    return Result("threat model", counts, len(gaps), gaps)


def _place(case: Any) -> str:
    return f"{case.get('classname').replace('.', '/')}.py::{case.get('name')}"


def _passed(case: Any) -> bool:
    return not any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
