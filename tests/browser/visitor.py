"""A visitor of the practice's site, and the chat as they see it: by role and by name, as assistive technology does."""

from __future__ import annotations

import re
from typing import Any, Self

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Page, expect

from tests.browser.product import MAPLE

DEADLINE_MILLISECONDS = 30_000
NETWORK_ERROR = r"Failed to load resource: net::ERR_"
# What the widget's parts are called, for those who listen.
NAMES = {
    "en": {
        "launcher": "Chat with us",
        "message": "Your message",
        "send": "Send",
        "close": "Close chat",
        "end": "End chat",
        "forget": "End and erase",
        "keep": "Keep chatting",
    },
    "es": {
        "launcher": "Escríbanos",
        "message": "Su mensaje",
        "send": "Enviar",
        "close": "Cerrar el chat",
        "end": "Terminar",
        "forget": "Terminar y borrar",
        "keep": "Seguir en el chat",
    },
}


class Chat:
    """The chat of one practice on one page.

    Attributes:
        root: the custom element; locators see through its shadow root.
    """

    def __init__(self, page: Page, key: str = MAPLE, language: str = "en") -> None:
        self.page = page
        self._names = NAMES[language]
        self.root = page.locator(f'intake-chat[practice="{key}"]')
        self.launcher = self.root.get_by_role("button", name=re.compile(f"^{self._names['launcher']}"))
        self.dialog = self.root.get_by_role("dialog")
        self.box = self.dialog.get_by_role("textbox", name=self._names["message"])
        self.log = self.dialog.get_by_role("log")
        self.typing = self.dialog.locator("[data-typing]")

    def button(self, part: str) -> Locator:
        """A button inside the panel: send, close, end, forget or keep."""
        return self.dialog.get_by_role("button", name=self._names[part], exact=True)

    def open(self) -> Self:
        """Opens the panel."""
        self.launcher.click()
        expect(self.box).to_be_focused()
        return self

    def close(self) -> None:
        """Closes the panel."""
        self.button("close").click()
        expect(self.dialog).to_be_hidden()

    def say(self, text: str) -> Locator:
        """Sends a message, and returns it as it will be shown."""
        before = self.own().count()
        self.box.fill(text)
        self.button("send").click()
        return self.own().nth(before)

    def ask(self, text: str) -> None:
        """Sends a message, and waits until it has arrived and one more reply is there."""
        before = self.replies().count()
        expect(self.say(text)).to_have_attribute("data-state", "sent")
        expect(self.replies()).to_have_count(before + 1)

    def end(self) -> None:
        """Ends the chat."""
        self.button("end").click()
        self.button("forget").click()

    def own(self) -> Locator:
        """The patient's messages."""
        return self.root.locator('[data-from="patient"]')

    def replies(self) -> Locator:
        """The practice's."""
        return self.root.locator('[data-from="robot"], [data-from="staff"]')

    def transcript(self) -> list[list[str]]:
        """Everything that is shown, in the order of the page: who, and the exact text."""
        shown: list[list[str]] = self.root.locator("[data-from]").evaluate_all(
            "all => all.map(message => [message.dataset.from, message.querySelector('.text').textContent])"
        )
        return shown


class Visitor:
    """One visitor's browser profile, whose tabs share what they remember.

    When they leave, whatever the browser complained about on the console, errors of scripts and violations of the
    page's policy among it, fails the test, unless it was expected.
    """

    def __init__(self, browser: Browser, **options: Any) -> None:
        """Takes the browser and the options of a Playwright context."""
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(DEADLINE_MILLISECONDS)
        self.complaints: list[str] = []
        self._expected: list[str] = []
        self.context.on("console", self._note_console)
        self.context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        self.context.on("dialog", self._note_dialog)

    def leave(self) -> None:
        """Closes every tab.

        Raises:
            AssertionError: the browser complained about something that the test did not expect.
        """
        self.context.close()
        unexpected = [said for said in self.complaints if not any(re.search(e, said) for e in self._expected)]
        assert not unexpected, unexpected

    def expect_complaint(self, pattern: str) -> None:
        """Says that the browser may complain so."""
        self._expected.append(pattern)

    def visit(self, address: str, key: str = MAPLE, language: str = "en") -> Chat:
        """Opens a page in a new tab."""
        page = self.context.new_page()
        page.goto(address)
        return Chat(page, key, language)

    def go_offline(self) -> None:
        """Takes the network away."""
        self.expect_complaint(NETWORK_ERROR)
        self.context.set_offline(True)

    def come_back(self) -> None:
        """Gives the network back."""
        self.context.set_offline(False)

    def _note_console(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(said.text)

    def _note_dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()
