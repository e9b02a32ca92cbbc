"""A copy of the product to extend by the steps that CONTRIBUTING.md lists, and a run of what the copy then does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "staff", "webhooks", "web", "tasks", "inbox", "templates", "classifier", "intake", "training", "tests")
LEFT_OUT = shutil.ignore_patterns("intent", "corpus", "runs", "reports")  # what is compiled comes along and saves time
PRODUCT = ROOMS[:-1]


class House:
    """A copy of the product whose files can be changed.

    Attributes:
        touched: the product files that were changed or added, by their paths in the repository.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.touched: set[str] = set()
        for room in ROOMS:
            shutil.copytree(ROOT / room, folder / room, ignore=LEFT_OUT)
        for data in ("classifier/models/intent", "training/corpus"):
            (folder / data).symlink_to(ROOT / data)
        for file in ("pyproject.toml", "practices.demo.toml"):
            shutil.copy(ROOT / file, folder)

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

    def run_test(self, module: str) -> None:
        """Run a test module of the copy in the copy, in a process of its own.

        Raises:
            AssertionError: it did not pass; the message holds what it printed.
        """
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", module],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]

    def _note(self, file: str) -> None:
        if file.partition("/")[0] in PRODUCT:
            self.touched.add(file)
