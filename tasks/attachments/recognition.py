"""Telling what a file is from its bytes, whatever was declared. Nothing here decodes or unpacks it.

What can act by itself is refused: programs, pages, scripts, macros, and archives, whose contents nobody has looked at.
"""

from __future__ import annotations

import io
import re
import zipfile

import filetype

from inbox.attachments.file_types import (
    CONTACT_CARD,
    EXCEL,
    OPEN_SHEET,
    OPEN_SLIDES,
    OPEN_TEXT,
    PDF,
    PLAIN_TEXT,
    POWERPOINT,
    RICH_TEXT,
    TIFF,
    WORD,
)
from inbox.models import AttachmentKind, Refusal

BMP = "image/bmp"
CHAT_PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
PICTURES = CHAT_PICTURES | {TIFF, BMP}
"""What is drawn anew."""
_ALSO_PICTURES = {"image/apng": "image/png"}

# the names that the library has for them, and the standard ones
_SOUNDS = {
    "audio/mpeg": "audio/mpeg",
    "audio/mp4": "audio/mp4",
    "audio/ogg": "audio/ogg",
    "audio/x-wav": "audio/wav",
    "audio/amr": "audio/amr",
    "audio/aac": "audio/aac",
    "audio/x-flac": "audio/flac",
    "audio/x-aiff": "audio/aiff",
}
_VIDEOS = frozenset({"video/webm", "video/x-matroska", "video/x-msvideo", "video/x-ms-wmv", "video/mpeg"})
_ARCHIVES = frozenset(
    f"application/{name}"
    for name in (
        *("x-tar", "x-rar-compressed", "gzip", "x-bzip2", "x-7z-compressed", "vnd.ms-cab-compressed", "x-xz"),
        *("x-compress", "x-lzop", "x-lzip", "x-lz4", "zstd", "x-brotli", "x-unix-archive"),
    )
)
# ISO base media files (ISO/IEC 14496-12) name their brand; the library looks for some of these in the wrong place
_BRANDS: dict[str, str] = (
    dict.fromkeys(("heic", "heix", "heim", "heis", "hevc", "hevx"), "image/heic")
    | dict.fromkeys(("avif", "avis"), "image/avif")
    | dict.fromkeys(("M4A ", "M4B "), "audio/mp4")
    | dict.fromkeys(("3gp4", "3gp5", "3gp6", "3gp7", "3gp8", "3gp9", "3gr6", "3gs6", "3ge6", "3gg6"), "video/3gpp")
    | dict.fromkeys(("3g2a", "3g2b", "3g2c"), "video/3gpp2")
    | dict.fromkeys(("isom", "iso2", "iso4", "iso5", "iso6", "avc1", "mp41", "mp42", "M4V ", "MSNV"), "video/mp4")
    | {"qt  ": "video/quicktime"}
)
_UNSAID = ("mif1", "msf1")  # still pictures of some kind, which the brands behind tell
_MOST_BRANDS = 64
_TRACK = re.compile(rb"hdlr.{8}(vide|soun)", re.DOTALL)
_SOUND_ALONE = {"video/mp4": "audio/mp4", "video/3gpp": "audio/3gpp", "video/3gpp2": "audio/3gpp2"}

_ZIP, _EMPTY_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENTRY_OF_ZIP = b"PK\x01\x02"
_MOST_ENTRIES = 5000
_OPEN_XML = {
    re.compile(r"word/document\d*\.xml"): WORD,
    re.compile(r"xl/workbook\d*\.xml"): EXCEL,
    re.compile(r"ppt/presentation\d*\.xml"): POWERPOINT,
}
# an OpenDocument file begins with an entry of this name, not packed, that says what it is
_OPEN_DOCUMENT = re.compile(rb"PK\x03\x04.{26}mimetype(application/vnd\.oasis\.opendocument\.\w+)PK", re.DOTALL)
_OPEN_DOCUMENTS = {name.encode(): name for name in (OPEN_TEXT, OPEN_SHEET, OPEN_SLIDES)}
_MACROS = re.compile(r"vbaproject|vbadata|/macrosheets/|/dialogsheets/|/activex/|oleobject|^(basic|scripts)/|\.bin$")
_PRINTER = re.compile(r"/printersettings/[^/]*\.bin$")  # what Excel remembers of the paper

_BYTE_ORDERS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CONTROLS = bytes((*range(0x09), 0x0B, *range(0x0E, 0x20)))
_LOOKED_AT = 1000
_ACTIVE_BEGINNING = re.compile(
    r"<[!?/%]|<[a-z][\w:-]*[\s/>]|#!|@?echo\s+off|\[internetshortcut]|windows registry editor|option explicit"
)
_ACTIVE = (  # looked for without a pattern, as texts are long and a web server waits
    *("<script", "<html", "<svg", "<iframe", "<object", "<embed", "<?php", "<!doctype", "wscript.", "createobject("),
    *("activexobject", "invoke-expression", "powershell -", "powershell.exe", "cmd /c", "cmd.exe /c"),
)
_OBJECTS_IN_RTF = ("\\object", "\\objdata", "\\ddeauto")


