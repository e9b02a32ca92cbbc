"""A patient adds pictures and PDFs to a message, on a page with the strictest policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Route, expect
from sqlalchemy import select

from inbox.models import Attachment, AttachmentState, Message
from tests.browser.product import Product
from tests.browser.site import PracticeSite, script_tag, strict_policy
from tests.browser.visitor import Chat, Visitor
from tests.browser.waiting import wait_until
from tests.pictures import HTML, PDF, phone_photo

FILES = "**/chat/conversations/*/files"
COLORS = """canvas => [0.1, 0.9].map(part => {
  const [x, y] = [Math.floor(canvas.width / 2), Math.floor(canvas.height * part)];
  const [red, , blue] = canvas.getContext('2d').getImageData(x, y, 1, 1).data;
  return red > blue ? 'red' : 'blue';
})"""
DROP = """(widget, files) => {
  const data = new DataTransfer();
  for (const [name, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name));
  const event = new Event("drop", { bubbles: true, cancelable: true });
  event.dataTransfer = data;
  widget.shadowRoot.querySelector(".panel").dispatchEvent(event);
}"""
ADD = "Add a picture or PDF"


def as_file(name: str, contents: bytes, content_type: str) -> Any:
    return {"name": name, "mimeType": content_type, "buffer": contents}


PHOTO = as_file("rash.jpg", phone_photo((1200, 800)), "image/jpeg")
CARD = as_file("card.pdf", PDF, "application/pdf")


def choose(chat: Chat, *files: Any, label: str = ADD) -> None:
    with chat.page.expect_file_chooser() as chooser:
        chat.dialog.get_by_role("button", name=label, exact=True).click()
    chooser.value.set_files(list(files))


def paste(chat: Chat, script: str) -> None:
    chat.root.evaluate(script, list(phone_photo()))


def tray(chat: Chat) -> Locator:
    return chat.dialog.get_by_role("button", name="Remove ")


def notice(chat: Chat) -> Locator:
    return chat.dialog.get_by_role("status")


def stored(product: Product, before: int) -> list[tuple[str, AttachmentState]]:
    with product.database.read() as session:
        query = select(Attachment).join(Attachment.message).where(Message.conversation_id > before)
        return [(row.name or "", row.state) for row in session.scalars(query.order_by(Attachment.id))]


def test_a_photo_and_a_pdf_are_chosen_looked_at_removed_sent_and_seen_again(
    chat: Chat, product: Product, before: int
) -> None:
    choose(chat, PHOTO, CARD, as_file("wrong.pdf", PDF, "application/pdf"))
    expect(tray(chat)).to_have_count(3)
    small = chat.dialog.get_by_role("img", name="rash.jpg")
    assert small.evaluate(COLORS) == ["red", "blue"], "upright, as the phone held it"
    chat.dialog.get_by_role("button", name="Remove wrong.pdf").click()
    expect(chat.box).to_be_focused()

    message = chat.say("Is this rash normal?")

    expect(message).to_have_attribute("data-state", "sent")
    expect(tray(chat)).to_have_count(0)
    picture = message.get_by_role("button", name="Picture 1, download")
    expect(picture).to_be_visible()
    expect(message.get_by_role("button", name="PDF document, download")).to_be_visible()
    assert stored(product, before) == [("rash.jpg", AttachmentState.STORED), ("card.pdf", AttachmentState.STORED)]
    assert product.messages_after(before) == ["Is this rash normal?"]

    chat.page.reload()
    chat.open()
    again = chat.own().get_by_role("button", name="Picture 1, download")
    expect(again.locator("canvas")).to_be_visible()
    assert again.locator("canvas").evaluate(COLORS) == ["red", "blue"]
    with chat.page.expect_download() as download:
        chat.own().get_by_role("button", name="PDF document, download").click()
    assert download.value.path().read_bytes() == PDF
    assert download.value.suggested_filename == "file.pdf"
    assert "blob" not in chat.page.evaluate("JSON.stringify(localStorage)")


def test_pictures_are_pasted_and_dropped_and_go_without_words(chat: Chat, product: Product, before: int) -> None:
    for kind, field, place in (("paste", "clipboardData", "textarea"), ("drop", "dataTransfer", ".panel")):
        paste(
            chat,
            f"""(widget, bytes) => {{
              const data = new DataTransfer();
              data.items.add(new File([new Uint8Array(bytes)], "{kind}.jpg", {{ type: "image/jpeg" }}));
              const event = new Event("{kind}", {{ bubbles: true, cancelable: true }});
              event.{field} = data;
              widget.shadowRoot.querySelector("{place}").dispatchEvent(event);
            }}""",
        )
    expect(tray(chat)).to_have_count(2)

    chat.button("send").click()

    expect(chat.own()).to_have_attribute("data-state", "sent")
    expect(chat.own().get_by_role("button", name="Picture 2, download")).to_be_visible()
    assert [name for name, _ in stored(product, before)] == ["paste.jpg", "drop.jpg"]


def test_what_cannot_be_sent_is_said_in_plain_words_before_it_is_sent(
    chat: Chat, product: Product, before: int
) -> None:
    choose(chat, as_file("letter.docx", b"PK\x03\x04", "application/msword"))
    expect(notice(chat)).to_have_text(
        "letter.docx was not added: we can take photos (JPEG, PNG, GIF, or WebP) and PDFs only."
    )
    choose(chat, as_file("scan.pdf", PDF + bytes(10 * 1024 * 1024), "application/pdf"))
    expect(notice(chat)).to_have_text("scan.pdf was not added: a file can have at most 10 MB.")
    choose(chat, *[CARD] * 4)
    expect(notice(chat)).to_have_text("You can send up to 3 files at a time.")
    expect(tray(chat)).to_have_count(3)
    assert product.conversations_after(before) == []


def test_a_file_that_names_no_type_goes_by_what_is_in_it(chat: Chat, product: Product, before: int) -> None:
    """Some of Android's file pickers name none."""
    untyped = {"a.docx": b"PK\3\4", "rash.jpg": phone_photo(), "broken.jpg": b"\xff\xd8\xff\xe0", "card.pdf": PDF}
    chat.root.evaluate(DROP, [[name, list(contents)] for name, contents in untyped.items()])

    expect(notice(chat)).to_contain_text("a.docx was not added")
    expect(tray(chat)).to_have_count(3)
    chat.dialog.get_by_role("button", name="Remove broken.jpg").click()
    message = chat.say("Is this rash normal?")
    expect(message.get_by_role("button", name="download")).to_have_count(2)
    assert stored(product, before) == [("rash.jpg", AttachmentState.STORED), ("card.pdf", AttachmentState.STORED)]


