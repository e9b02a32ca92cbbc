"""What gunicorn runs in `test_gunicorn_worker`: an application that reads bodies, and a worker that waits for few."""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import Flask, Response, request

from app.gunicorn_worker import StreamingWorker
from web.errors import register_errors

app = Flask(__name__)
register_errors(app)


class ImpatientWorker(StreamingWorker):
    """The product's worker, with a deadline that a test can wait for."""

    body_seconds = 0.3


@app.post("/")
def count() -> str:
    """Says how long the body is."""
    return str(len(request.get_data()))


@app.get("/stream")
def stream() -> Response:
    """Takes longer than any body may."""

    def lines() -> Iterator[str]:
        yield "first\n"
        time.sleep(3 * ImpatientWorker.body_seconds)
        yield "last\n"

    return Response(lines(), mimetype="text/plain")