def recognize(data: bytes) -> tuple[AttachmentKind, str] | Refusal:
    """Return what a file is, as it would be kept, and its content type; or why it isn't kept.

    A picture is said to be of the type that it came in.
    """
    if data.startswith(_OLD_OFFICE):  # whether it has macros can't be told from outside; nor of a locked one
        return Refusal.MACROS
    if data.startswith((_ZIP, _EMPTY_ZIP)):
        return _recognize_zip(data)
    if data[4:8] == b"ftyp":
        return _recognize_media(data)
    found = sniff(data)
    if found in _ARCHIVES:
        return Refusal.ARCHIVE
    if found in PICTURES and not (found == BMP and _is_text(data)):  # which begins with no more than two letters
        return AttachmentKind.PICTURE, found
    if found == PDF:
        return AttachmentKind.PDF, PDF
    if found in _SOUNDS:
        return AttachmentKind.AUDIO, _SOUNDS[found]
    if data.startswith(b"caff\x00\x01"):
        return AttachmentKind.AUDIO, "audio/x-caf"
    if found in _VIDEOS:
        return AttachmentKind.VIDEO, found
    return _recognize_text(data) if found in ("", BMP, RICH_TEXT) else Refusal.UNSUPPORTED


def sniff(data: bytes) -> str:
    """Return the content type that the first bytes have, empty if they have none that is known."""
    found = str(filetype.guess_mime(data) or "") if data else ""
    return _ALSO_PICTURES.get(found, found)


def _recognize_media(data: bytes) -> tuple[AttachmentKind, str] | Refusal:
    end = min(int.from_bytes(data[:4]), 16 + 4 * _MOST_BRANDS)
    brands = [data[8:12], *(data[start : start + 4] for start in range(16, end, 4))]
    named = [brand.decode("latin-1") for brand in brands]
    known = [_BRANDS[brand] for brand in named if brand in _BRANDS]
    if named[0] in _UNSAID:
        known = [found for found in known if found.startswith("image/")] or ["image/heic"]
    if not known:
        return Refusal.UNSUPPORTED
    found = known[0]
    tracks = set(_TRACK.findall(data))
    if tracks == {b"soun"}:
        found = _SOUND_ALONE.get(found, found)
    kinds = {"image": AttachmentKind.PHOTO, "audio": AttachmentKind.AUDIO, "video": AttachmentKind.VIDEO}
    return kinds[found.partition("/")[0]], found


def _recognize_zip(data: bytes) -> tuple[AttachmentKind, str] | Refusal:
    """Tell an office document from any other ZIP file by the names in it."""
    names = _names_in_zip(data)
    found = ""
    if "[content_types].xml" in names:
        found = next((kind for main, kind in _OPEN_XML.items() if any(map(main.fullmatch, names))), "")
    if not found and (opened := _OPEN_DOCUMENT.match(data[:200])):
        found = _OPEN_DOCUMENTS.get(opened[1], "") if "content.xml" in names else ""
    if not found:
        return Refusal.ARCHIVE
    if any(_MACROS.search(name) and not _PRINTER.search(name) for name in names):
        return Refusal.MACROS
    return AttachmentKind.DOCUMENT, found


def _names_in_zip(data: bytes) -> frozenset[str]:
    """Return the names in a ZIP file, in lower case; none if it is damaged, or has too many."""
    if data.count(_ENTRY_OF_ZIP) > _MOST_ENTRIES:
        return frozenset()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return frozenset(name.lower() for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return frozenset()


def _recognize_text(data: bytes) -> tuple[AttachmentKind, str] | Refusal:
    text = _read_text(data)
    if not text:
        return Refusal.UNSUPPORTED
    lowered = text.lower()
    if text.startswith("{\\rtf"):
        has_object = any(sign in lowered for sign in _OBJECTS_IN_RTF)
        return Refusal.MACROS if has_object else (AttachmentKind.DOCUMENT, RICH_TEXT)
    if _ACTIVE_BEGINNING.match(lowered.lstrip()[:_LOOKED_AT]) or any(sign in lowered for sign in _ACTIVE):
        return Refusal.UNSUPPORTED
    is_card = text.lstrip()[:11].upper() == "BEGIN:VCARD"
    return AttachmentKind.DOCUMENT, CONTACT_CARD if is_card else PLAIN_TEXT


def _is_text(data: bytes) -> bool:
    return bool(_read_text(data))


def _read_text(data: bytes) -> str:
    """Return what plain text says; empty if the bytes are none."""
    order = next((encoding for mark, encoding in _BYTE_ORDERS if data.startswith(mark)), "")
    for encoding in (order,) if order else ("utf-8", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        plain = text.encode() if order else data
        return text if len(plain.translate(None, _CONTROLS)) == len(plain) else ""
    return ""
