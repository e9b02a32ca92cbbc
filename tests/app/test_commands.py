"""What the commands do, and the one sentence that each fails with."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, text

from inbox.incoming.inbound import record_message
from inbox.models import Message
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.settings import Settings
from intake.vocabulary import REPLIES
from tests.app.command import ROOT, complete, intake
from tests.inbox.conftest import inbound
from tests.world import DEMO_NUMBER, ENCRYPTION_KEY, OTHER_KEY, PRACTICES_TOML

REQUIRED = [name.upper() for name, field in Settings.model_fields.items() if field.is_required()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to work in, with a practices file."""
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)
    return tmp_path


@pytest.fixture
def with_tables(folder: Path, migrated_file: Path) -> Path:
    """That folder, with an empty database."""
    shutil.copy(migrated_file, folder / "intake.db")
    return folder


# ---- the command as a whole


def test_an_unknown_command_is_refused(folder: Path) -> None:
    done = intake("dispense", folder=folder)

    assert done.status == 2
    assert done.err.splitlines()[-1] == "Error: No such command 'dispense'."


@pytest.mark.parametrize("command", [["web"], ["worker"], ["migrate"], ["keys", "rotate"]], ids=" ".join)
def test_a_command_that_needs_settings_names_each_that_is_missing(folder: Path, command: list[str]) -> None:
    error = intake(*command, folder=folder).error

    assert all(f"{name} is missing" in error for name in REQUIRED)


@pytest.mark.parametrize("command", [["web"], ["worker"]], ids=" ".join)
def test_a_practices_file_that_is_wrong_stops_the_start(with_tables: Path, command: list[str]) -> None:
    (with_tables / "practices.toml").write_text(PRACTICES_TOML + 'review_threshold = "blue"\n')

    error = intake(*command, folder=with_tables, environment=complete(with_tables)).error

    assert "practice[other].review_threshold: " in error


@pytest.mark.parametrize("command", ["web", "worker"])
def test_a_process_without_tables_says_what_to_do(folder: Path, command: str) -> None:
    error = intake(command, folder=folder, environment=complete(folder)).error

    assert "check DATABASE_URL and run `intake migrate`" in error


def test_a_worker_without_its_model_says_which_file_is_missing(with_tables: Path) -> None:
    environment = complete(with_tables, MODEL_DIR="no/such/model")

    assert "no/such/model" in intake("worker", folder=with_tables, environment=environment).error


# ---- practice check


def test_a_right_practices_file_is_summed_up(folder: Path) -> None:
    demo, other = intake("practice", "check", "practices.toml", folder=folder).lines

    assert demo == "demo: Maple Street, 62 replies of at most 3 SMS segments"
    assert other.startswith("other: Harbor Dental, 62 replies")


def test_a_practice_whose_automatic_replies_are_off_is_marked(folder: Path) -> None:
    file = folder / "practices.toml"
    file.write_text(file.read_text().replace('slug = "demo"\n', 'slug = "demo"\nauto_reply = "off"\n', 1))

    demo, other = intake("practice", "check", "practices.toml", folder=folder).lines

    assert demo.endswith("SMS segments, automatic replies are off")
    assert "automatic replies" not in other


def test_the_replies_are_shown_as_patients_read_them(folder: Path) -> None:
    lines = intake("practice", "check", "practices.toml", "--replies", folder=folder).lines

    assert len(lines) == 2 * (1 + len(REPLIES))
    assert any(line.startswith("  complaint (") and "): Maple Street: We are sorry" in line for line in lines)
    assert "  opt_in (1): Maple Street: You will get our texts again. Reply STOP to opt out, HELP for help." in lines


def test_the_demo_practices_file_is_right(folder: Path) -> None:
    [line] = intake("practice", "check", str(ROOT / "practices.demo.toml"), folder=folder).lines

    assert line.startswith("demo: Maple Street Family Practice, 62 replies")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[practice]]\nslug =\n", "wrong.toml is not valid TOML: Invalid value (at line 2, column 7)"),
        (PRACTICES_TOML + 'colour = "blue"', "wrong.toml: practice[other].colour: unknown key"),
        (
            PRACTICES_TOML + 'replies = { help = "{{ nonsense }}" }',
            "Error: wrong.toml: practice[other].replies.help: 'nonsense' is undefined",
        ),
        (
            PRACTICES_TOML + 'replies = { help = "Call us.\\n{% if %}" }',
            "Error: wrong.toml: practice[other].replies.help: line 2: Expected an expression",
        ),
        (
            PRACTICES_TOML + 'voice = { greeting_open = "{{ nonsense }}" }',
            "Error: wrong.toml: practice[other].voice.greeting_open: 'nonsense' is undefined",
        ),
        (
            PRACTICES_TOML + f'phone_numbers = ["{DEMO_NUMBER}"]',
            "wrong.toml is not valid TOML: Cannot overwrite a value",
        ),
    ],
    ids=["line", "key", "reply", "line of a reply", "prompt", "twice"],
)
def test_a_wrong_practices_file_is_refused_by_line_or_key(folder: Path, text: str, complaint: str) -> None:
    (folder / "wrong.toml").write_text(text)

    assert complaint in intake("practice", "check", "wrong.toml", folder=folder).error


