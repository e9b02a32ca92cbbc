"""What tests share of the service: applications, which each test gets as the one before it did."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.edges import build_app
from intake.settings import Settings
from tests.service import Applications, Requests
from web.services import services_of


def test_an_application_is_reused_with_new_services(settings: Settings) -> None:
    applications = Applications()
    app = applications.borrow(build_app, settings)
    services = services_of(app)
    applications.give_back(app)

    assert applications.borrow(build_app, settings) is app
    assert services_of(app) is not services
    assert services_of(app).database is not services.database


def test_an_application_in_use_is_not_handed_out_again(settings: Settings) -> None:
    applications = Applications()

    assert applications.borrow(build_app, settings) is not applications.borrow(build_app, settings)


def test_settings_that_an_application_is_built_from_make_another(settings: Settings) -> None:
    applications = Applications()
    app = applications.borrow(build_app, settings)
    applications.give_back(app)

    assert applications.borrow(build_app, settings.model_copy(update={"trusted_proxies": 1})) is not app


def test_a_test_that_changes_an_application_fails(settings: Settings) -> None:
    applications = Applications()
    app = applications.borrow(build_app, settings)
    app.config["MAX_CONTENT_LENGTH"] = 1

    with pytest.raises(AssertionError, match=r"\['config'\]"):
        applications.give_back(app)


@pytest.mark.parametrize("end", ["read to its end", "closed"])
def test_a_request_is_in_progress_until_its_body_ends(end: str) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        yield b"the last thing that the browser reads"

    requests = Requests(app)
    body = requests({"PATH_INFO": "/stream"}, None)
    assert next(body) == b"the last thing that the browser reads"
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(requests.wait_until_ended)
        assert not waiting.done()
        if end == "closed":
            body.close()  # type: ignore[attr-defined]  # what the server calls
        else:
            assert list(body) == []
        waiting.result()


def test_a_request_that_fails_has_ended() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raise RuntimeError

    requests = Requests(app)
    with pytest.raises(RuntimeError):
        list(requests({"PATH_INFO": "/"}, None))
    requests.wait_until_ended()
