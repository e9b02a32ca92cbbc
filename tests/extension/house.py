"""A copy of the product to extend by the steps that CONTRIBUTING.md lists, and a run of what the copy then does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "staff", "webhooks", "web", "tasks", "inbox", "templates", "classifier", "intake", "training", "tests")
LEFT_OUT = shutil.ignore_patterns(
    "intent", "intent_fast", "corpus", "runs", "reports"
)  # what is compiled comes along and saves time
PRODUCT = ROOMS[:-1]
FAILED = ("failure", "error", "skipped")


class House:
    """A copy of the product whose files can be changed.

    Attributes:
        touched: for each extension, the product files that it changed or added, by their paths in the repository.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.touched: dict[str, set[str]] = {}
        self._noted: set[str] = set()
        self._tests: dict[str, str] = {}  # the extension of each test module, by its dotted name
        self._outcomes: dict[str, list[str]] = {}
        for room in ROOMS:
            shutil.copytree(ROOT / room, folder / room, ignore=LEFT_OUT)
        for data in ("classifier/models/intent", "classifier/models/intent_fast", "training/corpus"):
            (folder / data).symlink_to(ROOT / data)
        for file in ("pyproject.toml", "practices.demo.toml"):
            shutil.copy(ROOT / file, folder)

    @contextmanager
    def extend(self, extension: str, *tests: str) -> Iterator[None]:
        """Note the files that are changed and added meanwhile as those of an extension.

        Args:
            extension: its folder here, with the tests of what it does.
            tests: the product's own test modules that demand more of it, by their dotted names.
        """
        self.touched[extension] = self._noted = set()
        self._tests |= dict.fromkeys((f"tests.extension.{extension}.driven", *tests), extension)
        yield

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a piece of a file that it holds exactly once."""
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, f"{file} holds {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new))
        self._note(file)

    def add_file(self, file: str, content: str) -> None:
        """Add a file that the product does not have."""
        path = self.folder / file
        assert not path.exists(), file
        path.write_text(content)
        self._note(file)

    def run_tests(self) -> None:
        """Run each extension's tests in the copy, all in one process."""
        report = self.folder / "report.xml"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"),
                *("--junitxml", str(report), *(f"{test.replace('.', '/')}.py" for test in self._tests)),
            ],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode in (0, 1), done.stdout[-6000:] + done.stderr[-2000:]
        for case in ElementTree.parse(report).iter("testcase"):
            extension = self._tests[case.attrib["classname"]]
            failed = [f"{case.attrib['name']}: {problem.text}" for problem in case if problem.tag in FAILED]
            self._outcomes.setdefault(extension, []).extend(failed)

    def failures(self, extension: str) -> list[str]:
        """Return what failed of an extension's tests, after making sure that they were run."""
        return self._outcomes[extension]

    def _note(self, file: str) -> None:
        if file.partition("/")[0] in PRODUCT:
            self._noted.add(file)