def test_a_practices_file_that_is_not_there_is_named(folder: Path) -> None:
    assert (
        "cannot read the practices file nowhere.toml"
        in intake("practice", "check", "nowhere.toml", folder=folder).error
    )


# ---- model


def test_the_installed_model_is_described(folder: Path) -> None:
    facts = dict(line.split(":", 1) for line in intake("model", "info", folder=folder).lines)

    assert {"name", "version", "created", "folder", "size", "base model", "review threshold (en)"} <= facts.keys()
    assert facts["folder"].strip() == str(ROOT / "classifier" / "models" / "intent")
    assert "clinical_concern" in facts["outputs"]


def test_the_installed_model_is_whole_and_understands(folder: Path) -> None:
    lines = intake("model", "check", folder=folder).lines

    assert all(line.startswith("ok: ") for line in lines)
    for subject in ("model.onnx", "tokenizer.json", "my kid's fever is 103.2"):
        assert any(subject in line for line in lines)


def test_a_model_with_a_file_missing_is_refused_by_its_name(folder: Path) -> None:
    model = folder / "model"
    shutil.copytree(ROOT / "classifier" / "models" / "intent", model, ignore=shutil.ignore_patterns("*.onnx"))
    environment = {"MODEL_DIR": str(model)}

    assert f"{model}/model.onnx is missing" in intake("model", "info", folder=folder, environment=environment).error
    checked = intake("model", "check", folder=folder, environment=environment)
    assert f"FAILED: model.onnx: {model}/model.onnx is missing" in checked.out
    assert "the model did not pass" in checked.error


@pytest.mark.parametrize("command", [["model", "info"], ["classify", "hello"]], ids=" ".join)
def test_the_model_of_the_env_file_is_the_one_in_use(folder: Path, command: list[str]) -> None:
    (folder / ".env").write_text("MODEL_DIR=no/such/model\n")

    assert "no/such/model" in intake(*command, folder=folder).error


# ---- keys, migrate


def test_a_new_key_is_printed(folder: Path) -> None:
    [key] = intake("keys", "new", folder=folder).lines

    assert Fernet(key)


def test_keys_are_rotated_and_the_old_one_can_be_dropped(folder: Path) -> None:
    old, both, new = (
        complete(folder, ENCRYPTION_KEYS=keys)
        for keys in (
            ENCRYPTION_KEY,
            f"{OTHER_KEY},{ENCRYPTION_KEY}",
            OTHER_KEY,
        )
    )
    assert intake("migrate", folder=folder, environment=old).lines == ["The database is up to date."]
    database = Database(old["DATABASE_URL"], Keyring(ENCRYPTION_KEY))
    record_message(database, inbound("STOP"))
    database.close()

    assert "ENCRYPTION_KEYS is missing a key" in intake("keys", "rotate", folder=folder, environment=new).error
    assert "run `intake keys rotate`" in intake("keys", "status", folder=folder, environment=both).lines[-1]
    rows, advice = intake("keys", "rotate", folder=folder, environment=both).lines
    assert rows == "3 rows and 0 files were written under the first key."
    assert "remove every key but the first" in advice
    assert intake("migrate", folder=folder, environment=new).lines == ["The database is up to date."]
    database = Database(new["DATABASE_URL"], Keyring(OTHER_KEY))
    with database.read() as session:
        assert session.scalars(select(Message.text)).all() == ["STOP"]
    database.close()


def test_who_lacks_a_key_of_the_database_leaves_its_tables_as_they_are(with_tables: Path) -> None:
    new = complete(with_tables, ENCRYPTION_KEYS=OTHER_KEY)
    database = Database(new["DATABASE_URL"], Keyring(ENCRYPTION_KEY))
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0030'"))

    assert "ENCRYPTION_KEYS is missing a key" in intake("migrate", folder=with_tables, environment=new).error
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0030"
    database.close()


def test_a_database_that_cannot_be_opened_is_one_sentence(folder: Path) -> None:
    environment = complete(folder, DATABASE_URL=f"sqlite:///{folder}/no/such/folder/intake.db")

    assert "DATABASE_URL" in intake("migrate", folder=folder, environment=environment).error


# ---- up, simulate


def test_a_port_that_is_taken_is_named_and_nothing_is_started(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        error = intake("up", "--port", port, folder=folder).error

    assert error == f"Error: port {port} is taken: choose another with --port."
    assert not (folder / "var" / "redis").exists()


def test_a_patient_cannot_be_played_where_nothing_is_set(folder: Path) -> None:
    error = intake("simulate", "sms", "Hello", folder=folder).error

    assert "start the service with `intake up` first" in error


def test_a_patient_cannot_be_played_without_a_server(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    environment = complete(folder, PUBLIC_URL=url, TWILIO_AUTH_TOKEN="token")

    error = intake("simulate", "sms", "swordfish", folder=folder, environment=environment).error
    assert error == f"Error: no server answers at {url}: start it with `intake up`."


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--from", "262966"], "not a possible phone number"),
        (["--to", "+12025550199"], "no practice has the number +12025550199"),
        ([], "TWILIO_AUTH_TOKEN is not set"),
    ],
    ids=["from", "to", "token"],
)
def test_a_patient_that_cannot_be_played_is_one_sentence(folder: Path, arguments: list[str], complaint: str) -> None:
    done = intake("simulate", "sms", "Hello", *arguments, folder=folder, environment=complete(folder))

    assert complaint in done.error
