"""Small files of the kinds that patients send, and of those that nobody should open."""

from __future__ import annotations

import io
import zipfile

from PIL import Image


def media(brand: bytes, *compatible: bytes, tracks: tuple[bytes, ...] = ()) -> bytes:
    """An ISO base media file: a box that says what it is, and tracks of these kinds."""
    named = brand + bytes(4) + b"".join(compatible)
    handlers = b"".join(b"hdlr" + bytes(8) + track + bytes(12) for track in tracks)
    return (8 + len(named)).to_bytes(4) + b"ftyp" + named + handlers + bytes(64)


def zipped(*names: str, first: bytes = b"") -> bytes:
    """A ZIP file with entries of these names; an OpenDocument file says what it is in its first entry."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        if first:
            archive.writestr(zipfile.ZipInfo("mimetype"), first)
        for name in names:
            archive.writestr(name, f"<x>{name}</x>")
    return file.getvalue()


def pages(count: int) -> bytes:
    """A fax: a TIFF of black and white pages."""
    sheets = [Image.new("1", (32, 48), number % 2) for number in range(count)]
    file = io.BytesIO()
    sheets[0].save(file, "TIFF", compression="group4", save_all=True, append_images=sheets[1:])
    return file.getvalue()


OFFICE = ("[Content_Types].xml", "_rels/.rels", "docProps/core.xml")
HEIC = media(b"heic", b"mif1", b"heic")
MP4 = media(b"isom", b"isom", b"mp41", tracks=(b"vide", b"soun"))
THREE_GP = media(b"3gp4", b"isom", b"3gp4", tracks=(b"vide", b"soun"))
MOV = media(b"qt  ", b"qt  ", tracks=(b"vide",))
VOICE_MEMO = media(b"M4A ", b"M4A ", b"mp42", b"isom", tracks=(b"soun",))
ANDROID_MEMO = media(b"mp42", b"isom", b"mp42", tracks=(b"soun",))
DOCX = zipped(*OFFICE, "word/document.xml", "word/media/image1.jpeg")
XLSX = zipped(*OFFICE, "xl/workbook.xml", "xl/printerSettings/printerSettings1.bin")
ODT = zipped("content.xml", "META-INF/manifest.xml", first=b"application/vnd.oasis.opendocument.text")
XLSM = zipped(*OFFICE, "xl/workbook.xml", "xl/vbaProject.bin")
ARCHIVE = zipped("letter.pdf")
CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Dr. Ruth Alder\r\nTEL:+12025550177\r\nEND:VCARD\r\n"
