"""Staff see the pictures that patients text, download files, and are told why one is missing."""

from __future__ import annotations

import pytest
import requests
from sqlalchemy import select

from inbox.attachments.file_types import WORD
from inbox.models import Attachment, AttachmentState, AuditEntry
from tests.pictures import HTML, PDF, PLACE, opened, phone_photo
from tests.sent_files import ARCHIVE, CARD, DOCX, HEIC, MP4, THREE_GP, VOICE_MEMO, XLSM, pages
from tests.staff.conftest import Browser, Console
from tests.standins.twilio import ACCOUNT_SID

PAGE = "/staff/conversations/1"
ONE = "/staff/attachments/1"


def send(console: Console, *files: bytes) -> None:
    media = [(console.twilio.media.add(ACCOUNT_SID, contents), "image/jpeg") for contents in files]
    console.text("Is this rash normal?", media=media)
    console.reconcile()


@pytest.fixture
def browser(console: Console) -> Browser:
    """A member of the practice."""
    return console.sign_in()


def check_headers(answer: requests.Response, disposition: str) -> None:
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith(disposition)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store, private"


def test_a_picture_is_shown_small_in_the_thread_and_opens_in_full_size(console: Console, browser: Browser) -> None:
    send(console, phone_photo())

    page = browser.get(PAGE).text
    assert f'href="{ONE}"><img src="{ONE}/thumbnail" alt="Picture 1 from the patient' in page
    for address in (f"{ONE}/thumbnail", f"{ONE}/picture"):
        answer = browser.get(address)
        check_headers(answer, 'inline; filename="attachment-1.jpg"')
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert opened(answer.content).size == (48, 64)
        assert PLACE.encode() not in answer.content


def test_an_opened_picture_has_a_caption_and_leads_back_to_its_message_in_the_same_list(
    console: Console, browser: Browser
) -> None:
    send(console, phone_photo(), phone_photo())

    assert 'href="/staff/attachments/2?view=mine"><img' in browser.get(f"{PAGE}?view=mine").text
    page = browser.get("/staff/attachments/2?view=mine&sort=waiting").text

    assert "<h1>Picture 2 from the patient</h1>" in page
    assert f'href="{PAGE}?hit=message-1&amp;view=mine&amp;sort=waiting#message-1"' in page
    assert 'src="/staff/attachments/2/picture" alt="Picture 2 from the patient"' in page
    assert 'href="/staff/attachments/2/download" download' in page


def test_a_pdf_is_offered_for_download_and_never_shown(console: Console, browser: Browser) -> None:
    send(console, PDF)

    page = browser.get(PAGE).text
    assert "PDF document 1 from the patient" in page
    assert f"{ONE}/picture" not in page
    answer = browser.get(f"{ONE}/download")
    check_headers(answer, 'attachment; filename="attachment-1.pdf"')
    assert (answer.headers["Content-Type"], answer.content) == ("application/pdf", PDF)
    for address in (ONE, f"{ONE}/picture", f"{ONE}/thumbnail"):
        assert browser.get(address).status_code == 404


@pytest.mark.parametrize(
    ("file", "words", "content_type", "ending", "tells_place"),
    [
        (HEIC, "Photo (HEIC) 1 from the patient, 1 KB", "image/heic", "heic", True),
        (MP4, "Video 1 from the patient, 1 KB", "video/mp4", "mp4", True),
        (THREE_GP, "Video 1 from the patient, 1 KB", "video/3gpp", "3gp", True),
        (MP4 + bytes(2_000_000), "Video 1 from the patient, 1.9 MB", "video/mp4", "mp4", True),
        (DOCX, "Word document 1 from the patient, 1 KB", WORD, "docx", False),
        (b"day,pressure\n", "Text file 1 from the patient, 1 KB", "text/plain", "txt", False),
        (CARD, "Contact card 1 from the patient, 1 KB", "text/vcard", "vcf", False),
        (VOICE_MEMO, "Sound recording 1 from the patient, 1 KB", "audio/mp4", "m4a", False),
    ],
    ids=["heic", "mp4", "3gp", "large mp4", "docx", "csv", "card", "voice memo"],
)
def test_what_nothing_here_draws_is_named_and_can_only_be_downloaded(
    console: Console, browser: Browser, file: bytes, words: str, content_type: str, ending: str, tells_place: bool
) -> None:
    send(console, file)

    page = browser.get(PAGE).text
    assert words in page
    assert ("It may show where it was taken." in page) == tells_place
    answer = browser.get(f"{ONE}/download")
    check_headers(answer, f'attachment; filename="attachment-1.{ending}"')
    assert answer.headers["Content-Type"].partition(";")[0] == content_type
    assert answer.content == file
    assert browser.get(f"{ONE}/picture").status_code == browser.get(f"{ONE}/thumbnail").status_code == 404
    assert [entry.action for entry in console.rows(AuditEntry) if entry.detail.get("attachment") == 1] == [
        "file_downloaded"
    ]


