"""A member adds pictures and PDFs to a reply: by button, paste, and drop; they stay over a reload and go with it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from inbox.models import Attachment
from tests.browser.test_console import SignIn, console, console_of, new_profile, sign_in
from tests.browser.waiting import intercept
from tests.chat_client import ChatClient
from tests.pictures import PDF, phone_photo
from tests.staff.conftest import Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]

PLACE = "/staff/conversations/1"
FILES = f"**{PLACE}/files"
PHOTO = {"name": "door.jpg", "mimeType": "image/jpeg", "buffer": phone_photo((1200, 800))}
FORM = {"name": "form.pdf", "mimeType": "application/pdf", "buffer": PDF}
PASTE = """(box, bytes) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "map.jpg", { type: "image/jpeg" }));
  box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def begin(console: Console) -> ChatClient:
    chat = ChatClient(console.url, origin=console.context.live.current.all[0].allowed_origins[0])
    chat.send("Can you send me the form?", "first")
    console.work()
    return chat


def choose(page: Page, *files: Any) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach file").click()
    chooser.value.set_files(list(files))


def tray(page: Page) -> Locator:
    return page.locator("#reply-files")


def test_files_are_added_removed_kept_over_a_reload_and_sent(console: Console, sign_in: SignIn) -> None:
    chat = begin(console)
    page = sign_in(PLACE)
    choose(page, PHOTO, FORM)
    expect(tray(page).get_by_role("img", name="door.jpg")).to_be_visible()
    page.get_by_label("Your reply").evaluate(PASTE, list(phone_photo()))
    expect(tray(page).get_by_role("button")).to_have_count(3)
    page.get_by_role("button", name="Remove map.jpg").click()
    expect(tray(page).get_by_role("button")).to_have_count(2)

    page.reload()
    expect(tray(page).get_by_role("button")).to_have_count(2)
    page.get_by_label("Your reply").fill("Here they are.")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.get_by_role("link", name="Picture 1 from the practice, open it")).to_be_visible()
    expect(tray(page)).to_be_hidden()
    console.work()
    entry = chat.read()["messages"][-1]["id"]
    assert [file["kind"] for file in chat.read()["files"][str(entry)]] == ["picture", "pdf"]


def test_what_cannot_be_added_says_why_and_a_reply_waits_for_its_file(console: Console, sign_in: SignIn) -> None:
    begin(console)
    page = sign_in(PLACE, complaint="status of 422")
    choose(page, {"name": "notes.docx", "mimeType": "application/msword", "buffer": b"PK\x03\x04"})
    said = page.locator("#files-said")
    expect(said).to_have_text("notes.docx: Only pictures (JPEG, PNG, GIF, or WebP) and PDFs can be sent.")

    held: list[Route] = []
    intercept(page, FILES, lambda route: held.append(route))
    choose(page, FORM)
    expect(said).to_have_text("Adding form.pdf…")
    page.get_by_label("Your reply").fill("Here it is.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(said).to_have_text("A file is being added. Send the reply in a moment.")
    held[0].continue_()
    expect(tray(page).get_by_role("button", name="Remove form.pdf")).to_be_visible()
    expect(page.get_by_label("Your reply")).to_have_value("Here it is.")
    assert [row.delivery_id for row in console.rows(Attachment)] == [None]


def test_a_name_that_is_cut_inside_a_character_blocks_no_reply(console: Console, sign_in: SignIn) -> None:
    begin(console)
    page = sign_in(PLACE)
    choose(page, {**PHOTO, "name": "x" * 99 + "\N{GRINNING FACE}.jpg"})
    expect(tray(page).get_by_role("button")).to_have_count(1)
    page.get_by_label("Your reply").fill("Here it is.")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("#thread .staff .text")).to_have_text("Here it is.")
    assert [file.name for file in console.rows(Attachment)] == ["x" * 99 + "\N{GRINNING FACE}"]
