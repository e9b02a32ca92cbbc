"""Small real pictures and files, harmless and hostile."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image

GPS, ORIENTATION, DESCRIPTION = 0x8825, 0x0112, 0x010E
RED, BLUE = (200, 30, 40), (20, 40, 220)
PLACE = "Marzipan Lane 7"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n" + (
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
MP3 = b"ID3\x03\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x64" + bytes(413)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def encoded(form: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    """A picture that is red on the left and blue on the right."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, *size))
    file = io.BytesIO()
    picture.convert(mode).save(file, form, **options)
    return file.getvalue()


def phone_photo(size: tuple[int, int] = (64, 48)) -> bytes:
    """A photo as a phone takes it: sideways, with the place where it was taken."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[DESCRIPTION] = PLACE
    exif.get_ifd(GPS).update({1: "N", 2: (43.0, 39.0, 11.0), 3: "W", 4: (70.0, 15.0, 20.0)})
    return encoded("JPEG", size, exif=exif)


def bomb() -> bytes:
    """A picture of some kilobytes that would take a gigabyte of memory; its rows are packed a thousand at a time."""
    width, height = 40_000, 25_000
    rows = bytes(1000 * (1 + width // 8))
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(rows) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = (height // 1000 * len(rows) % 65521) << 16 | 1  # as zlib has it for bytes that are all zero
    data = b"\x78\x9c" + packed * (height // 1000) + packer.flush() + struct.pack(">I", checksum)
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def opened(data: bytes) -> Image.Image:
    """A picture, decoded."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture
