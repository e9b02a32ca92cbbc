"""A program for `test_reporting`: the web application, as gunicorn loads it, with routes that fail in every way."""

from __future__ import annotations

import logging
import sys
import threading
from http.client import HTTPConnection
from urllib.parse import quote, urlencode

import sentry_sdk
from flask import request
from werkzeug.serving import make_server

from app.wsgi import create_app
from intake.errors import IntakeError


def fail() -> str:
    """Fails because something else failed, and both repeat the patient's words."""
    patient_text = request.form["Body"]
    sentry_sdk.add_breadcrumb(message=patient_text)
    sentry_sdk.set_extra("text", patient_text)
    sentry_sdk.set_user({"phone": request.form["From"]})
    sentry_sdk.set_context("message", {"text": patient_text})
    sentry_sdk.set_tag("text", patient_text[:50])
    try:
        raise ValueError(f"cannot understand {patient_text}")
    except ValueError as error:
        raise RuntimeError(f"gave up on {patient_text}") from error


def log_error() -> str:
    """Logs an error with the patient's words, as a library might."""
    logging.getLogger("library").error("cannot send to %s: %s", request.form["From"], request.form["Body"])
    return "logged"


def fail_readably() -> str:
    """Fails with a message that is written to be read."""
    raise IntakeError("the practice demo has messages but is not in the practices file")


def main() -> None:
    """Serves, asks, and prints each answer."""
    text, number = sys.argv[1:]
    app = create_app()
    for view in (fail, log_error, fail_readably):
        app.add_url_rule(f"/{view.__name__}", view_func=view, methods=["POST"])
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    connection = HTTPConnection("127.0.0.1", server.server_port)
    for path in ("/fail", "/log_error", "/fail_readably", "/nowhere", "/twilio/sms"):
        connection.request(
            "POST",
            f"{path}?text={quote(text)}",
            urlencode({"Body": text, "From": number}),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Patient": quote(text),
                "Cookie": f"text={quote(text)}",
            },
        )
        answer = connection.getresponse()
        print(answer.status, answer.read().decode().strip())
    connection.close()
    server.shutdown()
    thread.join()
    server.server_close()
    sentry_sdk.flush()


if __name__ == "__main__":
    main()
