"""Pictures that patients send by text and chat, as a member sees them: small, in full size, and downloaded."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.layout import content_width
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
PICTURE = "/staff/attachments/1"
SCREENS = ((1440, 900), (820, 1180), (390, 844))
SIDE = 16  # CSS pixels beside the picture


def text_files(console: Console, *files: bytes) -> None:
    """Texts the practice files, each of which the sender's phone calls a JPEG."""
    media = [(console.twilio.media.add(ACCOUNT_SID, contents), "image/jpeg") for contents in files]
    console.text(RASH, from_=ONE, media=media)
    console.reconcile()


def box_of(found: Locator) -> list[float]:
    """Where something is: left, top, width, and height."""
    box = found.bounding_box()
    assert box
    return [box["x"], box["y"], box["width"], box["height"]]


def middle_of(box: list[float]) -> list[float]:
    return [box[place] + box[place + 2] / 2 for place in (0, 1)]


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
    large = page.get_by_role("img", name="Picture 1 from the patient")
    wait_until(page, lambda: large.evaluate(WIDTH) == file.width)
    assert file.width > shown_small
    expect(page.get_by_role("heading", name="Picture 1 from the patient")).to_be_in_viewport(ratio=1)
    page.get_by_role("link", name="Back to the conversation").click()
    expect(small).to_be_visible()


def test_a_picture_by_text_is_seen_opened_and_downloaded(console: Console, sign_in: SignIn) -> None:
    text_files(console, phone_photo((1200, 800)))

    check_picture(sign_in(PLACE))


def test_a_picture_by_chat_appears_without_a_reload_and_is_opened_and_downloaded(
    console: Console, sign_in: SignIn, new_profile: Callable[..., Visitor], site: PracticeSite
) -> None:
    page = sign_in()
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


@pytest.mark.parametrize("size", [(4000, 3000), (600, 3000), (64, 48)], ids=["large", "tall", "tiny"])
def test_an_opened_picture_is_in_the_middle_and_as_large_as_fits(
    console: Console, sign_in: SignIn, size: tuple[int, int]
) -> None:
    text_files(console, phone_photo(size))
    page = sign_in(PICTURE)
    picture, room = page.get_by_role("img", name="Picture 1 from the patient"), page.locator(".frame")
    wait_until(page, lambda: picture.evaluate(WIDTH) > 0)
    natural: list[int] = picture.evaluate("picture => [picture.naturalWidth, picture.naturalHeight]")
    actual = page.get_by_label("Actual size")

    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        shown, around = box_of(picture), box_of(room)
        within = [around[2] - 2 * SIDE, around[3]]
        fits = min(1, *(length / whole for length, whole in zip(within, natural, strict=True)))
        assert shown[2:] == pytest.approx([length * fits for length in natural], abs=1)
        assert middle_of(shown) == pytest.approx(middle_of(around), abs=1)
        assert around[3] > height / 2, "most of the page is for the picture"
        expect(page.locator("figcaption")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollHeight") == height
        expect(actual).to_be_visible(visible=fits < 1)
    assert_accessible(page, SCREENS)


def test_a_picture_too_large_for_the_page_is_looked_at_in_its_actual_size(console: Console, sign_in: SignIn) -> None:
    text_files(console, phone_photo((4000, 3000)))
    page = sign_in(PICTURE)
    picture, room = page.get_by_role("img", name="Picture 1 from the patient"), page.locator(".frame")
    page.get_by_label("Actual size").check()

    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        assert box_of(picture)[2] == picture.evaluate(WIDTH)
        assert content_width(page) == width
        for corner in ("0, 0", "room.scrollWidth, room.scrollHeight"):
            room.evaluate(f"room => room.scrollTo({corner})")
            shown, around = box_of(picture), box_of(room)
            end = 0 if corner == "0, 0" else 1
            reached = [shown[place] + end * shown[place + 2] for place in (0, 1)]
            assert reached == pytest.approx([around[place] + end * around[place + 2] for place in (0, 1)], abs=SIDE + 1)
    page.get_by_label("Actual size").uncheck()
    assert box_of(picture)[2] < SCREENS[-1][0]


@pytest.mark.parametrize("key", ["Enter", "Escape"])
def test_the_keyboard_leads_from_a_picture_back_to_the_conversation_as_it_was(
    console: Console, sign_in: SignIn, key: str
) -> None:
    text_files(console, phone_photo((1200, 800)))
    page = sign_in(f"{PLACE}?view=mine")
    page.get_by_role("link", name="Picture 1 from the patient, open it").click()
    page.wait_for_load_state()
    expect(page.get_by_role("link", name="Back to the conversation")).to_be_focused()

    page.keyboard.press(key)

    page.wait_for_url(f"**{PLACE}?view=mine")
    expect(page.get_by_role("link", name="Picture 1 from the patient, open it")).to_be_visible()


def test_without_scripts_a_picture_leads_back_to_its_message_and_is_downloaded(
    console: Console, sign_in: SignIn
) -> None:
    text_files(console, phone_photo((1200, 800)))
    page = sign_in(f"{PLACE}?view=mine", java_script_enabled=False)
    page.get_by_role("link", name="Picture 1 from the patient, open it").click()

    with page.expect_download() as download:
        page.get_by_role("link", name="Download Picture 1 from the patient").click()
    assert download.value.suggested_filename == "attachment-1.jpg"
    page.get_by_role("link", name="Back to the conversation").click()

    page.wait_for_url(f"**{PLACE}?hit=message-1&view=mine#message-1")
    expect(page.locator("#message-1")).to_be_in_viewport()


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
