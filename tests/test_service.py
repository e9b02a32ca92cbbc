"""What tests share of the service: applications, which each test gets as the one before it did."""

from __future__ import annotations

import pytest

from app.edges import build_app
from intake.settings import Settings
from tests.service import Applications
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
