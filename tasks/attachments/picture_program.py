"""A program of its own that makes a clean picture of an untrusted one: `rendering` runs it, and nothing imports it.

It reads a picture from standard input, and writes one line of JSON and behind it the bytes that the line announces.
Whatever a hostile picture does to the decoder happens here: without keys or a database, with little memory and time.
The result is drawn anew from the pixels, so that no location, comment, profile, or second file is in it.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import warnings

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP")
MOST_PIXELS = 40_000_000
LONGEST_SIDE, THUMBNAIL_SIDE = 2560, 360
MEMORY_BYTES, CPU_SECONDS = 2 * 1024**3, 20
QUALITY = 88


class _SeveralPagesError(Exception):
    pass


def main() -> None:
    """Limit this process, then turn what comes in into a picture and its thumbnail, or say why not."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        picture = _open(sys.stdin.buffer.read())
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        _answer({"refused": "too_many_pixels"})
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError, IndexError, TypeError):
        _answer({"refused": "damaged"})
    except _SeveralPagesError:
        _answer({"pages": "several"})
    else:
        full = _encode(picture)
        picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        small = _encode(picture)
        form = "image/png" if _has_alpha(picture) else "image/jpeg"
        size = Image.open(io.BytesIO(full)).size
        _answer(
            {"content_type": form, "width": size[0], "height": size[1], "bytes": [len(full), len(small)]}, full, small
        )


def _open(data: bytes) -> Image.Image:
    """Return the pixels of a picture, the right way up and of a bounded size; of an animation, the first.

    Raises:
        _SeveralPagesError: it is a scan of several pages, such as a fax.
    """
    with Image.open(io.BytesIO(data), formats=FORMATS) as found:
        if found.format == "TIFF" and getattr(found, "is_animated", False):
            raise _SeveralPagesError
        found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded no larger than needed
        upright = ImageOps.exif_transpose(found)
        upright.load()
        plain = upright.convert("RGBA" if _has_alpha(upright) else "RGB")
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return plain


def _has_alpha(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info


def _encode(picture: Image.Image) -> bytes:
    """Return a file that holds the pixels and nothing else."""
    bare = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    file = io.BytesIO()
    if _has_alpha(bare):
        bare.save(file, "PNG")
    else:
        bare.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def _answer(line: dict[str, object], *parts: bytes) -> None:
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n" + b"".join(parts))


if __name__ == "__main__":
    main()
