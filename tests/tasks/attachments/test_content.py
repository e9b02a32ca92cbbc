"""What an attachment is follows from its bytes, and a picture is drawn anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from inbox.attachments.file_types import OPEN_TEXT, file_type
from inbox.attachments.rows import MOST_BYTES
from inbox.models import AttachmentKind, Refusal
from tasks.attachments import rendering
from tasks.attachments.content import Checked, check
from tasks.attachments.picture_program import LONGEST_SIDE, THUMBNAIL_SIDE
from tasks.attachments.rendering import render
from tests.pictures import HTML, MP3, PDF, PLACE, SVG, bomb, encoded, opened, phone_photo
from tests.sent_files import (
    ANDROID_MEMO,
    ARCHIVE,
    CARD,
    DOCX,
    HEIC,
    MOV,
    MP4,
    ODT,
    OFFICE,
    THREE_GP,
    VOICE_MEMO,
    XLSM,
    XLSX,
    media,
    pages,
    zipped,
)


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
        (encoded("TIFF"), "image/jpeg"),
        (pages(1), "image/jpeg"),
        (encoded("BMP"), "image/jpeg"),
    ],
    ids=["png", "transparent png", "gif", "webp", "tiff", "fax", "bmp"],
)
def test_pictures_of_every_common_format_are_taken(data: bytes, content_type: str) -> None:
    found = checked(data)

    assert (found.kind, found.content_type) == (AttachmentKind.PICTURE, content_type)
    assert opened(found.contents).size == (found.width, found.height) == opened(data).size


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
        (b"MZ" + bytes(300), Refusal.UNSUPPORTED),
        (PDF + bytes(MOST_BYTES), Refusal.TOO_LARGE),
        (encoded("TIFF")[:200], Refusal.DAMAGED),
        (media(b"crx ", b"crx "), Refusal.UNSUPPORTED),
        (b"#!/bin/sh\nrm -rf ~\n", Refusal.UNSUPPORTED),
        (b'Set s = CreateObject("WScript.Shell")', Refusal.UNSUPPORTED),
        (b"[InternetShortcut]\nURL=https://evil.example", Refusal.UNSUPPORTED),
        (b"Look at this\n<script>alert(1)</script>", Refusal.UNSUPPORTED),
        ("<html>".encode("utf-16"), Refusal.UNSUPPORTED),
        (bytes(range(256)) * 4, Refusal.UNSUPPORTED),
        (ARCHIVE, Refusal.ARCHIVE),
        (ARCHIVE[:-10], Refusal.ARCHIVE),
        (zipped(*OFFICE, "letter.exe"), Refusal.ARCHIVE),
        (zipped("content.xml", first=b"application/epub+zip"), Refusal.ARCHIVE),
        (b"Rar!\x1a\x07\x00" + bytes(30), Refusal.ARCHIVE),
        (zipped(*(f"{number}.txt" for number in range(5001)), "word/document.xml", *OFFICE), Refusal.ARCHIVE),
        (XLSM, Refusal.MACROS),
        (zipped(*OFFICE, "word/document.xml", "word/VBAPROJECT.BIN"), Refusal.MACROS),
        (zipped(*OFFICE, "word/document.xml", "word/embeddings/oleObject1.bin"), Refusal.MACROS),
        (zipped(*OFFICE, "xl/workbook.xml", "xl/macrosheets/sheet1.xml"), Refusal.MACROS),
        (zipped("content.xml", "Basic/Standard/x.xml", first=OPEN_TEXT.encode()), Refusal.MACROS),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), Refusal.MACROS),
        (b"{\\rtf1 {\\object\\objemb {\\*\\objdata 0105}}}", Refusal.MACROS),
    ],
    ids=[
        *(
            "cut off",
            "header alone",
            "empty",
            "svg",
            "html",
            "html first",
            "program",
            "huge",
            "cut off tiff",
            "raw photo",
        ),
        *("shell script", "visual basic", "shortcut", "script in text", "html in utf-16", "noise"),
        *("zip", "cut off zip", "zip with types", "e-book", "rar", "too many entries"),
        *(
            "xlsm",
            "docx with macros",
            "docx with a program",
            "old macros",
            "odt with macros",
            "old office",
            "rtf with a program",
        ),
    ],
)
def test_what_cannot_be_kept_safely_is_refused_with_a_reason(data: bytes, reason: Refusal) -> None:
    assert check(data, render) is reason


def test_a_picture_that_would_take_a_gigabyte_of_memory_is_refused() -> None:
    assert check(bomb(), render) is Refusal.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("data", "kind", "words", "ending"),
    [
        (PDF, "pdf", "PDF document", "pdf"),
        (MP3, "audio", "Sound recording", "mp3"),
        (VOICE_MEMO, "audio", "Sound recording", "m4a"),
        (ANDROID_MEMO, "audio", "Sound recording", "m4a"),
        (media(b"3gp5", b"3gp5", tracks=(b"soun",)), "audio", "Sound recording", "3gp"),
        (b"caff\x00\x01\x00\x00" + bytes(40), "audio", "Sound recording", "caf"),
        (HEIC, "photo", "Photo (HEIC)", "heic"),
        (media(b"mif1", b"mif1", b"heic"), "photo", "Photo (HEIC)", "heic"),
        (media(b"mif1", b"mif1", b"avif"), "photo", "Photo (AVIF)", "avif"),
        (MP4, "video", "Video", "mp4"),
        (THREE_GP, "video", "Video", "3gp"),
        (media(b"3g2a", b"3g2a"), "video", "Video", "3g2"),
        (MOV, "video", "Video", "mov"),
        (DOCX, "document", "Word document", "docx"),
        (zipped(*OFFICE, "word/document2.xml"), "document", "Word document", "docx"),
        (XLSX, "document", "Excel spreadsheet", "xlsx"),
        (ODT, "document", "Text document (ODT)", "odt"),
        (b"{\\rtf1\\ansi Dear colleague}", "document", "Text document (RTF)", "rtf"),
        (b"BMI 24, weight 150 lb\n", "document", "Text file", "txt"),
        (b"<ana@patient.example> wrote", "document", "Text file", "txt"),
        ("presi\u00f3n,120/80\n".encode("cp1252"), "document", "Text file", "txt"),
        ("presi\u00f3n\t120/80\n".encode("utf-16"), "document", "Text file", "txt"),
        (b"=cmd|' /C calc'!A0,1\n", "document", "Text file", "txt"),
        (CARD, "document", "Contact card", "vcf"),
        (pages(3), "document", "Scan of several pages (TIFF)", "tif"),
    ],
    ids=[
        *("pdf", "mp3", "iphone memo", "android memo", "3gp memo", "caf", "heic", "heif", "avif"),
        *("mp4", "3gp", "3g2", "mov", "docx", "docx of word online", "xlsx", "odt", "rtf"),
        *(
            "text like a bmp",
            "text with an address",
            "windows csv",
            "utf-16 text",
            "formula",
            "card",
            "fax of three pages",
        ),
    ],
)
def test_what_nothing_here_can_draw_is_kept_as_it_came(data: bytes, kind: str, words: str, ending: str) -> None:
    found = checked(data)

    assert (found.kind, found.contents, found.thumbnail) == (AttachmentKind(kind), data, None)
    assert (file_type(found.content_type).words, file_type(found.content_type).ending) == (words, ending)