def test_a_picture_that_the_browser_cannot_draw_is_sent_as_it_is(chat: Chat, product: Product, before: int) -> None:
    """An old phone has too little memory for a large one; the service reads it all the same."""
    chat.page.evaluate("HTMLCanvasElement.prototype.getContext = () => null")
    choose(chat, PHOTO)
    expect(tray(chat)).to_have_count(1)

    message = chat.say("Is this rash normal?")
    expect(message.get_by_role("button", name="Picture 1, download")).to_be_visible()
    assert stored(product, before) == [("rash.jpg", AttachmentState.STORED)]


def test_an_upload_that_took_too_long_is_tried_again(chat: Chat, visitor: Visitor) -> None:
    visitor.expect_complaint("status of 408")
    visitor.context.route(
        FILES, lambda route: route.fulfill(status=408, headers={"Access-Control-Allow-Origin": "*"}), times=1
    )
    choose(chat, PHOTO)
    chat.button("send").click()

    expect(chat.own().get_by_role("button", name="Picture 1, download")).to_be_visible()


def test_it_speaks_spanish(
    new_visitor: Callable[..., Visitor], page_address: str, product: Product, before: int
) -> None:
    chat = Visitor.visit(new_visitor(locale="es-US"), page_address, language="es").open()

    choose(chat, as_file("carta.doc", b"x", "application/msword"), PHOTO, label="Agregar una foto o un PDF")

    expect(notice(chat)).to_have_text(
        "No se agregó carta.doc: solo podemos recibir fotos (JPEG, PNG, GIF o WebP) y PDF."
    )
    chat.button("send").click()
    expect(chat.own().get_by_role("button", name="Foto 1, descargar")).to_be_visible()


