"""Which errors say that the database is away, and which are faults of the program."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError, TimeoutError
from sqlalchemy.orm.exc import DetachedInstanceError

from web.errors import register_errors


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(OperationalError("SELECT 1", {}, Exception("gone")), 503, id="away"),
        pytest.param(TimeoutError("no connection is free"), 503, id="busy"),
        pytest.param(DetachedInstanceError("read too late"), 500, id="a fault of the program"),
    ],
)
def test_only_a_database_that_does_not_answer_is_away(error: Exception, status: int) -> None:
    app = Flask(__name__)
    register_errors(app)

    @app.get("/")
    def fail() -> str:
        raise error

    answer = app.test_client().get("/")

    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert b"Traceback" not in answer.data
