"""A practice's website: another origin than the service's, with a content security policy as strict as they come."""

from __future__ import annotations

from tests.standins.loopback import LoopbackServer, Request, Response

PAGE = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Practice</title>
{head}</head>
<body><main><h1>Our practice</h1><p><a href="#contact">Contact</a></p>{body}</main></body>
</html>
"""
POLICY = (
    "default-src 'none'; script-src {service}; connect-src {service}; img-src 'self'; style-src 'self';"
    " base-uri 'none'; form-action 'none'"
)


def strict_policy(service: str) -> str:
    """A policy that lets in the service's script and its calls, and nothing inline."""
    return POLICY.format(service=service)


def script_tag(service: str, key: str, attributes: str = "") -> str:
    """The one line that a practice pastes."""
    return f'<script async src="{service}/chat/widget.js" data-practice="{key}"{attributes}></script>'


class PracticeSite(LoopbackServer):
    """Serves the pages that it is given, each with its own policy.

    It is called by another name than the service, so that the two differ in host and port.
    """

    def __init__(self) -> None:
        super().__init__()
        self._answers: dict[str, Response] = {}

    @property
    def origin(self) -> str:
        """What browsers call the site."""
        return f"http://localhost:{self.port}"

    def page(self, path: str, *, policy: str | None, head: str = "", body: str = "", language: str = "en") -> str:
        """Puts up a page and returns its address."""
        text = PAGE.format(language=language, head=head, body=body)
        return self.file(path, "text/html; charset=utf-8", text, {"Content-Security-Policy": policy} if policy else {})

    def file(self, path: str, content_type: str, text: str, headers: dict[str, str] | None = None) -> str:
        """Puts up a file and returns its address."""
        self._answers[path] = Response(200, text.encode(), {"Content-Type": content_type, **(headers or {})})
        return f"{self.origin}{path}"

    def respond(self, request: Request) -> Response:
        """Answers one request; browsers ask for an icon unasked."""
        return self._answers.get(request.path, Response(204 if request.path == "/favicon.ico" else 404))
