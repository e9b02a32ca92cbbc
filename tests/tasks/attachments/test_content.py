"""What an attachment is follows from its bytes, and a picture is drawn anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from inbox.attachments import MOST_BYTES
from inbox.models import AttachmentKind, Refusal
from tasks.attachments import rendering
from tasks.attachments.content import Checked, check
from tasks.attachments.picture_program import LONGEST_SIDE, THUMBNAIL_SIDE
from tasks.attachments.rendering import render
from tests.pictures import HTML, MP3, PDF, PLACE, SVG, bomb, encoded, opened, phone_photo


def checked(data: bytes) -> Checked:
    found = check(data, render)
    assert isinstance(found, Checked)
    return found


def test_a_decoder_that_is_killed_refuses_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "killed.py"
    program.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.setattr(rendering, "_PROGRAM", program)

    assert check(phone_photo(), render) is Refusal.DAMAGED


def test_a_photo_loses_its_place_and_stands_upright() -> None:
    data = phone_photo()
    assert PLACE.encode() in data

    found = checked(data)

    assert (found.kind, found.content_type, found.width, found.height) == (AttachmentKind.PICTURE, "image/jpeg", 48, 64)
    for made in (found.contents, found.thumbnail or b""):
        assert dict(opened(made).getexif()) == {}
        assert PLACE.encode() not in made
        assert b"Exif" not in made


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (encoded("PNG"), "image/jpeg"),
        (encoded("PNG", mode="RGBA"), "image/png"),
        (encoded("GIF", mode="P"), "image/jpeg"),
        (encoded("WEBP"), "image/jpeg"),
    ],
    ids=["png", "transparent png", "gif", "webp"],
)
def test_pictures_of_every_common_format_are_taken(data: bytes, content_type: str) -> None:
    found = checked(data)

    assert (found.content_type, found.width, found.height) == (content_type, 64, 48)
    assert opened(found.contents).size == (64, 48)


def test_a_large_picture_becomes_smaller_and_its_thumbnail_small() -> None:
    found = checked(encoded("JPEG", (3000, 1500)))

    assert (found.width, found.height) == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert max(opened(found.thumbnail or b"").size) == THUMBNAIL_SIDE


def test_what_hides_behind_a_picture_is_gone() -> None:
    found = checked(encoded("JPEG", comment=b"<script>") + HTML + b"PK\x03\x04 a zip file")

    assert b"script" not in found.contents
    assert b"PK\x03\x04" not in found.contents


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (encoded("JPEG")[:300], Refusal.DAMAGED),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 200, Refusal.DAMAGED),
        (b"", Refusal.UNSUPPORTED),
        (SVG, Refusal.UNSUPPORTED),
        (HTML, Refusal.UNSUPPORTED),
        (HTML + PDF, Refusal.UNSUPPORTED),
        (encoded("TIFF"), Refusal.UNSUPPORTED),
        (b"MZ" + bytes(300), Refusal.UNSUPPORTED),
        (PDF + bytes(MOST_BYTES), Refusal.TOO_LARGE),
    ],
    ids=["cut off", "header alone", "empty", "svg", "html", "html first", "tiff", "program", "huge"],
)
def test_what_cannot_be_kept_safely_is_refused_with_a_reason(data: bytes, reason: Refusal) -> None:
    assert check(data, render) is reason


def test_a_picture_that_would_take_a_gigabyte_of_memory_is_refused() -> None:
    assert check(bomb(), render) is Refusal.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("data", "kind", "content_type"),
    [(PDF, AttachmentKind.PDF, "application/pdf"), (MP3, AttachmentKind.AUDIO, "audio/mpeg")],
    ids=["pdf", "mp3"],
)
def test_a_pdf_and_a_sound_are_kept_as_they_are(data: bytes, kind: AttachmentKind, content_type: str) -> None:
    found = checked(data)

    assert (found.kind, found.content_type, found.contents, found.thumbnail) == (kind, content_type, data, None)
