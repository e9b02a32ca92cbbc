"""Whom a notification goes to: the addresses of a team or of an escalation step, and the console."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Protocol

from intake.practices import TEXT_PREFIX, Practice, TeamSettings, is_plain_mail
from intake.vocabulary import Route, Team

CONSOLE = "console"


def personal_address(practice: Practice, escalation_step: int) -> str | None:
    """Return the address of the person whom an escalation step notifies, None if it notifies a team or is not a step.

    Args:
        practice: the practice.
        escalation_step: the step, counted from 1; 0 outside an escalation. The step may since have been removed from
            the practices file.
    """
    steps = practice.escalation
    return steps[escalation_step - 1].address if 0 < escalation_step <= len(steps) else None


def team_settings(practice: Practice, team: str, escalation_step: int) -> TeamSettings:
    """Return how to notify a team; an escalation step with a person acts as a team with that one address.

    Args:
        practice: the practice.
        team: the team's name; a team that the practice does not list is notified only on the console.
        escalation_step: the step of the practice's escalation, counted from 1; 0 outside an escalation.
    """
    address = personal_address(practice, escalation_step)
    if address is not None:
        return TeamSettings(notify=[address])
    return practice.teams.get(team, TeamSettings())


def settings_of_notice(practice: Practice, team: str, escalation_step: int, target: str) -> TeamSettings:
    """Return how a stored notice is sent: as its step says or, if the steps have moved since, as its address does.

    Args:
        practice: the practice.
        team: the team's name.
        escalation_step: the step that it was stored for, counted from 1; 0 outside an escalation.
        target: the key of its address.
    """
    steps = (escalation_step, 0, *range(1, len(practice.escalation) + 1))
    found = [team_settings(practice, team, step) for step in steps]
    return next((settings for settings in found if target in targets_for(settings)), found[0])


def targets_for(settings: TeamSettings) -> dict[str, str]:
    """Return a team's addresses and the console, by stable short keys."""
    return {CONSOLE: CONSOLE} | {key_of(address): address for address in settings.notify}


def key_of(address: str) -> str:
    """Return a stable short key for an address, which reveals nothing about it."""
    return hashlib.blake2s(address.encode(), digest_size=8).hexdigest()


def tested_addresses(practice: Practice, team: str) -> dict[str, str]:
    """Return the addresses that a test of a team reaches, by their keys; for on call, all that an emergency pages."""
    if team == Team.ON_CALL:
        return paged_addresses(practice)
    return {key_of(address): address for address in practice.teams.get(team, TeamSettings()).notify}


def first_paged_team(practice: Practice) -> str:
    """Return the team that is notified of an urgent message at once, before any step of the escalation."""
    override = practice.routes.get(Route.URGENT)
    return (override and override.team) or Team.ON_CALL


def paged_addresses(practice: Practice) -> dict[str, str]:
    """Return every address that an emergency reaches, at once or in a step of the escalation, by their keys."""
    settings = [practice.teams.get(first_paged_team(practice), TeamSettings())]
    for number, step in enumerate(practice.escalation, start=1):
        settings.append(team_settings(practice, step.team or "", number))
    return {key_of(address): address for each in settings for address in each.notify}


class Carriers(Protocol):
    """Which carriers of notices are set up, as `Settings` tell."""

    @property
    def sends_texts(self) -> bool:
        """Whether texts can be sent."""

    @property
    def smtp_url(self) -> str | None:
        """The mail server, None without one."""


def has_carrier(practice: Practice, address: str, settings: Carriers) -> bool:
    """Return whether what carries notices to an address is set up; a service such as Slack is named by the address."""
    if address.startswith(TEXT_PREFIX):
        return settings.sends_texts
    if is_plain_mail(address):
        return settings.smtp_url is not None and practice.email is not None
    return True


def is_usable(practice: Practice, address: str, settings: Carriers | None, stopped: Collection[str]) -> bool:
    """Return whether a notice to an address can arrive.

    Args:
        practice: the practice.
        address: the address.
        settings: which carriers are set up; None if that isn't known.
        stopped: the addresses that texted STOP, from `find_stopped`.
    """
    return address not in stopped and (settings is None or has_carrier(practice, address, settings))


def usable_addresses(
    practice: Practice, team: TeamSettings, settings: Carriers | None, stopped: Collection[str]
) -> list[str]:
    """Return a team's addresses at which notices can arrive; see `is_usable`."""
    return [address for address in team.notify if is_usable(practice, address, settings, stopped)]


def reached_addresses(practice: Practice, settings: Carriers | None, stopped: Collection[str]) -> dict[str, str]:
    """Return the addresses at which an emergency arrives, by their keys; see `is_usable`."""
    paged = paged_addresses(practice)
    return {key: address for key, address in paged.items() if is_usable(practice, address, settings, stopped)}
