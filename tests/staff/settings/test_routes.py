"""The routing table on the settings pages: which team gets a kind of message, and how soon."""

from __future__ import annotations

import re

import pytest
import requests

from inbox.models import Notification, Role, SettingVersion
from intake.vocabulary import Intent, Priority, Route
from staff.settings.route_rows import CLINICAL, describe_route, plain_route
from tasks.routing.table import team_and_priority
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.settings.test_page import effective, problem_at, text_of, token, undo

PAGE = "/staff/settings/demo/routing"
COMPLAINT = "I am very unhappy with how rude your staff were to me yesterday. I want to complain."


@pytest.fixture
def manager(console: Console) -> Browser:
    """The browser of a manager of the demo practice."""
    return console.sign_in(Role.MANAGER, name="Mira Manager")


def post(manager: Browser, route: str, team: str = "", priority: str = "", **others: str) -> requests.Response:
    form = {f"routes.{route}": "", f"routes.{route}.team": team, f"routes.{route}.priority": priority, **others}
    return manager.post(PAGE, data={"version": token(manager.get(PAGE)), **form})


def chosen(page: requests.Response, route: str) -> list[str]:
    """The words that are chosen in a row."""
    [row] = re.findall(
        rf'<div class="route" role="group" aria-labelledby="s-routes-{route}-label">.*?</div>\s*</div>',
        page.text,
        re.DOTALL,
    )
    return re.findall(r" selected>([^<]+)<", row)


def test_the_next_message_goes_to_the_team_that_was_chosen_and_it_can_be_undone(
    console: Console, manager: Browser
) -> None:
    assert chosen(manager.get(PAGE), "complaint") == ["Manager (standard)", "High (standard)"]
    assert post(manager, "complaint", "billing", "normal").status_code == 303

    assert team_and_priority(Intent.COMPLAINT, effective(console)) == ("billing", Priority.NORMAL)
    assert chosen(manager.get(PAGE), "complaint") == ["Billing (console only)", "Normal"]
    console.text(COMPLAINT)
    console.work()
    assert console.rows(Notification)[-1].team == "billing"
    history = text_of(manager.get("/staff/settings/demo/history"))
    assert "Routing: Complaint before standard after Billing, normal" in history
    assert undo(manager, 1).status_code == 303
    assert team_and_priority(Intent.COMPLAINT, effective(console)) == ("manager", Priority.HIGH)


def test_a_row_goes_back_to_the_standard_also_from_what_the_file_says(start_console: StartConsole) -> None:
    console = start_console('routes = { complaint = { team = "billing", auto_reply = false } }')
    manager = console.sign_in(Role.MANAGER)
    assert post(manager, "complaint", "billing", "low").status_code == 303
    assert effective(console).routes["complaint"].auto_reply is False, "which only the file can say"

    assert post(manager, "complaint", "billing", "low", standard="routes.complaint").status_code == 303
    assert effective(console).routes == {}


def test_a_page_that_nobody_edited_changes_nothing(start_console: StartConsole) -> None:
    console = start_console('routes = { complaint = { team = "manager", priority = "high" } }')
    post(console.sign_in(Role.MANAGER), "complaint")

    assert console.rows(SettingVersion) == []


@pytest.mark.parametrize(
    ("route", "team", "priority", "why"),
    [
        (Intent.COMPLAINT, "gossip", "", "choose a team from the list"),
        (Intent.COMPLAINT, "", "urgent", "choose a priority from the list"),
        *[(route, "", "low", "choose a priority from the list") for route in sorted(CLINICAL)],
    ],
)
def test_what_would_hide_a_message_or_page_people_for_it_is_refused(
    console: Console, manager: Browser, route: str, team: str, priority: str, why: str
) -> None:
    refused = post(manager, route, team, priority)

    assert refused.status_code == 422
    assert problem_at(refused, f"routes.{route}")[1] == why
    assert console.rows(SettingVersion) == []


def test_emergencies_are_shown_and_cannot_be_changed(console: Console, manager: Browser) -> None:
    assert "Emergency On call Urgent, always" in text_of(manager.get(PAGE))
    post(manager, "urgent", "billing", "low")

    assert console.rows(SettingVersion) == []


def test_to_name_a_team_for_a_death_is_a_choice_even_if_it_is_the_usual_one() -> None:
    row = {"team": "front_desk", "priority": "high", "auto_reply": None}

    assert plain_route(Route.BEREAVEMENT, row) == row | {"priority": None}
    assert plain_route(Route.PERSON, row) == row | {"team": None}
    assert describe_route(Route.BEREAVEMENT, row) == "Front desk, standard priority"
