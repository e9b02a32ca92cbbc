"""What a message says of the phone that it comes from: certain wordings by tables, others by the model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from classifier.contact.contact_words import CONTACT, load_contact_words
from classifier.contact.heard_contact import HeardContact, hear_contact
from classifier.contact.other_writers import is_other_writer
from classifier.contact.unsafe_contact import read_unsafe_contact
from classifier.errors import ModelError

UNRULED = {
    "Foreman holds our phones in a basket up front with the screens up. so no texts to me": HeardContact.SILENT,
    "Si llega el resultado del papanicolau guárdemelo. Él revisa hasta lo que borro.": HeardContact.SILENT,
    "soy su novia y tengo su phone. salió positivo o qué?": HeardContact.OTHER_WRITER,
}
ORDINARY = [
    "",
    "My husband will see the text and drive me over, so Tuesday at 9 works.",
    "Can I move my visit to Tuesday?",
    "My phone broke, please email me the form.",
    "¿A qué hora abren el sábado? Mi esposa me lleva.",
    "I got a text about a bill of $40, what is it for?",
    "\ud800 \x00 \u202e",
]


@pytest.mark.parametrize(("text", "kind"), UNRULED.items())
def test_the_model_hears_wordings_that_no_table_has(text: str, kind: HeardContact) -> None:
    assert read_unsafe_contact(text) is None
    assert not is_other_writer(text)
    assert hear_contact(text) is kind


def test_a_table_comes_before_the_model() -> None:
    assert hear_contact("this is her husband, what did she want?") is HeardContact.OTHER_WRITER
    assert hear_contact("this is my boss's phone, im only asking what time u close") is HeardContact.SILENT


def test_what_marks_the_phone_itself_is_left_to_the_mark() -> None:
    assert read_unsafe_contact("he reads my phone") is not None
    assert hear_contact("he reads my phone") is None


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_messages_are_answered(text: str) -> None:
    assert hear_contact(text) is None


def test_who_says_that_it_is_safe_again_is_answered() -> None:
    assert hear_contact("it's safe to text me now, he left") is None


def test_an_altered_model_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(CONTACT, tmp_path / "contact")
    (folder / "calibration.json").write_text('{"least": 1.0}')

    with pytest.raises(ModelError, match=r"calibration\.json was altered"):
        load_contact_words(folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = shutil.copytree(CONTACT, tmp_path / "contact")
    (folder / "words.npz").unlink()

    with pytest.raises(ModelError, match=r"words\.npz"):
        load_contact_words(folder)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"manifest\.json cannot be read"):
        load_contact_words(tmp_path)
    (tmp_path / "manifest.json").write_text('{"version": "1", "files": {}}')

    with pytest.raises(ModelError, match=r"does not list"):
        load_contact_words(tmp_path)
