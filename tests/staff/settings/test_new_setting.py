"""A field with an editor is all that a new setting needs: it is on the page, can be changed, and applies."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field

from inbox.models import Role
from intake.practices import Practice, PracticesFile, TeamSettings
from intake.setting_editors import Editor, EditorKind, SettingGroup
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.settings.test_page import (
    ADDRESS,
    PRICES,
    ask,
    effective,
    field,
    look,
    problem_at,
    save,
    text_of,
    token,
)

PARKING = Editor(
    SettingGroup.OTHER,
    EditorKind.LINE,
    "Parking",
    hint="Where patients park.",
    example="On Elm Street",
    empty="nowhere",
)
WORDS = '"price_shopper" = "{{ practice.name }}: Park {{ practice.parking or \'nearby\' }}."'


class ExtendedTeam(TeamSettings):
    """A team with one more field."""

    floor: Annotated[float | None, Editor(SettingGroup.TEAMS, EditorKind.NUMBER, "Floor")] = Field(default=None, le=9)


class ExtendedPractice(Practice):
    """A practice with one more field, and teams with one more."""

    parking: Annotated[str | None, PARKING] = Field(default=None, max_length=20)
    teams: dict[str, ExtendedTeam] = Field(default={})  # type: ignore[assignment]  # a dict is invariant, read only


class ExtendedFile(PracticesFile):
    """A practices file with such practices."""

    practices: list[ExtendedPractice] = Field(alias="practice")  # type: ignore[assignment]  # as above


@pytest.fixture
def console(start_console: StartConsole, monkeypatch: pytest.MonkeyPatch) -> Console:
    """The service of a product whose practices have these fields."""
    monkeypatch.setattr("intake.practices.PracticesFile", ExtendedFile)
    return start_console(f"replies = {{ {WORDS} }}")


@pytest.fixture
def manager(console: Console) -> Browser:
    """The browser of a manager of the demo practice."""
    return console.sign_in(Role.MANAGER, name="Mira Manager")


def test_it_is_on_the_page_with_its_label_and_hint(manager: Browser) -> None:
    page = look(manager)

    assert "Other settings Parking Where patients park. Example: On Elm Street Save other settings" in text_of(page)
    assert field(page, "parking") == ""
    assert field(page, "teams.billing.floor") == ""


def test_a_change_to_it_applies_to_the_next_message_and_is_in_the_history(console: Console, manager: Browser) -> None:
    assert ask(console).startswith("Maple Street: Park nearby.")
    save(manager, parking="on Elm Street")

    assert field(look(manager), "parking") == "on Elm Street"
    assert ask(console, PRICES, from_="+12025550124").startswith("Maple Street: Park on Elm Street.")
    history = text_of(manager.get(f"{ADDRESS}/history"))
    assert "Setting: Parking before nowhere after on Elm Street" in history


def test_it_can_belong_to_a_team(console: Console, manager: Browser) -> None:
    save(manager, teams__billing__floor="3")

    billing = effective(console).teams["billing"]
    assert isinstance(billing, ExtendedTeam)
    assert billing.floor == 3
    assert "Billing team: floor" in text_of(manager.get(f"{ADDRESS}/history"))


@pytest.mark.parametrize(
    ("key", "typed", "mistake"),
    [
        ("parking", "x" * 21, ("Parking", "should have at most 20 characters")),
        ("teams.billing.floor", "10", ("Floor", "Input should be less than or equal to 9")),
    ],
)
def test_what_it_cannot_be_is_refused_by_its_label(
    manager: Browser, key: str, typed: str, mistake: tuple[str, str]
) -> None:
    answer = manager.post(ADDRESS, data={"version": token(manager.get(ADDRESS)), key: typed})

    assert answer.status_code == 422
    assert problem_at(answer, key) == mistake
