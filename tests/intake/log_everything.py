"""A program for `test_logs`: says patient text in every exception, and logs it in every way there is."""

from __future__ import annotations

import logging
import sys

import structlog

from intake.logs import configure_logging


def understand(text: str) -> None:
    """Fails, and repeats the patient's words."""
    raise ValueError(f"cannot understand {text}")


def chain(text: str) -> None:
    """Fails because something else failed."""
    try:
        understand(text)
    except ValueError as error:
        raise RuntimeError(f"gave up on {text}") from error


def main() -> None:
    """Logs."""
    configure_logging()
    plain = logging.getLogger("somebody.else")
    structured = structlog.get_logger("ours")
    structured.info("message_handled", message_id=7)
    plain.info("listening on port %s", 8000)
    for fail in (understand, chain):
        try:
            fail(sys.argv[1])
        except Exception as error:
            plain.exception("plain exception")
            plain.error("plain exc_info", exc_info=True)
            plain.warning("plain error given", exc_info=error)
            structured.exception("structured exception")
            structured.error("structured exc_info", exc_info=True)
            structured.warning("structured error given", exc_info=error)
            structured.error("structured triple", exc_info=sys.exc_info())
    plain.error("plain exc_info of nothing", exc_info=True)
    structured.error("structured exc_info of nothing", exc_info=True)


if __name__ == "__main__":
    main()
