"""How `make test` gets its browser."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import chromium
from tests.browser.chromium import Attempt, NoChromiumError, default_attempts, ensure_chromium, find_chromium

RUNS = "#!/bin/sh\necho Chromium 1.0\n"
NEEDS_A_LIBRARY = "#!/bin/sh\necho 'error while loading shared libraries: libnss3.so' >&2\nexit 127\n"
HANGS = f"#!{sys.executable}\nimport threading; threading.Event().wait()\n"

Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a program on the PATH of a machine that has nothing but a shell, and no browser of Playwright's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(chromium, "_playwrights_own", lambda: tmp_path / "nothing")

    def put(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(script)
        path.chmod(0o755)
        return path

    return put


def installs(program: Path) -> Attempt:
    """An attempt that succeeds."""
    script = f"import pathlib; p = pathlib.Path({str(program)!r}); p.write_text({RUNS!r}); p.chmod(0o755)"
    return Attempt("a package", [[sys.executable, "-c", script]], 30)


@pytest.mark.parametrize("name", ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"])
def test_a_chromium_on_path_is_taken(program: Program, name: str) -> None:
    there = program(name, RUNS)

    assert find_chromium() == there
    assert ensure_chromium([]) == there


def test_one_that_does_not_run_is_passed_over(program: Program) -> None:
    program("chromium", NEEDS_A_LIBRARY)
    working = program("google-chrome", RUNS)

    assert find_chromium() == working


def test_one_that_hangs_is_passed_over(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "START_SECONDS", 0.5)
    program("chromium", HANGS)

    assert find_chromium() is None


def test_playwrights_own_is_taken_when_there_is_none_on_path(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = program("own", RUNS)
    monkeypatch.setattr(chromium, "_playwrights_own", lambda: own)

    assert find_chromium() == own


def test_playwright_says_where_its_own_would_be() -> None:
    own = chromium._playwrights_own()

    assert own.is_absolute()
    assert "chrom" in own.name


def test_what_is_missing_is_installed(program: Program, tmp_path: Path) -> None:
    assert ensure_chromium([installs(tmp_path / "bin" / "chromium")]) == tmp_path / "bin" / "chromium"


def test_the_next_way_is_tried_when_one_fails_takes_too_long_or_installs_what_does_not_run(
    program: Program, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = program("install-broken", "#!/bin/sh\n")
    attempts = [
        Attempt("a download", [[sys.executable, "-c", "raise SystemExit('no route to host')"]], 30),
        Attempt("a slow download", [[sys.executable, "-c", "import threading; threading.Event().wait()"]], 0.5),
        Attempt("a stub", [[str(broken)]], 30),
        Attempt("a missing tool", [["apt-get", "install"]], 30),
        installs(tmp_path / "bin" / "chromium"),
    ]

    assert ensure_chromium(attempts) == tmp_path / "bin" / "chromium"
    assert [line.rpartition("trying ")[2] for line in capfd.readouterr().err.splitlines()] == [
        "a download.",
        "a slow download.",
        "a stub.",
        "a missing tool.",
        "a package.",
    ]


def test_when_nothing_works_it_is_said_what_was_tried_and_what_to_do(program: Program) -> None:
    attempts = [
        Attempt("a download", [[sys.executable, "-c", "raise SystemExit('no route to host')"]], 30),
        Attempt("a slow download", [[sys.executable, "-c", "import threading; threading.Event().wait()"]], 0.5),
        Attempt("a missing tool", [["apt-get", "install"]], 30),
    ]

    with pytest.raises(NoChromiumError) as raised:
        ensure_chromium(attempts)

    first, *rest = str(raised.value).splitlines()
    assert (
        "install one that is called chromium-headless-shell, chromium, chromium-browser, google-chrome on PATH" in first
    )
    assert rest[0].endswith("failed: no route to host")
    assert rest[1].endswith("took more than 0.5 s")
    assert rest[2] == "- a missing tool: there is no apt-get"


@pytest.mark.parametrize(("user", "rights"), [(0, ()), (1000, ("sudo", "-n"))], ids=["root", "a user who may sudo"])
def test_the_systems_package_is_installed_as_root(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: int, rights: tuple[str, ...]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    program("sudo", '#!/bin/sh\n[ "$1" = -n ] || exit 1\nshift\nexec "$@"\n')
    installed, calls = tmp_path / "bin" / "chromium", tmp_path / "calls"
    program(
        "apt-get",
        f"""#!/bin/sh
echo "$DEBIAN_FRONTEND $*" >> {calls}
case "$*" in *install*) printf '#!/bin/sh\\n' > {installed}; /bin/chmod +x {installed};; esac
""",
    )
    [_, _, package] = default_attempts()

    assert package.commands[0][: len(rights)] == rights
    assert ensure_chromium([package]) == installed
    assert [line.split()[0] for line in calls.read_text().splitlines()] == ["noninteractive"] * 2
    assert "update" in calls.read_text().splitlines()[0]
    assert calls.read_text().splitlines()[1].endswith("install --yes --no-install-recommends chromium")


def test_a_download_needs_no_rights_so_it_comes_first() -> None:
    [download, small, whole] = default_attempts()

    assert download.commands == [(sys.executable, "-m", "playwright", "install", "chromium")]
    assert [package.commands[-1][-1] for package in (small, whole)] == ["chromium-headless-shell", "chromium"]
