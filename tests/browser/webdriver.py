"""Firefox and WebKitGTK as they are installed, driven without anything beside them: both speak WebDriver's commands.

Firefox takes them by Marionette, which is its own and needs no geckodriver, and WebKit by WebKitWebDriver.
"""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.e2e.processes import free_port

SECONDS = 30.0
KEYS = {
    **{"Backspace": "\ue003", "Tab": "\ue004", "Enter": "\ue007", "Shift": "\ue008", "Control": "\ue009"},
    **{"Escape": "\ue00c", "ArrowUp": "\ue013", "ArrowDown": "\ue015"},
}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# The body is a part of it, as a page's policy forbids to make functions of texts
RUN = """
const [args, done] = arguments;
(async () => { %s })().then((value) => done([true, value ?? null]), (error) => done([false, String(error)]));
"""
# An element by a path of selectors, each of which enters a shadow root
FIND = """
let found = document;
for (const step of args) found = (found?.shadowRoot ?? found)?.querySelector(step);
if (!found) throw new Error(`nothing is at ${args.join(" ")}`);
"""


class PageError(Exception):
    """The page's script failed, or the browser refused a command."""


class Driver(ABC):
    """One window of a browser.

    Attributes:
        version: the browser's.
    """

    version: str

    @abstractmethod
    def command(self, name: str, **parameters: Any) -> Any:
        """Gives a command of WebDriver, under Marionette's name, and returns its result."""

    @abstractmethod
    def close(self) -> None:
        """Ends the browser."""

    def visit(self, address: str) -> None:
        """Loads a page."""
        self.command("Navigate", url=address)

    def run(self, body: str, *args: object) -> Any:
        """Returns what an asynchronous function returns, whose arguments are `args`."""
        answer = self.command("ExecuteAsyncScript", script=RUN % body, args=[list(args)])
        if answer is None:  # Firefox 153 says nothing of a page that was left meanwhile
            return None
        is_done, value = answer
        if not is_done:
            raise PageError(value)
        return value

    def until(self, body: str, *args: object) -> Any:
        """Waits until a function returns something true, and returns that."""
        end = time.monotonic() + SECONDS
        while not (value := self.run(body, *args)):
            if time.monotonic() > end:
                raise PageError(f"not within {SECONDS:g} s: {body}")
            time.sleep(0.1)
        return value

    def click(self, *path: str) -> None:
        """Clicks the middle of an element."""
        body = f"""{FIND} found.scrollIntoView({{ block: "nearest" }});
            const {{ x, y, width, height }} = found.getBoundingClientRect(); return [x + width / 2, y + height / 2];"""
        x, y = map(round, self.run(body, *path))
        press = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        move = {"type": "pointerMove", "duration": 0, "x": x, "y": y, "origin": "viewport"}
        self._act({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [move, *press]})

    def type(self, text: str) -> None:
        """Types characters."""
        self._press([(kind, character) for character in text for kind in ("keyDown", "keyUp")])

    def press(self, chord: str) -> None:
        """Presses a key, such as `Tab` or `Shift+Tab`."""
        keys = [KEYS.get(part, part) for part in chord.split("+")]
        self._press([("keyDown", key) for key in keys] + [("keyUp", key) for key in reversed(keys)])

    def resize(self, width: int, height: int) -> None:
        """Makes the page as large as asked for, if the browser's window can be as small."""
        for _ in range(2):  # the second time, it is known what surrounds the page
            inner = self.run("return [innerWidth, innerHeight, outerWidth, outerHeight]")
            self.command("SetWindowRect", width=width + inner[2] - inner[0], height=height + inner[3] - inner[1])

    def keep(self, path: Path) -> None:
        """Writes what the page looks like."""
        path.write_bytes(base64.b64decode(self.command("TakeScreenshot")))

    def _act(self, source: dict[str, Any]) -> None:
        self.command("PerformActions", actions=[source])

    def _press(self, steps: list[tuple[str, str]]) -> None:
        self._act({"type": "key", "id": "keys", "actions": [{"type": kind, "value": key} for kind, key in steps]})


class Firefox(Driver):
    """Firefox by Marionette: each message is its length, a colon, and JSON."""

    def __init__(self, folder: Path) -> None:
        """Starts it with a profile in a folder."""
        program = shutil.which("firefox") or shutil.which("firefox-esr")
        if program is None:
            raise PageError("there is no firefox on PATH")
        (folder / "user.js").write_text(f'user_pref("marionette.port", {(port := free_port())});\n')
        command = [program, "--marionette", "--headless", "--no-remote", "--profile", str(folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._socket = _retried(lambda: socket.create_connection(("127.0.0.1", port), SECONDS))
        self._stream = self._socket.makefile("rwb")
        self._read()
        self._last = 0
        self.version = self.command("NewSession")["capabilities"]["browserVersion"]

    def command(self, name: str, **parameters: Any) -> Any:
        """Gives a command."""
        self._last += 1
        data = json.dumps([0, self._last, f"WebDriver:{name}", parameters]).encode()
        self._stream.write(b"%d:%s" % (len(data), data))
        self._stream.flush()
        _, _, error, result = self._read()
        if error:
            raise PageError(f"{name}: {error['message']}")
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def close(self) -> None:
        """Ends it."""
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def _read(self) -> Any:
        length = b""
        while (byte := self._stream.read(1)) != b":":
            length += byte
        return json.loads(self._stream.read(int(length)))


class WebKit(Driver):
    """WebKitGTK's MiniBrowser by WebKitWebDriver; it needs a display."""

    def __init__(self, _folder: Path) -> None:
        """Starts it."""
        program = shutil.which("WebKitWebDriver")
        browser = next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"), None)
        if program is None or browser is None:
            raise PageError("there is no WebKitWebDriver on PATH, or no MiniBrowser of WebKitGTK under /usr/lib")
        self._process = subprocess.Popen([program, f"--port={(port := free_port())}"])
        self._base = f"http://127.0.0.1:{port}/session"
        wanted = {"webkitgtk:browserOptions": {"binary": str(browser), "args": ["--automation"]}}
        begun = _retried(lambda: self._post("POST", "", {"capabilities": {"alwaysMatch": wanted}}))
        self.version = begun["capabilities"]["browserVersion"]
        self._base += f"/{begun['sessionId']}"

    def command(self, name: str, **parameters: Any) -> Any:
        """Gives a command."""
        paths = {
            **{"Navigate": "url", "Refresh": "refresh", "ExecuteAsyncScript": "execute/async"},
            **{"PerformActions": "actions", "SetWindowRect": "window/rect", "TakeScreenshot": "screenshot"},
        }
        path = f"element/{parameters['id']}/value" if name == "ElementSendKeys" else paths[name]
        return self._post("GET" if name == "TakeScreenshot" else "POST", f"/{path}", parameters)

    def close(self) -> None:
        """Ends it."""
        self._post("DELETE", "", {})
        self._process.kill()
        self._process.wait()

    def _post(self, method: str, path: str, body: dict[str, Any]) -> Any:
        data = json.dumps(body).encode() if method == "POST" else None
        asked = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=SECONDS * 2) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise PageError(f"{path}: {error.read().decode()[:300]}") from None


def _retried(action: Callable[[], Any]) -> Any:
    end = time.monotonic() + SECONDS
    while True:
        try:
            return action()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
