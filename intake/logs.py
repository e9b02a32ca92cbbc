"""Structured logs: one JSON object a line (or short, readable lines on a terminal), ids only.

What an exception says may hold patient text, so that only its type and where it was raised are written.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_QUIET = ("werkzeug", "alembic", "urllib3", "twilio", "requests", "sqlalchemy.engine")
# what they log contains addresses, texts, and answers of servers
_SILENT = ("apprise", "mail.log", "mail.debug", "imapclient")

_DETAILS = re.compile(r":?\s+%s| from ip=")
"""Where what gunicorn says of a failed request goes on with the request's address or sender, or the exception."""


def configure_logging() -> None:
    """Send every log line of this process, the libraries' included, through one private formatter."""
    on_terminal = sys.stderr.isatty()
    time_format = "%H:%M:%S" if on_terminal else "iso"
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        *([] if on_terminal else [structlog.stdlib.add_logger_name]),  # short, for the one who watches
        structlog.processors.TimeStamper(fmt=time_format, utc=not on_terminal),
        _private_exception,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.dev.ConsoleRenderer(pad_event_to=0, pad_level=False)
        if on_terminal
        else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    web_server = logging.getLogger("gunicorn.error")  # which writes past the root, in a form of its own
    web_server.handlers, web_server.propagate = [], True
    web_server.addFilter(_withhold_request)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _withhold_request(record: logging.LogRecord) -> bool:
    """Keep of a failed request only that it failed, and how: its address, sender, and headers are a patient's."""
    failure = record.exc_info or sys.exc_info()
    if failure[0] is not None:
        said = record.msg if isinstance(record.msg, str) else "Error"
        record.msg, record.args, record.exc_info = _DETAILS.split(said)[0], (), failure
    return True


def where_raised(error: BaseException, tb: TracebackType | None) -> str:
    """Describe an exception by its type and its place, without what it says."""
    frames = traceback.extract_tb(tb)
    place = f" at {frames[-1].filename}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
    return f"{type(error).__name__}{place}"


def _private_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[1] is not None:
        event["error"] = where_raised(info[1], info[2])
    return event
