"""What the kinds of kept files are called, and how their names end."""

from __future__ import annotations

from dataclasses import dataclass

PDF, TIFF = "application/pdf", "image/tiff"
PLAIN_TEXT, CONTACT_CARD, RICH_TEXT = "text/plain", "text/vcard", "application/rtf"
_OPEN_XML, _OPEN_DOCUMENT = "application/vnd.openxmlformats-officedocument", "application/vnd.oasis.opendocument"
WORD, EXCEL = f"{_OPEN_XML}.wordprocessingml.document", f"{_OPEN_XML}.spreadsheetml.sheet"
POWERPOINT = f"{_OPEN_XML}.presentationml.presentation"
OPEN_TEXT, OPEN_SHEET = f"{_OPEN_DOCUMENT}.text", f"{_OPEN_DOCUMENT}.spreadsheet"
OPEN_SLIDES = f"{_OPEN_DOCUMENT}.presentation"


@dataclass(frozen=True, slots=True)
class FileType:
    """What a content type means to people.

    Attributes:
        ending: how a file's name ends.
        words: what staff read.
        may_tell_place: whether a file as it came may say where it was taken.
    """

    ending: str
    words: str
    may_tell_place: bool = False


_SOUND = "Sound recording"
FILE_TYPES: dict[str, FileType] = {
    "image/jpeg": FileType("jpg", "Picture"),
    "image/png": FileType("png", "Picture"),
    "image/heic": FileType("heic", "Photo (HEIC)", may_tell_place=True),
    "image/avif": FileType("avif", "Photo (AVIF)", may_tell_place=True),
    TIFF: FileType("tif", "Scan of several pages (TIFF)", may_tell_place=True),
    PDF: FileType("pdf", "PDF document"),
    "video/mp4": FileType("mp4", "Video", may_tell_place=True),
    "video/3gpp": FileType("3gp", "Video", may_tell_place=True),
    "video/3gpp2": FileType("3g2", "Video", may_tell_place=True),
    "video/quicktime": FileType("mov", "Video", may_tell_place=True),
    "video/webm": FileType("webm", "Video", may_tell_place=True),
    "video/x-matroska": FileType("mkv", "Video", may_tell_place=True),
    "video/x-msvideo": FileType("avi", "Video", may_tell_place=True),
    "video/x-ms-wmv": FileType("wmv", "Video", may_tell_place=True),
    "video/mpeg": FileType("mpg", "Video", may_tell_place=True),
    "audio/mpeg": FileType("mp3", _SOUND),
    "audio/mp4": FileType("m4a", _SOUND),
    "audio/3gpp": FileType("3gp", _SOUND),
    "audio/3gpp2": FileType("3g2", _SOUND),
    "audio/ogg": FileType("ogg", _SOUND),
    "audio/wav": FileType("wav", _SOUND),
    "audio/amr": FileType("amr", _SOUND),
    "audio/aac": FileType("aac", _SOUND),
    "audio/flac": FileType("flac", _SOUND),
    "audio/aiff": FileType("aif", _SOUND),
    "audio/x-caf": FileType("caf", _SOUND),
    WORD: FileType("docx", "Word document"),
    EXCEL: FileType("xlsx", "Excel spreadsheet"),
    POWERPOINT: FileType("pptx", "PowerPoint presentation"),
    OPEN_TEXT: FileType("odt", "Text document (ODT)"),
    OPEN_SHEET: FileType("ods", "Spreadsheet (ODS)"),
    OPEN_SLIDES: FileType("odp", "Presentation (ODP)"),
    RICH_TEXT: FileType("rtf", "Text document (RTF)"),
    # CSV, too: a spreadsheet would run the formulas of a file that ends in `.csv`
    PLAIN_TEXT: FileType("txt", "Text file"),
    CONTACT_CARD: FileType("vcf", "Contact card"),
}
"""What can be kept, by the content type that its bytes have; only pictures were drawn anew."""
_UNKNOWN = FileType("bin", "File")


def file_type(content_type: str | None) -> FileType:
    """Return what a content type means to people."""
    return FILE_TYPES.get(content_type or "", _UNKNOWN)


def ending_of(content_type: str | None) -> str:
    """Return how the name of a file ends, by what its bytes were found to be."""
    return file_type(content_type).ending