def test_progress_is_shown_and_no_text_waits_for_an_upload(
    chat: Chat, visitor: Visitor, product: Product, before: int
) -> None:
    held: list[Route] = []
    chat.page.route(FILES, lambda route: held.append(route))
    choose(chat, PHOTO)
    chat.button("send").click()
    expect(chat.own().get_by_role("progressbar", name="Uploading")).to_be_visible()

    chat.box.fill("My chest hurts")
    chat.button("send").click()
    expect(chat.own().filter(has_text="My chest hurts")).to_have_attribute("data-state", "sent")

    wait_until(chat.page, lambda: held)
    held[0].continue_()
    expect(chat.own().get_by_role("button", name="Picture 1, download")).to_be_visible()
    expect(chat.dialog.get_by_role("progressbar")).to_have_count(0)
    assert product.messages_after(before) == ["My chest hurts", ""]


def test_a_file_that_is_refused_says_why_and_can_be_taken_away(chat: Chat, visitor: Visitor) -> None:
    visitor.expect_complaint("status of 409")
    chat.page.route(
        FILES,
        lambda route: route.fulfill(
            status=409,
            headers={"Access-Control-Allow-Origin": "*"},
            json={"error": {"code": "no_more_files", "message": "Too many."}},
        ),
    )
    choose(chat, PHOTO)
    chat.button("send").click()

    expect(notice(chat)).to_contain_text("This chat cannot take more files today. You can call us:")
    chat.own().get_by_role("button", name="Remove", exact=True).click()
    expect(chat.own()).to_have_count(0)


def test_words_are_sent_though_the_service_does_not_keep_the_file_with_them(
    chat: Chat, product: Product, before: int
) -> None:
    choose(chat, as_file("scan.pdf", HTML, "application/pdf"))
    chat.box.fill("My chest hurts")
    chat.button("send").click()

    expect(chat.own()).to_have_attribute("data-state", "sent")
    expect(chat.own()).to_contain_text("My chest hurts")
    expect(chat.own()).to_contain_text("scan.pdf was not added: we can take photos")
    assert product.messages_after(before) == ["My chest hurts"]


def test_without_a_connection_it_is_sent_once_there_is_one(
    chat: Chat, visitor: Visitor, product: Product, before: int
) -> None:
    visitor.go_offline()
    choose(chat, PHOTO)
    chat.button("send").click()
    expect(notice(chat)).to_contain_text("No connection.")

    visitor.come_back()

    expect(chat.own().get_by_role("button", name="Picture 1, download")).to_be_visible()
    assert len(stored(product, before)) == 1


def test_a_page_sees_no_button_where_the_practice_takes_no_files(
    visitor: Visitor, site: PracticeSite, product: Product
) -> None:
    def without_files(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"files": False})

    visitor.context.route("**/chat/practices/*", without_files)
    page = site.page("/no-files", policy=strict_policy(product.url), head=script_tag(product.url, "maple"))
    chat = visitor.visit(page).open()

    expect(chat.button("send")).to_be_visible()
    expect(chat.dialog.get_by_role("button", name=ADD)).to_have_count(0)


def test_a_folder_is_refused_and_keeps_no_words_back(chat: Chat, product: Product, before: int, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    place = chat.box.bounding_box()
    assert place
    client = chat.page.context.new_cdp_session(chat.page)
    data = {"items": [], "files": [str(tmp_path / "photos")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        at = {"x": place["x"] + 20, "y": place["y"] + 10}
        client.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})

    expect(notice(chat)).to_contain_text("photos was not added")
    chat.box.fill("I need help, my chest hurts")
    chat.box.press("Enter")
    expect(chat.own()).to_have_attribute("data-state", "sent")
    assert product.messages_after(before) == ["I need help, my chest hurts"]


def test_words_do_not_wait_for_a_file_that_hangs(chat: Chat, product: Product, before: int) -> None:
    chat.page.evaluate("void (window.createImageBitmap = () => new Promise(() => {}))")  # as of a drive that is slow
    chat.page.clock.install()
    choose(chat, CARD)
    chat.box.fill("My chest hurts")
    chat.box.press("Enter")
    chat.page.clock.run_for(5000)

    expect(chat.own()).to_have_attribute("data-state", "sent")
    assert product.messages_after(before) == ["My chest hurts"]


def test_a_file_that_is_gone_by_the_time_it_is_sent_was_read_when_it_was_chosen(
    chat: Chat, product: Product, before: int, tmp_path: Path
) -> None:
    card = tmp_path / "card.pdf"
    card.write_bytes(PDF)
    choose(chat, card)
    expect(tray(chat)).to_have_count(1)
    card.unlink()
    chat.button("send").click()

    expect(chat.own().get_by_role("button", name="PDF document, download")).to_be_visible()
    assert stored(product, before) == [("card.pdf", AttachmentState.STORED)]
