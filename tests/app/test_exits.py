"""How a command ends when something goes wrong."""

from __future__ import annotations

import pytest

from app.exits import explain_failure


def test_a_library_that_is_missing_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end, explain_failure():
        import no_such_library  # type: ignore[import-not-found]  # noqa: F401

    error = "Error: the library no_such_library is missing: install all of requirements/serving.lock.\n"
    assert (end.value.code, capsys.readouterr().err) == (1, error)
