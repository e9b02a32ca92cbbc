"""The models: which there are, which one is in use, and changing it under running workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from app.commands.classify import load_classifier, model_store
from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.service_files import settings_of_running_service

if TYPE_CHECKING:
    from classifier.network.store import ModelStore, Use
    from inbox.storage.database import Database
    from intake.review_archive import ReviewsFile

_PATH = click.Path(path_type=Path)


@click.group()
def model() -> None:
    """Inspect and switch the intent model."""


@model.command()
@data_dir_option
def info(data_dir: Path) -> None:
    """Show which model is in use, and why."""
    store = model_store(data_dir)
    details = load_classifier(store).info
    size = sum(details.file_sizes.values()) / 1e6
    for name, value in (
        ("name", details.name),
        ("version", details.version),
        ("in use", _why(store)),
        ("created", details.created),
        ("folder", details.path),
        ("size", f"{size:.1f} MB"),
        ("base model", details.base_model),
        *([("revision", details.base_revision)] if details.base_revision else ()),
        ("outputs", ", ".join(details.labels)),
        ("languages", ", ".join(details.thresholds)),
        (
            "reads at once",
            f"{details.max_tokens} tokens; longer texts in windows that share {details.window_overlap}",
        ),
        *(
            (f"{what} ({language})", f"{value:.3f}")
            for language, chosen in details.thresholds.items()
            for what, value in (("temperature", chosen.temperature), ("review threshold", chosen.review))
        ),
    ):
        click.echo(f"{name + ':':<23}{value}")


@model.command("check")
@data_dir_option
def check_model(data_dir: Path) -> None:
    """Verify the files of the models in use, and the intent model's answers to three known messages."""
    from classifier.entities.check import check_entities
    from classifier.network.check import check

    with _one_sentence():
        folder = model_store(data_dir).active_folder()
    findings = [*check(folder), check_entities()]
    for finding in findings:
        click.echo(finding)
    if not all(finding.passed for finding in findings):
        raise IntakeError("the model did not pass: install it again, or use another (see `intake model list`)")


@model.command("import")
@click.argument("source", metavar="NAME_OR_PATH")
@click.option("--to", "target", type=_PATH, help="Folder to write the model to, instead of the store.")
@click.option("--texts", type=_PATH, help="File of messages, one per line, for comparing the result with the original.")
@data_dir_option
def import_command(source: str, target: Path | None, texts: Path | None, data_dir: Path) -> None:
    """Convert a Hugging Face checkpoint into a model that Intake can use.

    NAME_OR_PATH is a folder, or a name on the Hugging Face hub, of a sequence classifier with exactly the intents
    in any order. Its weights are rounded to 8 bits. The import is refused if that changes the intent of more than 2% of
    the messages. It is calibrated on training/corpus, so this needs a checkout of the repository.

    Such a model knows neither triage levels nor languages, so it misses most emergencies and takes Spanish for English.
    """
    try:
        from training.export.checkpoint_source import find_folder

        if find_folder(source) is None:
            click.echo(f"{source} is no folder here: looking for it on the Hugging Face hub")
        from classifier.network.check import WITHOUT_TRIAGE, missing_screens
        from training.errors import TrainingError
        from training.export.importing import import_model
    except ModuleNotFoundError as error:
        raise IntakeError(
            f"{error.name} is missing, and importing needs the training libraries: in a checkout of the repository,"
            " run pip install --editable '.[training]'"
        ) from None
    try:
        folder = import_model(source, model_store(data_dir).home, target=target, texts=texts, report=click.echo)
    except TrainingError as error:
        raise IntakeError(str(error).rstrip(".")) from None
    lacking = missing_screens(folder)
    flag = " --without-triage" if WITHOUT_TRIAGE in lacking else ""
    use = f"intake model activate {folder.name}{flag}" if target is None else f"MODEL_DIR={folder} intake model check"
    click.echo("\n".join([*lacking, f"{folder} is ready: {use}"]))


@model.command("list")
@data_dir_option
def list_models(data_dir: Path) -> None:
    """List the models that you can activate, and show which one is in use.

    To add a model, copy its folder into the store under its version.
    """
    from classifier.network.store import BUILT_IN

    store = model_store(data_dir)
    with _one_sentence():
        choice = store.choice()
    remarks = {use.version: "used before" for use in choice.previous}
    remarks[choice.active.version] = "in use" if store.pinned is None else "activated"
    for version in (*BUILT_IN, *store.versions()):
        parts = (version, _describe(store, version), remarks.get(version))
        click.echo(", ".join(part for part in parts if part))
    if store.pinned is not None:
        click.echo(f"In use is {store.pinned}, as MODEL_DIR is set.")


