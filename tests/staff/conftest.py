"""The console on a real socket, and browsers whose members are signed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from http.client import HTTPMessage
from itertools import count
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from argon2 import PasswordHasher
from flask import Flask
from flask import session as web_session
from flask_wtf.csrf import generate_csrf
from requests.cookies import MockRequest, MockResponse

from app.wsgi import build_app
from classifier import Classifier
from inbox.accounts.members import add_member
from inbox.models import Role, StaffMember
from intake.settings import Settings
from staff.auth.entry import enter
from tests.service import Service
from tests.standins.twilio import TwilioStandIn
from tests.tasks.conftest import hook
from tests.world import PRACTICES_TOML

__all__ = ["hook"]

PASSWORD = "correct horse battery staple"
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # what others guess at, nobody does here
PASSWORD_HASH = QUICK_HASHER.hash(PASSWORD)
StartConsole = Callable[[str], "Console"]
_numbers = count(1)


class Browser(requests.Session):
    """A browser that looks at the console: paths instead of addresses, and each form with its CSRF token.

    Attributes:
        member: whose browser it is; None while nobody has signed in.
    """

    def __init__(self, base: str) -> None:
        super().__init__()
        self.trust_env = False  # which proxies the environment names, it would look up for each request
        self.base = base
        self.member: StaffMember | None = None
        self.headers["Accept"] = "text/html"
        self._token: str | None = None

    def request(  # type: ignore[override]
        self, method: str | bytes, url: str | bytes, **options: Any
    ) -> requests.Response:
        """Asks, by path, with the CSRF token where one is needed; a redirect is returned rather than followed."""
        headers = dict(options.pop("headers", None) or {})
        if method not in ("GET", "HEAD", "OPTIONS"):
            headers.setdefault("X-CSRFToken", self.token())
        options.setdefault("timeout", 30)
        options.setdefault("allow_redirects", False)
        answer = super().request(method, urljoin(self.base, str(url)), headers=headers, **options)
        if method == "GET" and not options.get("stream"):
            self._token = self._token or find_token(answer)
        self._send_over_http()
        return answer

    def get(self, url: str | bytes, **options: Any) -> requests.Response:
        """Asks for a page."""
        return self.request("GET", url, **options)

    def open_pane(self, url: str) -> requests.Response:
        """Asks for a conversation as a script does for a member who has the list already: half the work."""
        return self.get(url, headers={"X-Requested-With": "pane"})

    def token(self) -> str:
        """Returns the CSRF token, as a page shows it."""
        if self._token is None:
            page = self.get("/staff/nowhere" if self.member else "/staff/sign-in")  # quicker than a page with contents
            self._token = csrf_token(page)
        return self._token

    def sign_in(self, member: StaffMember, password: str = PASSWORD, to: str = "/staff/sign-in") -> requests.Response:
        """Fills in the sign-in form and sends it."""
        self.forget_token()
        answer = self.post(to, data={"email": member.email, "password": password})
        self.forget_token()
        if answer.status_code == 303 and "second-factor" not in answer.headers["Location"]:
            self.member = member
        return answer

    def forget_token(self) -> None:
        """Takes the next token from a page again, as the session has changed."""
        self._token = None

    def take_over(self, member: StaffMember, cookies: Sequence[str], token: str) -> None:
        """Goes on with the session of a member who signed in elsewhere, and its CSRF token."""
        message = HTTPMessage()
        for cookie in cookies:
            message["Set-Cookie"] = cookie
        asked = requests.Request("POST", urljoin(self.base, "/staff/sign-in")).prepare()
        jar: Any = self.cookies  # whose types know only the standard library's answers
        jar.extract_cookies(MockResponse(message), MockRequest(asked))
        self._send_over_http()
        self.member, self._token = member, token

    def _send_over_http(self) -> None:
        for cookie in self.cookies:
            cookie.secure = False  # browsers take plain HTTP on this machine for secure


class Console(Service):
    """A running service with the console, and those who work at it."""

    build = staticmethod(build_app)

    def __init__(self, settings: Settings, classifier: Classifier, twilio: TwilioStandIn) -> None:
        super().__init__(settings, classifier, twilio)
        self._browsers = ExitStack()

    def __exit__(self, *reason: Any) -> None:
        self._browsers.close()
        super().__exit__(*reason)

    @property
    def app(self) -> Flask:
        """The web application."""
        return self._app

    def browser(self) -> Browser:
        """A browser in which nobody is signed in."""
        return self._browsers.enter_context(Browser(self.url))

    def add_member(
        self,
        role: Role | str = Role.STAFF,
        practices: Sequence[str] = ("demo",),
        *,
        name: str = "Dana Reyes",
        email: str | None = None,
    ) -> StaffMember:
        """An account whose password is PASSWORD."""
        address = email or f"member{next(_numbers)}@maple.example"
        with self.edit() as session:
            member = add_member(session, address, name, Role(role), practices, None)
            member.password_hash = PASSWORD_HASH  # whose strength need not be judged each time
            return member

    def sign_in(
        self, role: Role | str = Role.STAFF, practices: Sequence[str] = ("demo",), *, name: str = "Dana Reyes"
    ) -> Browser:
        """A browser in which a new member of these practices is signed in."""
        return self.let_in(self.add_member(role, practices, name=name))

    def let_in(self, member: StaffMember) -> Browser:
        """A browser in which a member is signed in, as after the form of the page, which takes three times as long."""
        browser = self.browser()
        with self.app.test_request_context(
            "/staff/sign-in",
            environ_base={"REMOTE_ADDR": "127.0.0.1", "HTTP_USER_AGENT": str(browser.headers["User-Agent"])},
        ):
            answer = self.app.make_response(enter(member.id, "password"))
            token = generate_csrf()
            self.app.session_interface.save_session(self.app, web_session, answer)
        browser.take_over(member, answer.headers.getlist("Set-Cookie"), token)
        return browser


def csrf_token(page: requests.Response) -> str:
    """Returns the CSRF token that a page holds."""
    found = find_token(page)
    assert found, f"{page.url} answered {page.status_code} without a token"
    return found


def find_token(answer: requests.Response) -> str | None:
    """Returns the CSRF token of an answer that is a page."""
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    found = re.search(r'<meta name="csrf-token" content="([^"]+)">', answer.text) if is_page else None
    return found[1] if found else None


@pytest.fixture
def console_of(
    classifier: Classifier, twilio: TwilioStandIn, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Settings], Console]]:
    """Starts the service, console included, with settings of its own."""
    monkeypatch.setattr("inbox.accounts.passwords._hasher", QUICK_HASHER)
    monkeypatch.setattr("inbox.accounts.passwords._NOBODYS_HASH", QUICK_HASHER.hash("nobody's"))
    with ExitStack() as running:
        yield lambda settings: running.enter_context(Console(settings, classifier, twilio))


@pytest.fixture
def start_console(settings: Settings, console_of: Callable[[Settings], Console]) -> StartConsole:
    """Starts the service, console included, with further lines of TOML in the demo practice."""

    def start(lines: str = "") -> Console:
        settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{lines}\n', 1))
        return console_of(settings)

    return start


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    """The whole web application on a real socket, and a worker that works when told to."""
    return start_console("")
