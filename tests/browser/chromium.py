"""A Chromium for the browser tests: one that is there, else Playwright's own download, else the system's package.

`python -m tests.browser.chromium` makes sure of one and prints where it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# The first has no window to draw, and takes a third less of the processor.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_SECONDS = 30.0
_ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
ARGUMENTS = (
    "--no-sandbox",  # containers run as root, where Chromium's sandbox cannot
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to install Chromium: commands that run in order, each of which may fail or take too long."""

    name: str
    commands: Sequence[Sequence[str]]
    seconds: float

    def run(self) -> str | None:
        """Runs the commands, and returns why they did not succeed."""
        for command in self.commands:
            try:
                done = subprocess.run(
                    command,
                    capture_output=True,
                    text=True,
                    stdin=subprocess.DEVNULL,
                    env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                    timeout=self.seconds,
                    check=False,
                )
            except FileNotFoundError:
                return f"there is no {command[0]}"
            except subprocess.TimeoutExpired:
                return f"`{' '.join(command)}` took more than {self.seconds:g} s"
            if done.returncode != 0:
                lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
                return f"`{' '.join(command)}` failed: {lines[-1].strip()}"
        return None


class NoChromiumError(Exception):
    """There is no Chromium that runs, and none could be installed."""


def find_chromium() -> Path | None:
    """Returns a Chromium that runs: from PATH, else Playwright's own; None when there is none."""
    for name in NAMES:
        found = shutil.which(name)
        if found and _runs(Path(found)):
            return Path(found)
    own = _playwrights_own()
    return own if _runs(own) else None


def ensure_chromium(attempts: Sequence[Attempt] | None = None) -> Path:
    """Returns a Chromium that runs, installed if need be.

    Args:
        attempts: ways to install one, the first that works is taken; the default ones if None.

    Raises:
        NoChromiumError: none is there and nothing worked; the message says what was tried and what to do.
    """
    failures = []
    found = find_chromium()
    for attempt in default_attempts() if attempts is None and not found else attempts or ():
        if found:
            break
        print(f"No Chromium for the browser tests: trying {attempt.name}.", file=sys.stderr, flush=True)
        failure = attempt.run()
        found = find_chromium()
        failures.append(f"{attempt.name}: {failure or 'what it installed does not start'}")
    if found:
        return found
    raise NoChromiumError(
        "The browser tests need Chromium, and none could be installed: install one that is called "
        f"{', '.join(NAMES[:-1])} on PATH and try again. What was tried:\n"
        + "\n".join(f"- {failure}" for failure in failures)
    )


def default_attempts() -> tuple[Attempt, ...]:
    """Playwright's own download, which needs no rights, then the system's packages, which do."""
    as_root = () if os.geteuid() == 0 else ("sudo", "-n")
    apt = (*as_root, "apt-get", "-o", "DPkg::Lock::Timeout=60")
    return (
        Attempt("Playwright's own download", [(sys.executable, "-m", "playwright", "install", "chromium")], 180),
        *(
            Attempt(
                f"the system's package {package}",
                [(*apt, "update"), (*apt, "install", "--yes", "--no-install-recommends", package)],
                600,
            )
            for package in ("chromium-headless-shell", "chromium")
        ),
    )


def _playwrights_own() -> Path:
    """Asked in a process of its own, as Playwright does not start twice in one."""
    asked = subprocess.run([sys.executable, "-c", _ASK_PLAYWRIGHT], capture_output=True, text=True, check=True)
    return Path(asked.stdout.strip())


def _runs(path: Path) -> bool:
    """A browser may be there without the libraries that it needs, or be a stub that tells to install another."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=START_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main() -> int:
    """Makes sure of a Chromium, and returns the exit status."""
    try:
        print(f"Browser tests use {ensure_chromium()}")
    except NoChromiumError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