@model.command()
@click.argument("version")
@click.option("--without-triage", is_flag=True, help="Use a model that knows no triage levels, as imported ones don't.")
@data_dir_option
def activate(version: str, without_triage: bool, data_dir: Path) -> None:
    """Check the model VERSION and switch to it.

    The change applies to the next message, and workers keep running. `shipped` is the model that came with the program,
    and `fast` a small one beside it: it takes half the time and misses more.
    """
    _switch(data_dir, lambda store: store.activate(version, datetime.now(UTC), without_triage=without_triage))


@model.command()
@data_dir_option
def rollback(data_dir: Path) -> None:
    """Switch back to the previous model."""
    _switch(data_dir, lambda store: store.rollback(datetime.now(UTC)))


@model.command("export-reviews")
@click.argument("file", type=click.File("wb", lazy=True))
@data_dir_option
def write_reviews(file: BinaryIO, data_dir: Path) -> None:
    """Write reviewed messages to an encrypted FILE for `python -m training refresh`.

    Includes only practices that agreed (share_reviews_for_training in the practices file). Names, numbers, and
    addresses are removed, and a message that could still identify someone is left out. `-` writes to stdout.
    """
    from inbox.storage.database import Database
    from intake.encryption import Keyring
    from intake.practices import load_practices
    from intake.review_archive import seal

    settings = settings_of_running_service(data_dir)
    agreed = [
        practice.slug for practice in load_practices(settings.practices_file).all if practice.share_reviews_for_training
    ]
    if not agreed:
        raise IntakeError(
            "no practice shares its reviews: set share_reviews_for_training = true in the practices file for each that"
            " has agreed"
        )
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    try:
        database.check_keys()
        reviews = _read_reviews(database, agreed)
    finally:
        database.close()
    file.write(seal(reviews, database.keyring))
    click.echo(
        f"{len(reviews.messages)} reviewed messages of {len(agreed)} practices; left out: {reviews.left_out} that could"
        f" name somebody, {reviews.without_intent} of no intent",
        err=True,
    )


def _read_reviews(database: Database, practices: list[str]) -> ReviewsFile:
    """Read what may be exported, and note in the audit trail that it was."""
    from classifier.entities.recognizer import Recognizer
    from inbox.audit.trail import record_action
    from inbox.exports.reviews import export_reviews

    recognizer = Recognizer.load()
    with database.read() as session:
        reviews = export_reviews(session, practices, datetime.now(UTC), recognizer)
    with database.write() as session:
        record_action(
            session,
            staff_id=None,
            practice=None,
            action="exported",
            subject="reviews",
            practices=practices,
            messages=len(reviews.messages),
        )
    return reviews


def _switch(data_dir: Path, change: Callable[[ModelStore], Use]) -> None:
    from classifier.network.check import missing_screens

    store = model_store(data_dir)
    with _one_sentence():
        chosen = change(store)
        lacking = missing_screens(store.folder_of(chosen.version))
    click.echo("\n".join([f"In use from the next message on: {chosen.version}.", *lacking]))


def _why(store: ModelStore) -> str:
    from classifier.network.store import FAST, SHIPPED

    if store.pinned is not None:
        return "as MODEL_DIR is set"
    active = store.choice().active
    came = {SHIPPED: "as the one that came with the program", FAST: "as the fast one that came with the program"}
    what = came.get(active.version, "as it was activated")
    return what if active.since is None else f"{what}, since {active.since:%Y-%m-%d %H:%M} UTC"


def _describe(store: ModelStore, version: str) -> str:
    from classifier import ModelError
    from classifier.network.model_bundle import read_manifest

    try:
        manifest = read_manifest(store.folder_of(version))
    except ModelError as error:
        return f"not usable ({error})"
    return f"{manifest.name} {manifest.version} of {manifest.created}"


@contextmanager
def _one_sentence() -> Iterator[None]:
    """Turn what the store refuses into the sentence that the command ends with."""
    from classifier import ModelError

    try:
        yield
    except ModelError as error:
        raise IntakeError(str(error).rstrip(".")) from None
