"""Posted forms as bytes: fields undecoded, files up to a limit."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.attachments.rows import MOST_BYTES
from tests.pictures import PDF
from web.errors import RequestError
from webhooks.multipart import LONGEST_FIELD, PostedFile, PostedForm, read_multipart

BOUNDARY = "xYzZY"


def part(name: str, value: bytes, file: tuple[str, str] | None = None) -> bytes:
    about = f'; filename="{file[0]}"\r\nContent-Type: {file[1]}' if file else ""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{about}\r\n\r\n'.encode() + value + b"\r\n"


def read(*parts: bytes, end: bytes = f"--{BOUNDARY}--\r\n".encode()) -> PostedForm:
    return read_multipart(io.BytesIO(b"".join(parts) + end), {"boundary": BOUNDARY})


def test_fields_are_bytes_by_name() -> None:
    form = read(part("text", b"caf\xe9"), part("subject", "señal".encode()), part("empty", b""))

    assert form.fields == {"text": b"caf\xe9", "subject": "señal".encode(), "empty": b""}
    assert form.files == ()


def test_files_are_read_with_what_they_are_said_to_be() -> None:
    form = read(
        part("attachment1", b"\x00" * 70_000, ("card.jpg", "image/jpeg")),
        part("text", b"See attached"),
        part("attachment2", b"", ("empty.pdf", "application/pdf")),
    )

    assert form.files == (
        PostedFile("image/jpeg", 70_000, "card.jpg", b"\x00" * 70_000),
        PostedFile("application/pdf", 0, "empty.pdf", b""),
    )
    assert form.fields == {"text": b"See attached"}


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "gb18030"])
def test_a_file_name_that_is_not_utf_8_loses_nothing(encoding: str) -> None:
    named = part("attachment1", PDF, ("NAME", "application/pdf")).replace(b"NAME", "café.pdf".encode(encoding))

    form = read(named, part("text", b"See attached"))

    assert form.fields == {"text": b"See attached"}
    assert [(file.content_type, file.contents) for file in form.files] == [("application/pdf", PDF)]
    assert "\ufffd" in form.files[0].name


def test_of_two_fields_with_one_name_the_last_counts() -> None:
    assert read(part("text", b"one"), part("text", b"two")).fields == {"text": b"two"}


def test_a_field_that_is_too_long_is_cut_and_no_failure() -> None:
    form = read(part("html", b"x" * (LONGEST_FIELD + 100_000)), part("text", b"Hello"))

    assert len(form.fields["html"]) == LONGEST_FIELD
    assert form.cut == {"html"}
    assert form.fields["text"] == b"Hello"


def test_a_file_that_is_too_large_goes_past_memory() -> None:
    class Attachment(io.RawIOBase):
        """30 MB that are made while they are read."""

        def __init__(self) -> None:
            self.left = [part("attachment1", b"", ("scan.tif", "image/tiff"))[:-2], *[b"x" * 60_000] * 500]
            self.left += [f"\r\n--{BOUNDARY}--\r\n".encode()]

        def read(self, size: int = -1) -> bytes:
            return self.left.pop(0) if self.left else b""

    tracemalloc.start()
    try:
        form = read_multipart(Attachment(), {"boundary": BOUNDARY})  # type: ignore[arg-type]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert form.files == (PostedFile("image/tiff", 30_000_000, "scan.tif", None),)
    assert peak < 2 * MOST_BYTES


@given(st.dictionaries(st.sampled_from("abcdef"), st.binary(max_size=2000)))
def test_every_byte_of_a_field_arrives(fields: dict[str, bytes]) -> None:
    safe = {name: value for name, value in fields.items() if f"--{BOUNDARY}".encode() not in value}

    assert read(*(part(name, value) for name, value in safe.items())).fields == safe


@pytest.mark.parametrize("parameters", [{}, {"boundary": ""}])
def test_a_form_needs_a_boundary(parameters: dict[str, str]) -> None:
    with pytest.raises(RequestError) as refused:
        read_multipart(io.BytesIO(b"text=Hello"), parameters)

    assert (refused.value.status, refused.value.code) == (400, "invalid_form")


@pytest.mark.parametrize("body", [b"", b"text=Hello", part("text", b"Hello"), part("text", b"Hello")[:40]])
def test_a_body_that_ends_too_early_is_refused(body: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        read(body, end=b"")

    assert (refused.value.status, refused.value.code) == (400, "invalid_form")
