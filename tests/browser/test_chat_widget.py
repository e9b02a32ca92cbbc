"""What a visitor of the chat finds beyond asking and being answered: on any site, in either language and theme."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import redis
from playwright.sync_api import expect

from inbox.models import Conversation, Role, StaffMember, now
from inbox.practices.common_questions import delete_question, read_questions, save_question
from tests.browser.layout import content_width
from tests.browser.product import MAPLE, Product
from tests.browser.site import PracticeSite, script_tag, strict_policy
from tests.browser.test_accessibility import still_violations
from tests.browser.visitor import Chat, Visitor
from web.typing_signs import TypingSigns

PLACE = """() => {
  const {left, right, bottom} = document.querySelector('intake-chat').shadowRoot.querySelector('.launcher')
    .getBoundingClientRect();
  return [left, innerWidth - right, innerHeight - bottom].map(Math.round);
}"""
# Nothing lies over a control, neither in its middle nor at its corners.
IS_ON_TOP = """control => {
  const { left, top, right, bottom } = control.getBoundingClientRect();
  const points = [[(left + right) / 2, (top + bottom) / 2], [left + 8, top + 8], [right - 8, bottom - 8]];
  return points.every(([x, y]) => control.contains(control.getRootNode().elementFromPoint(x, y)));
}"""


@pytest.fixture
def dana(product: Product) -> Iterator[int]:
    """A member of the practice."""
    with product.database.write() as session:
        member = StaffMember(email="dana@maple.example", name="Dana Reyes", role=Role.STAFF, password_hash="")
        session.add(member)
    yield member.id
    with product.database.write() as session:
        session.delete(session.get_one(StaffMember, member.id))


@pytest.fixture
def answered(product: Product) -> Iterator[list[str]]:
    """Five common questions that the practice answers, as patients ask them."""
    with product.database.write() as session:
        known = read_questions(session, "maple-street")[:5]
        for question in known:
            save_question(session, "maple-street", replace(question, answer="Call (202) 555-0100."), "")
    yield [question.phrasings[0] for question in known]
    with product.database.write() as session:
        for question in known:
            delete_question(session, "maple-street", question.key)


def test_a_visitor_presses_a_question_meets_dana_and_has_the_chat_mailed(
    visitor: Visitor, site: PracticeSite, product: Product, before: int, dana: int, answered: list[str]
) -> None:
    chat = visitor.visit(site.page("/plain", policy=None, head=script_tag(product.url, MAPLE))).open()
    questions = chat.dialog.get_by_role("group", name="Common questions").get_by_role("button")
    expect(questions).to_have_text(answered[:4])
    assert still_violations(chat) == []
    chat.dialog.get_by_role("textbox", name="Your email (optional)").fill("ann@example.com")
    questions.nth(2).click()

    expect(chat.replies()).to_have_count(1)
    expect(questions.first).to_be_hidden()
    expect(chat.box).to_be_focused()
    assert product.messages_after(before) == [answered[2]]
    [conversation] = product.conversations_after(before)
    assert conversation.contact_email == "ann@example.com"

    with product.database.write() as session:
        session.get_one(Conversation, conversation.id).staff_took_over_at = now()
    with redis.Redis.from_url(product.redis.url) as client:
        TypingSigns(client, conversation.id).give(dana)
    expect(chat.typing).to_have_accessible_name("Dana is typing")
    product.say_as_staff(conversation.id, "Call 1-202-555-0199 or (202) 555-0100. Our id is 2025550100.", dana)
    said = chat.root.locator('[data-from="staff"]')
    expect(said).to_contain_text("Dana · Our team")
    expect(chat.typing).to_have_count(0)
    expect(chat.dialog.get_by_text("You are chatting with Dana.")).to_be_visible()
    calls = said.get_by_role("link").evaluate_all("all => all.map(link => link.getAttribute('href'))")
    assert calls == ["tel:+12025550199", "tel:+12025550100"]
    assert chat.root.locator(".when").count() == 1, "one time for all that was said within five minutes"

    chat.dialog.get_by_text("Email me this chat").click()
    chat.dialog.get_by_role("textbox", name="Your email").fill("someone@else.example")
    visitor.expect_complaint("status of 409")
    chat.dialog.get_by_role("button", name="Send copy").click()
    expect(chat.dialog.get_by_text("only to the address that you gave in this chat.")).to_be_visible()
    assert still_violations(chat) == []
    chat.dialog.get_by_role("textbox", name="Your email").fill("ann@example.com")
    chat.dialog.get_by_role("button", name="Send copy").click()
    expect(chat.replies().last).to_contain_text("A copy of this chat is on its way")
    expect(chat.dialog.get_by_text("Email me this chat")).to_be_hidden()


def test_a_spanish_browser_is_met_in_spanish_and_the_switch_is_remembered(
    new_visitor: Callable[..., Visitor], site: PracticeSite, product: Product, before: int
) -> None:
    visitor = new_visitor(locale="es-MX", color_scheme="dark", viewport={"width": 320, "height": 568})
    address = site.page("/dark", policy=None, head=script_tag(product.url, MAPLE))
    spanish = visitor.visit(address, language="es").open()
    spanish.box.fill("¿Qué")
    assert still_violations(spanish) == []
    spanish.dialog.get_by_role("button", name="English").click()

    chat = Chat(spanish.page)
    expect(chat.box).to_have_value("¿Qué")
    expect(chat.dialog.get_by_role("button", name="Español")).to_be_focused()
    chat.ask("I want to talk to a person")
    expect(chat.dialog.get_by_text("Passed to our team. A person will answer.")).to_be_visible()
    assert still_violations(chat) == []
    chat.page.reload()
    chat.open()
    expect(chat.dialog.get_by_text("Passed to our team.")).to_be_visible()
    chat.page.emulate_media(color_scheme="light")
    expect(chat.root.locator(".chat")).not_to_have_class(re.compile("dark"))


def test_who_gives_a_number_in_spanish_agrees_in_spanish_to_what_is_kept(
    new_visitor: Callable[..., Visitor], site: PracticeSite, product: Product, before: int
) -> None:
    visitor = new_visitor(locale="es-US", viewport={"width": 390, "height": 844})
    address = site.page("/acuerdo", policy=strict_policy(product.url), head=script_tag(product.url, MAPLE))
    chat = visitor.visit(address, language="es").open()
    phone = chat.dialog.get_by_role("textbox", name="teléfono")
    if not phone.is_visible():
        chat.dialog.get_by_text("opcional").first.click()
    phone.fill("202 555 0123")
    shown = chat.dialog.get_by_text("Al dar su número, acepta que")
    expect(shown).to_contain_text("Responda STOP para no recibir más, HELP para recibir ayuda.")
    wording = shown.inner_text()
    chat.ask("¿Cuánto cuesta una consulta si no tengo seguro?")

    [conversation] = product.conversations_after(before)
    [kept] = product.consents_of(conversation.id)
    assert kept.startswith(wording)
    assert "Privacidad: https://maple.example/privacy" in kept


def test_on_a_phone_nothing_scrolls_sideways_and_nothing_lies_over_the_box(
    new_visitor: Callable[..., Visitor], site: PracticeSite, product: Product
) -> None:
    visitor = new_visitor(viewport={"width": 390, "height": 844}, has_touch=True)
    address = site.page("/phone", policy=strict_policy(product.url), head=script_tag(product.url, MAPLE))
    chat = visitor.visit(address).open()
    expect(chat.dialog).to_be_in_viewport(ratio=1)
    said = ("How much is a first visit?", "https://maple.example/" + "a" * 300)

    for text in ("", *said):
        if text:
            expect(chat.say(text)).to_have_attribute("data-state", "sent")
        assert content_width(chat.page) == 390
        assert chat.log.evaluate("log => log.scrollWidth <= log.clientWidth")
        for control in (chat.box, chat.button("send")):
            expect(control).to_be_in_viewport(ratio=1)
            assert control.evaluate(IS_ON_TOP)


def test_a_site_chooses_where_the_chat_is_and_how_it_looks(
    visitor: Visitor, site: PracticeSite, product: Product
) -> None:
    def visit(path: str, options: str) -> Chat:
        head = script_tag(product.url, MAPLE, options)
        return visitor.visit(site.page(path, policy=strict_policy(product.url), head=head))

    warnings: list[str] = []
    visitor.context.on("console", lambda said: warnings.append(said.text) if said.type == "warning" else None)
    left = visit("/left", ' data-side="left" data-offset="80 30" data-label="Ask us" data-theme="dark"')
    launcher = left.root.get_by_role("button", name="Ask us")
    expect(launcher).to_be_visible()
    assert left.page.evaluate(PLACE)[::2] == [30, 80]
    expect(left.root.locator(".chat")).to_have_class(re.compile("dark"))

    for path, color, shown in (
        ("/dark-color", "#7a1f5c", "rgb(122, 31, 92)"),
        ("/pale", "#ffee00", "rgb(11, 110, 110)"),
    ):
        chat = visit(path, f' data-color="{color}" data-offset="9999"')
        expect(chat.launcher).to_have_css("background-color", shown)
        assert chat.page.evaluate(PLACE)[1:] == [20, 200]
        expect(chat.root.locator(".chat")).to_have_class(re.compile("^chat right"))
    assert len(warnings) == 1
    assert "#ffee00" in warnings[0]
