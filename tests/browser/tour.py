"""The chat and the console in Firefox or WebKit: `python -m tests.browser.tour firefox` (or webkit) `[PICTURES]`.

It starts the service with the demo practice, and goes through what a patient and staff do. The tests use Chromium; this
shows what only another browser does. The browser is the one that is installed, and nothing else is needed. WebKit
needs a display: `xvfb-run -a python -m tests.browser.tour webkit`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.screenshots import MANAGER, add_manager, start_demo
from tests.browser.webdriver import ELEMENT, FIND, Driver, Firefox, PageError, WebKit
from tests.e2e.processes import Processes
from tests.pictures import phone_photo

BROWSERS: dict[str, Callable[[Path], Driver]] = {"firefox": Firefox, "webkit": WebKit}
CHAT = "intake-chat"
IN_CHAT = """
  const root = document.querySelector("intake-chat")?.shadowRoot;
  const part = (selector) => root?.querySelector(selector);
  const parts = (selector) => [...(root?.querySelectorAll(selector) ?? [])];
"""
BEGIN_CHAT = """
  const post = async (path, body, token) => {
    const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(`/chat/conversations${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return answer.json();
  };
  const { conversation, token } = await post("", { practice: "demo", name: args[0] });
  await post(`/${conversation}/messages`, { client_message_id: "first", text: args[1] }, token);
"""
READY = "return !!document.getElementById('desk') && !document.getElementById('help-button').hidden"
OPENED = """
  const panes = document.getElementById("panes");
  return panes?.dataset.id && !panes.inert && panes.textContent.includes(args[0]);
"""
FOCUSED = "return document.activeElement.id === args[0]"
FITS = "return document.documentElement.scrollWidth <= innerWidth"
DROP = """
  const blob = await new Promise((resolve) => {
    document.createElement("canvas").toBlob(resolve, "image/png");
  });
  const data = new DataTransfer();
  data.items.add(new File([blob], "map.png", { type: "image/png" }));
  for (const type of ["dragover", "drop"]) {
    const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector(".thread-pane").dispatchEvent(event);
  }
"""


class Tour:
    """One browser's tour: what failed, and pictures of each step."""

    def __init__(self, driver: Driver, address: str, pictures: Path | None) -> None:
        """Take a browser, the service's address, and a folder for pictures, if any are wanted."""
        self.driver, self.address, self.pictures = driver, address, pictures
        self.failures = 0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Do one step, and say whether it worked."""
        problem = ""
        try:
            yield
        except (AssertionError, PageError) as error:
            problem = f"  {type(error).__name__}: {error}"
            self.failures += 1
        print(f"{'FAILED' if problem else 'ok':<8}{name}{problem}", flush=True)
        if self.pictures:
            self.driver.keep(self.pictures / f"{name.replace(' ', '-')}.png")

    def chat(self, body: str, *args: object) -> Any:
        """Wait until something is true of the chat."""
        return self.driver.until(IN_CHAT + body, *args)

    def choose_file(self, path: Path) -> None:
        """Give the chat a file."""
        element = self.driver.run(f"{FIND} return found;", CHAT, "input[type=file]")
        self.driver.command("ElementSendKeys", id=element[ELEMENT], text=str(path), value=[str(path)])

    def as_patient(self, folder: Path) -> None:
        """Chat on the practice's site."""
        driver = self.driver
        (photo := folder / "rash.jpg").write_bytes(phone_photo((1200, 800)))
        with self.step("the chat opens with the focus in its box"):
            driver.visit(f"{self.address}/")
            self.chat("return part('.launcher')?.getClientRects().length")
            driver.click(CHAT, ".launcher")
            self.chat("return root.activeElement?.matches('textarea')")
        with self.step("the box grows with its lines"):
            before = self.chat("return part('textarea').offsetHeight")
            for character in "abc":
                driver.type(character)
                driver.press("Shift+Enter")
            assert self.chat("return part('textarea').offsetHeight") > before
            driver.press("Control+a")
        with self.step("a question is answered"):
            driver.type("How much is a first visit without insurance?")
            driver.press("Enter")
            self.chat("return parts('[data-from=robot]').length === 1 && !part('[data-typing]')")
        with self.step("an emergency is told to call 911 by a link that calls"):
            driver.type("My chest hurts and my arm is numb")
            driver.click(CHAT, ".send")
            self.chat("return parts('[data-from=robot] a[href=\"tel:911\"]').length > 0")
        with self.step("a photo is upright and sent"):
            self.choose_file(photo)
            self.chat("const small = part('.chip canvas'); return small && small.width < small.height")
            driver.click(CHAT, "textarea")
            driver.press("Enter")
            self.chat("return !!part('[data-from=patient] .files button canvas')")
        with self.step("a reload keeps the conversation"):
            shown = self.chat("return parts('[data-from]').length")
            driver.command("Refresh")
            self.chat("return part('.launcher')?.getClientRects().length")
            driver.click(CHAT, ".launcher")
            self.chat("return parts('[data-from]').length >= args[0]", shown)
        with self.step("Tab goes around in the chat both ways"):
            for chord in ("Tab", "Shift+Tab"):
                for _ in range(20):
                    driver.press(chord)
                    assert driver.run(f"{IN_CHAT} return !!root.activeElement"), f"{chord} left the chat"
        with self.step("the language changes and the words stay"):
            driver.click(CHAT, "textarea")
            driver.type("hola")
            driver.click(CHAT, ".lang")
            self.chat("return part('textarea').value === 'hola' && root.activeElement.matches('.lang')")

    def as_staff(self, password: str) -> None:
        """Answer in the console."""
        driver, patient = self.driver, "Pat Tour"
        with self.step("signing in leads to the inbox"):
            driver.visit(f"{self.address}/staff/sign-in")
            driver.click("input[name=email]")
            driver.type(MANAGER)
            driver.click("input[name=password]")
            driver.type(password)
            driver.press("Enter")
            driver.until(READY)
        with self.step("a new chat comes by itself and opens in place"):
            driver.run(BEGIN_CHAT, patient, "How much is a cleaning?")
            row = "[...document.querySelectorAll('.row > a')].find((link) => link.textContent.includes(args[0]))"
            name = driver.until(f"return {row}?.id", patient)
            driver.click(f"#{name}")
            driver.until(OPENED, patient)
        with self.step("keys move and write and what is typed is kept"):
            driver.press("k")
            driver.press("j")
            driver.run("document.getElementById(args[0]).focus()", name)
            driver.press("r")
            driver.until(FOCUSED, "text")
            driver.type("See you soon")
            driver.until("return document.getElementById('kept-reply').textContent.trim() !== ''")
            driver.command("Refresh")
            driver.until("return document.getElementById('text')?.value === 'See you soon'")
        with self.step("a reply goes out and comes back by u"):
            driver.until(READY)
            driver.click("#text")
            driver.press("Control+Enter")
            driver.until("return !!document.querySelector('#undo-bar form')")
            driver.press("Escape")
            driver.click("#thread-scroll")
            driver.press("u")
            driver.until("return document.getElementById('text').value === 'See you soon'")
        with self.step("a file is dropped and removed"):
            driver.run(DROP)
            driver.until("return !!document.querySelector('#reply-files [data-remove]')")
            driver.click("#reply-files [data-remove]")
            driver.until("return !document.querySelector('#reply-files [data-remove]')")
        with self.step("the sound is readied by a press"):
            driver.run(
                "localStorage.setItem(`intake-sound-${document.querySelector('meta[name=member]').content}`, 'on')"
            )
            driver.command("Refresh")
            driver.until(READY)
            driver.run(
                "const Own = AudioContext; window.sounds = [];"
                "window.AudioContext = class extends Own { constructor() { super(); sounds.push(this); } }"
            )
            driver.press("j")
            driver.until("return window.sounds.length === 1")
        with self.step("the settings have pickers and each day has one line"):
            for page in ("chat", "hours"):
                driver.visit(f"{self.address}/staff/settings/demo/{page}")
                kinds = driver.until(
                    "return [...document.querySelectorAll('input')].map((box) => [box.getAttribute('type'), box.type])"
                )
                assert {kind for kind, real in kinds if kind and kind != real} == set(), "a picker is missing"
            tops = "[...document.querySelector('.day').children].map((part) => part.getBoundingClientRect())"
            assert (
                driver.run(
                    f"return new Set({tops}.filter((box) => box.height).map((box) => "
                    "Math.round((box.top + box.bottom) / 8))).size"
                )
                == 1
            )
        with self.step("a phone shows the inbox and a conversation without scrolling sideways"):
            driver.resize(390, 844)
            for path in ("", name.replace("open-", "conversations/")):
                driver.visit(f"{self.address}/staff/{path}")
                driver.until(READY)
                assert driver.run(FITS), path
            driver.resize(1280, 800)
        with self.step("nothing of a patient is shown after signing out"):
            driver.run("document.querySelector('form[action$=\"sign-out\"]').requestSubmit()")
            driver.until("return location.pathname.endsWith('/sign-in')")
            driver.run("history.back()")
            driver.until(
                "return document.readyState === 'complete' && !document.body.textContent.includes(args[0])", patient
            )


def main() -> int:
    """Go through everything in one browser, and return the exit status."""
    chosen = sys.argv[1] if len(sys.argv) > 1 else ""
    if chosen not in BROWSERS:
        print(f"usage: python -m tests.browser.tour {'|'.join(BROWSERS)} [folder for pictures]", file=sys.stderr)
        return 2
    pictures = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        tempfile.TemporaryDirectory() as folder,
        Processes(Path(folder)) as processes,
    ):
        address = start_demo(processes)
        password = add_manager(processes)
        driver = BROWSERS[chosen](Path(profile))
        print(f"{chosen} {driver.version}")
        try:
            driver.resize(1280, 800)
            tour = Tour(driver, address, pictures)
            tour.as_patient(Path(folder))
            tour.as_staff(password)
        finally:
            driver.close()
    return 1 if tour.failures else 0


if __name__ == "__main__":
    sys.exit(main())
