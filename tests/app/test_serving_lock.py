"""What the service installs: exactly what was locked, on every machine it runs on, under licenses that allow it."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.app.command import ROOT
from tests.app.test_requirements import PINNED, PROJECT
from tools.licenses import ALLOWED, LIST, license_of, licenses_in, locked_names, page
from tools.lock import PYTHONS, SERVING_EXTRAS

LOCK = (ROOT / "requirements" / "serving.lock").read_text()
BUCKET = (ROOT / "requirements" / "s3.lock").read_text()
TOOLS = (ROOT / "requirements" / "security.lock").read_text()
ENTRY = re.compile(
    r"^(?P<name>[a-z0-9.-]+)==(?P<version>\S+)(?: ; (?P<marker>.*?))? \\\n(?P<hashes>(?:    --hash=.*\n?)+)",
    re.MULTILINE,
)
LOCKED = {entry["name"]: entry for entry in ENTRY.finditer(LOCK)}
LOCKED_FOR_BUCKETS = {entry["name"]: entry["version"] for entry in ENTRY.finditer(BUCKET)}
MACHINES = [
    {
        "python_version": version,
        "python_full_version": f"{version}.9",
        "platform_machine": machine,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    for version in PYTHONS
    for machine in ("x86_64", "aarch64")
]


def named(machine: dict[str, str]) -> dict[str, set[str]]:
    """Every library that the service needs on a machine, as the libraries say, with the extras that are asked for."""
    wanted = [Requirement(text) for text in PROJECT["dependencies"]]
    wanted += [Requirement(text) for extra in SERVING_EXTRAS for text in PROJECT["optional-dependencies"][extra]]
    found: dict[str, set[str]] = {}
    while wanted:
        requirement = wanted.pop()
        name, extras = str(canonicalize_name(requirement.name)), set(requirement.extras)
        if name in found and extras <= found[name]:
            continue
        found.setdefault(name, set()).update(extras)
        try:
            further = [Requirement(text) for text in requires(name) or []]
        except PackageNotFoundError:
            continue  # needed on other machines alone
        wanted += [
            need
            for need in further
            if need.marker is None or any(need.marker.evaluate(machine | {"extra": extra}) for extra in ("", *extras))
        ]
    return found


@pytest.mark.parametrize("lock", [LOCK, BUCKET, TOOLS], ids=["serving", "s3", "security"])
def test_every_locked_library_has_one_version_and_a_hash(lock: str) -> None:
    entries = [line for line in lock.splitlines() if line and not line.startswith((" ", "#"))]

    assert [entry["name"] for entry in ENTRY.finditer(lock)] == [line.partition("==")[0] for line in entries]
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry["hashes"]) for entry in ENTRY.finditer(lock))


@pytest.mark.parametrize("lock", [LOCK, BUCKET, TOOLS], ids=["serving", "s3", "security"])
def test_a_lock_names_no_server(lock: str) -> None:
    assert "://" not in lock
    assert "index-url" not in lock


def test_the_locked_versions_are_those_that_the_tests_passed_with() -> None:
    unlike = {
        name: entry["version"]
        for name, entry in LOCKED.items()
        if PINNED.get(canonicalize_name(name)) != entry["version"]
    }

    assert set(unlike) <= {"async-timeout", "colorama"}  # of older Pythons and other systems


@pytest.mark.parametrize(
    "machine", MACHINES, ids=lambda machine: f"{machine['platform_machine']}-{machine['python_version']}"
)
def test_the_lock_has_everything_that_the_service_needs_on_a_machine(machine: dict[str, str]) -> None:
    needed = set(named(machine))
    served = {
        name
        for name, entry in LOCKED.items()
        if entry["marker"] is None or Requirement(f"x; {entry['marker']}").marker.evaluate(machine)  # type: ignore[union-attr]
    }

    assert needed - served == set()


def test_the_lock_has_nothing_that_the_service_does_not_need() -> None:
    needed = {name for machine in MACHINES for name in named(machine)}

    assert set(LOCKED) - needed == {"async-timeout", "colorama", "setuptools"}


def test_what_serves_is_installed_by_its_hash_and_never_built() -> None:
    makefile = (ROOT / "Makefile").read_text()
    serving = makefile.partition("$(VENV)/.serving: ")[2].partition("\n\n")[0]
    locked = re.findall(r"^LOCKED := (.*)$", makefile, re.MULTILINE)[0]

    assert "--require-hashes" in locked
    assert "--only-binary :all:" in locked
    assert "$(LOCKED) requirements/serving.lock" in serving
    assert all("--no-deps --no-index" in line for line in serving.splitlines() if "--editable" in line)


def test_what_a_bucket_needs_is_locked_too_and_little_more_than_serves_anyway() -> None:
    asked = (ROOT / "requirements" / "s3.in").read_text().splitlines()

    assert asked[-1:] == PROJECT["optional-dependencies"]["s3"]
    assert {name: PINNED[canonicalize_name(name)] for name in LOCKED_FOR_BUCKETS} == LOCKED_FOR_BUCKETS
    assert set(LOCKED_FOR_BUCKETS) - set(LOCKED) == {"botocore", "jmespath"}


@pytest.mark.parametrize("name", sorted({*locked_names(LOCK), *LOCKED_FOR_BUCKETS}))
def test_a_librarys_license_allows_its_use(name: str) -> None:
    assert set(licenses_in(license_of(name))) <= ALLOWED


def test_the_list_of_licenses_is_that_of_the_lock() -> None:
    assert (ROOT / LIST).read_text() == page(LOCK)
