"""`intake init`: what a new service starts from."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values

from app.local_setup import KEY_MAKERS
from app.starter_files import render_env, write_starter_files
from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.practices import load_practices
from intake.settings import Settings
from tests.app.command import ROOT, intake

STARTER = ROOT / "app" / "starter" / "practices.toml"
DEMO = ROOT / "practices.demo.toml"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def keys_and_tables(practices: Path) -> list[str]:
    """Every key and table of a practices file in order, whether it is commented out or not."""
    return re.findall(r"^(?:# )?(\[+practice[\w.]*\]+|\w+(?= = ))", practices.read_text(), re.MULTILINE)


def test_it_writes_both_files_and_says_what_to_do_next(tmp_path: Path) -> None:
    lines = intake("init", folder=tmp_path).lines

    assert lines[0] == "Wrote practices.toml and .env."
    assert "  intake up" in lines
    assert {path.name for path in tmp_path.iterdir()} == {"practices.toml", ".env"}


def test_a_folder_is_made_and_the_next_step_leads_into_it(tmp_path: Path) -> None:
    lines = intake("init", "new/clinic", folder=tmp_path).lines

    assert "  cd new/clinic" in lines
    assert (tmp_path / "new" / "clinic" / "practices.toml").exists()


@pytest.mark.parametrize("name", ["practices.toml", ".env"])
def test_a_file_that_exists_is_left_as_it_is_and_nothing_else_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")

    assert intake("init", folder=tmp_path).error.startswith(f"Error: {name} exists and is left as it is")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "mine")]


def test_a_folder_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(IntakeError, match=r"cannot write into .*file/clinic"):
        write_starter_files(tmp_path / "file" / "clinic")


# ---- practices.toml


def test_the_practices_file_is_right_as_it_is(tmp_path: Path) -> None:
    intake("init", folder=tmp_path)

    [summary] = intake("practice", "check", "practices.toml", folder=tmp_path).lines
    assert summary.startswith("my-practice: My Practice, 62 replies")


def test_the_practices_file_has_the_structure_of_the_demo() -> None:
    assert keys_and_tables(STARTER) == keys_and_tables(DEMO)


def test_what_the_practices_file_comments_out_would_be_right_too(tmp_path: Path) -> None:
    text = STARTER.read_text().replace("MG…", "MG" + "0" * 32)
    uncommented = re.sub(r'^# (?=\[practice\.|[a-z_]+ = (?!\["mailtos))', "", text, flags=re.MULTILINE)
    (tmp_path / "practices.toml").write_text(uncommented)

    [practice] = load_practices(tmp_path / "practices.toml").all
    assert practice.messaging_service_sid
    assert practice.email
    assert practice.links.new_patient
    assert practice.replies


# ---- .env


def test_only_its_owner_may_read_the_env_file(tmp_path: Path) -> None:
    write_starter_files(tmp_path)

    assert [mode(tmp_path / name) for name in (".env", "practices.toml")] == [0o600, 0o600]


def test_the_env_file_sets_keys_and_the_practices_file_and_nothing_else(tmp_path: Path) -> None:
    write_starter_files(tmp_path)

    values = dotenv_values(tmp_path / ".env")
    assert values.keys() == {*KEY_MAKERS, "PRACTICES_FILE"}
    assert values["PRACTICES_FILE"] == "practices.toml"
    assert Keyring(values["ENCRYPTION_KEYS"] or "").fingerprints
    assert len(values["SECRET_KEY"] or "") >= 32


def test_every_folder_has_keys_of_its_own(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_starter_files(tmp_path / name)

    first, second = (set(dotenv_values(tmp_path / name / ".env").items()) for name in ("first", "second"))
    assert first & second == {("PRACTICES_FILE", "practices.toml")}


def test_the_env_file_explains_every_setting(tmp_path: Path) -> None:
    write_starter_files(tmp_path)

    lines = (tmp_path / ".env").read_text().splitlines()
    found = [number for number, line in enumerate(lines) if re.match(r"(?:# )?[A-Z0-9_]+=", line)]
    assert [lines[number].removeprefix("# ").partition("=")[0] for number in found] == [
        name.upper() for name in Settings.model_fields
    ]
    assert all(lines[number - 1].startswith("# ") for number in found)


def test_a_setting_without_a_key_is_commented_out_with_its_usual_value() -> None:
    example = "# How to use this.\n\n# Signs\nSECRET_KEY=\n# Wait\nSECONDS=60\n"

    header, _, settings = render_env(example, {"SECRET_KEY": "swordfish"}).partition("\n\n")
    assert "How to use this" not in header
    assert settings == "# Signs\nSECRET_KEY=swordfish\n# Wait\n# SECONDS=60\n"