def test_a_scan_is_drawn_anew_and_shown(console: Console, browser: Browser) -> None:
    send(console, pages(1))

    answer = browser.get(f"{ONE}/picture")
    check_headers(answer, 'inline; filename="attachment-1.jpg"')
    assert opened(answer.content).size == (32, 48)


@pytest.mark.parametrize(
    ("file", "why"),
    [(ARCHIVE, "such as a ZIP file"), (XLSM, "or has macros")],
    ids=["archive", "macros"],
)
def test_staff_read_which_kind_was_refused(console: Console, browser: Browser, file: bytes, why: str) -> None:
    send(console, file)

    assert why in browser.get(PAGE).text
    assert browser.get(f"{ONE}/download").status_code == 404


def test_a_refused_file_says_why_and_cannot_be_opened(console: Console, browser: Browser) -> None:
    send(console, HTML)

    page = browser.get(PAGE).text
    assert "of a kind that can&#39;t be opened safely here" in page
    assert ONE not in page
    assert browser.get(f"{ONE}/download").status_code == 404


def test_a_file_that_is_not_checked_yet_cannot_be_opened(console: Console, browser: Browser) -> None:
    console.twilio.media.fail = True
    send(console, phone_photo())

    assert "on its way" in browser.get(PAGE).text
    assert browser.get(f"{ONE}/picture").status_code == 404


def test_a_file_that_was_lost_says_so(console: Console, browser: Browser) -> None:
    send(console, phone_photo())
    console.context.files.delete(console.rows(Attachment)[0].file_id)

    answer = browser.get(f"{ONE}/picture")

    assert answer.status_code == 404
    assert "no longer available" in answer.text


def test_the_audit_trail_says_who_saw_and_downloaded_what(console: Console, browser: Browser) -> None:
    send(console, phone_photo())

    for _ in range(2):
        browser.get(f"{ONE}/thumbnail")
        browser.get(f"{ONE}/picture")
        browser.get(f"{ONE}/download")

    entries = [entry for entry in console.rows(AuditEntry) if entry.detail.get("attachment") == 1]
    assert sorted(entry.action for entry in entries) == [
        *("file_downloaded", "file_downloaded", "picture_opened", "picture_viewed")
    ]
    assert {entry.staff_id for entry in entries} == {browser.member and browser.member.id}
    assert "downloaded a file" in browser.get(PAGE).text

    colleague = console.sign_in(name="Bob Stone")
    colleague.get(f"{ONE}/picture")
    assert colleague.member
    assert [entry.staff_id for entry in console.rows(AuditEntry) if entry.action == "picture_opened"] == [
        *(entry.staff_id for entry in entries if entry.action == "picture_opened"),
        colleague.member.id,
    ]


def test_members_of_another_practice_and_strangers_get_nothing(console: Console) -> None:
    send(console, phone_photo())

    for address in (ONE, f"{ONE}/thumbnail", f"{ONE}/picture", f"{ONE}/download"):
        assert console.sign_in(practices=["other"]).get(address).status_code == 404
        assert console.browser().get(address).status_code == 302


def test_a_picture_that_came_before_they_were_kept_is_still_named(console: Console, browser: Browser) -> None:
    send(console, phone_photo())
    with console.edit() as session:
        for attachment in session.scalars(select(Attachment)):
            assert attachment.state == AttachmentState.STORED
            session.delete(attachment)

    assert "Attachments: image/jpeg" in browser.get(PAGE).text
