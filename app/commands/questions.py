"""Trying a practice's common questions."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.service_files import settings_of_running_service


@click.group()
def questions() -> None:
    """Work with the common questions of a practice."""


@questions.command("try")
@click.argument("practice")
@click.argument("text")
@data_dir_option
def try_question(practice: str, text: str, data_dir: Path) -> None:
    """Show which common question of a PRACTICE a TEXT asks, and what would be answered.

    It ignores what the intent model says of the text, which keeps the service from answering anything clinical.
    """
    from classifier.errors import ModelError
    from classifier.questions.find import QuestionMatcher
    from classifier.questions.sentences import SentenceEncoder
    from inbox.practices.common_questions import read_questions
    from inbox.storage.database import Database
    from intake.encryption import Keyring
    from intake.practices import load_practices
    from tasks.understanding.questions import join_answers

    settings = settings_of_running_service(data_dir)
    if load_practices(settings.practices_file).by_slug(practice) is None:
        raise IntakeError(f"there is no practice {practice} in {settings.practices_file}: check the slug")
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    with database.read() as session:
        known = {question.key: question for question in read_questions(session, practice)}
    database.close()
    try:
        encoder = SentenceEncoder.load()
    except ModelError as error:
        raise IntakeError(str(error)) from None
    match = QuestionMatcher(encoder, {key: question.phrasings for key, question in known.items()}).match(text)
    found = [known[key] for key in (match.topic, *match.also)]
    for question in found:
        click.echo(f"nearest: {question.title} ({question.key})")
    click.echo(f"score: {match.score:.3f} (needs {match.needed:g})")
    if not match.is_clear:
        click.echo("answer: none, not sure enough")
    elif not all(question.answer for question in found):
        click.echo("answer: none written")
    else:
        click.echo(f"answer: {join_answers([question.answer for question in found]) or 'none, too long together'}")
