"""Browsers keep the console's files, and never use those of another version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from staff import static_files
from staff.static_files import FILES, VERSION, version_of_files
from tests.staff.conftest import Console

ANOTHER = "0123456789abcdef"


def test_what_a_page_names_is_kept_for_a_year(console: Console) -> None:
    browser = console.browser()
    named = re.findall(r'(?:href|src)="(/staff/static/[^"]+)"', browser.get("/staff/sign-in").text)

    assert len(named) > 3
    for address in named:
        answer = browser.get(address)
        assert answer.content == (FILES / Path(address).name).read_bytes()
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("version", ["", f"{ANOTHER}/"], ids=["no version", "another version"])
def test_a_file_of_no_version_or_another_is_the_present_one_and_asked_for_again(console: Console, version: str) -> None:
    answer = console.browser().get(f"/staff/static/{version}desk.js")

    assert answer.content == (FILES / "desk.js").read_bytes()
    assert answer.headers["Cache-Control"] == "no-cache"


def test_any_change_of_any_file_makes_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_files, "FILES", tmp_path)
    (tmp_path / "one.js").write_text("import './two.js'")
    (tmp_path / "two.js").write_text("")
    versions = [version_of_files()]
    for name, contents in (("two.js", "0"), ("one.js", ""), ("three.js", "")):
        (tmp_path / name).write_text(contents)
        versions.append(version_of_files())

    assert len({*versions, VERSION}) == 5


def test_a_file_that_does_not_exist_is_not_found(console: Console) -> None:
    for address in ("none.js", f"{VERSION}/none.js", f"{VERSION}/../../base.html", f"{VERSION}/{VERSION}/desk.js"):
        assert console.browser().get(f"/staff/static/{address}").status_code == 404
