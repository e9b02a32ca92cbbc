"""What gunicorn runs in `test_gunicorn_worker`: an application whose errors say what a patient wrote."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, Response

from intake.logs import configure_logging

configure_logging()
app = Flask(__name__)


@app.get("/stream/<secret>")
def stream(secret: str) -> Response:
    """Fails within a stream, where no error handler of the application's sees it."""

    def lines() -> Iterator[str]:
        yield "first\n"
        raise ValueError(f"cannot understand {secret}")

    return Response(lines(), mimetype="text/plain")
