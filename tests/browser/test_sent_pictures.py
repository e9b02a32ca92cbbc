"""Pictures that patients send by text and chat, as a member sees them: small, in full size, and downloaded."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.site import PracticeSite, script_tag, strict_policy
from tests.browser.test_chat_files import PHOTO, as_file, choose
from tests.browser.test_console import ONE, PLACE, SignIn, console, console_of, new_profile, sign_in
from tests.browser.visitor import Chat, Visitor
from tests.browser.waiting import wait_until
from tests.pictures import HTML, PDF, opened, phone_photo
from tests.staff.conftest import Console
from tests.standins.twilio import ACCOUNT_SID
from tests.world import WIDGET_KEY

__all__ = ["console", "console_of", "new_profile", "sign_in"]

RASH = "Is this rash normal?"
WIDTH = "picture => picture.naturalWidth"
# Chromium styles the page that it makes around a picture, which the picture's own policy forbids.
ITS_OWN_STYLE = "Applying inline style violates"


def text_files(console: Console, *files: bytes) -> None:
    """Texts the practice files, each of which the sender's phone calls a JPEG."""
    media = [(console.twilio.media.add(ACCOUNT_SID, contents), "image/jpeg") for contents in files]
    console.text(RASH, from_=ONE, media=media)
    console.reconcile()


def check_picture(page: Page) -> None:
    """Look at the picture in the open thread: small, as a file, and in full size."""
    small = page.locator("#thread").get_by_role("img", name="Picture 1 from the patient")
    expect(small).to_be_visible()
    wait_until(page, lambda: small.evaluate(WIDTH) > 0)
    shown_small = small.evaluate(WIDTH)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Picture 1 from the patient").click()
    assert download.value.suggested_filename == "attachment-1.jpg"
    file = opened(download.value.path().read_bytes())
    assert file.size == (800, 1200), "upright, as the phone held it"

    small.click()
    page.wait_for_url("**/staff/attachments/1/picture")
    wait_until(page, lambda: page.locator("img").evaluate(WIDTH) == file.width)
    assert file.width > shown_small
    page.go_back()
    expect(small).to_be_visible()


def test_a_picture_by_text_is_seen_opened_and_downloaded(console: Console, sign_in: SignIn) -> None:
    text_files(console, phone_photo((1200, 800)))

    check_picture(sign_in(PLACE, complaint=ITS_OWN_STYLE))


def test_a_picture_by_chat_appears_without_a_reload_and_is_opened_and_downloaded(
    console: Console, sign_in: SignIn, new_profile: Callable[..., Visitor], site: PracticeSite
) -> None:
    page = sign_in(complaint=ITS_OWN_STYLE)
    patient = open_chat(console, new_profile(), site)
    choose(patient, PHOTO)
    expect(patient.say(RASH)).to_have_attribute("data-state", "sent")
    console.work()
    page.get_by_role("link", name="Chat visitor").click()
    files = page.locator("#thread .attachments > li")
    expect(files).to_contain_text("A picture or file is on its way.")

    console.reconcile()

    check_picture(page)
    expect(files).to_contain_text("Named by the sender: rash.jpg")


def test_a_file_by_text_is_taken_for_what_it_is_and_not_for_what_it_says(console: Console, sign_in: SignIn) -> None:
    text_files(console, PDF, HTML, phone_photo()[:200])
    page = sign_in(PLACE)

    pdf, webpage, half = page.locator("#thread .attachments > li").all()
    expect(pdf).to_contain_text("PDF document 1 from the patient")
    expect(webpage).to_contain_text("of a kind that can't be opened safely here")
    expect(half).to_contain_text("A picture was damaged")
    expect(page.locator("#thread img")).to_have_count(0)
    expect(page.locator("#thread").get_by_role("link", name="Download")).to_have_count(1)
    with page.expect_download() as download:
        pdf.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "attachment-1.pdf"
    assert download.value.path().read_bytes() == PDF
    expect(page.locator("#thread .robot").last).to_contain_text("We could not keep a file that you sent")


def test_both_sides_of_a_chat_read_that_a_page_called_a_picture_was_not_taken(
    console: Console, sign_in: SignIn, new_profile: Callable[..., Visitor], site: PracticeSite
) -> None:
    patient = open_chat(console, new_profile(), site)
    choose(patient, as_file("rash.jpg", HTML, "image/jpeg"))

    expect(patient.say(RASH)).to_contain_text("rash.jpg was not added: we can take photos")
    console.work()

    file = sign_in(PLACE).locator("#thread .attachments > li")
    expect(file).to_contain_text("of a kind that can't be opened safely here")
    expect(file).to_contain_text("Named by the sender: rash.jpg")
    expect(file.get_by_role("link")).to_have_count(0)


def open_chat(console: Console, visitor: Visitor, site: PracticeSite) -> Chat:
    """The practice's chat, opened on its page by a visitor."""
    address = site.page("/", policy=strict_policy(console.url), head=script_tag(console.url, WIDGET_KEY))
    return visitor.visit(address, WIDGET_KEY).open()
