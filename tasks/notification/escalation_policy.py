"""Who is notified of an urgent message, and when: the next contact, again, or together with others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import pairwise, takewhile

from inbox.models import Notification, NotificationState
from intake.practices import EscalationStep, Practice, TeamSettings
from intake.settings import Settings
from intake.vocabulary import DangerKind, NotificationReason
from tasks.notification.targets import (
    CONSOLE,
    Carriers,
    first_paged_team,
    paged_addresses,
    reached_addresses,
    team_settings,
    usable_addresses,
)
from tasks.routing.silence import UNANSWERED

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
COLLECTED_FOR = timedelta(minutes=3)
AT_ONCE = 3
"""How many notices about unproven senders go to an address within that time before any is collected."""
SLOWER_AFTER = timedelta(hours=2)
SLOWER_EVERY = timedelta(minutes=30)


class Unpaged(Enum):
    """Why an emergency reaches no phone, mailbox, or service."""

    NO_ADDRESS = "no address"
    NO_CARRIER = "no carrier"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ToldSoFar:
    """What staff already know of an open alarm.

    Attributes:
        teams: the teams whose addresses were notified of it.
        dangers: the kinds of danger of its messages.
    """

    teams: frozenset[str] = frozenset()
    dangers: frozenset[DangerKind] = frozenset()


def next_step_at(steps: Sequence[EscalationStep], taken: int, moment: datetime, raised_at: datetime) -> datetime:
    """Return when the next step is due; after the last one, it repeats for as long as the alarm is open.

    The delay counts from when the previous contact was notified. After an outage, contacts are therefore still
    notified one after another rather than all at once.

    Args:
        steps: the practice's escalation steps, in order.
        taken: the number of steps already taken.
        moment: when the last step was taken, or when the message was routed; aware.
        raised_at: when the alarm was raised; aware.
    """
    if not steps:
        return NEVER
    if taken >= len(steps):
        return moment + repeat_interval(steps, moment - raised_at)
    before = steps[taken - 1].after_minutes if taken else 0
    return moment + timedelta(minutes=steps[taken].after_minutes - before)


def repeat_interval(steps: Sequence[EscalationStep], open_for: timedelta) -> timedelta:
    """Return the time until the last step repeats: its own delay, and more of it once the alarm has been open long."""
    minutes = [0, *(step.after_minutes for step in steps)]
    delays = [later - earlier for earlier, later in pairwise(minutes) if later > earlier]
    delay = timedelta(minutes=delays[-1])  # several steps may be due at the same time
    return delay if open_for < SLOWER_AFTER else max(delay, SLOWER_EVERY)


def repeated_step(practice: Practice, settings: Settings | None, stopped: Collection[str]) -> int:
    """Return the last escalation step with a usable address, counted from 1; 0 if there is none.

    Args:
        practice: the practice.
        settings: which carriers are set up; None if that isn't known.
        stopped: the addresses that texted STOP.
    """
    numbers = range(len(practice.escalation), 0, -1)
    return next((number for number in numbers if _is_usable(practice, number, settings, stopped)), 0)


def steps_to_take(practice: Practice, taken: int, settings: Settings | None, stopped: Collection[str]) -> list[int]:
    """Return the next escalation steps to take now, counted from 1: none if all were taken.

    A step that reaches nobody takes no time: the alarm goes on at once, up to the first that reaches someone.

    Args:
        practice: the practice.
        taken: the number of steps already taken.
        settings: which carriers are set up; None if that isn't known.
        stopped: the addresses that texted STOP.
    """
    left = range(taken + 1, len(practice.escalation) + 1)
    until = next((number for number in left if _is_usable(practice, number, settings, stopped)), len(left) + taken)
    return [number for number in left if number <= until]


def silent_steps(practice: Practice, settings: Settings | None, stopped: Collection[str]) -> list[int]:
    """Return the escalation steps that reach nobody, counted from 1; 0 is the team that is paged at once.

    Args:
        practice: the practice.
        settings: which carriers are set up; None if that isn't known.
        stopped: the addresses that texted STOP.
    """
    at_once = practice.teams.get(first_paged_team(practice), TeamSettings())
    first = [] if usable_addresses(practice, at_once, settings, stopped) else [0]
    numbers = range(1, len(practice.escalation) + 1)
    return first + [number for number in numbers if not _is_usable(practice, number, settings, stopped)]


def why_untold(practice: Practice, number: int, settings: Settings | None, stopped: Collection[str]) -> Unpaged | None:
    """Return why an escalation step reaches nobody, None if it reaches someone.

    Args:
        practice: the practice.
        number: the step, counted from 1.
        settings: which carriers are set up; None if that isn't known.
        stopped: the addresses that texted STOP.
    """
    contact = team_settings(practice, practice.escalation[number - 1].team or "", number)
    if usable_addresses(practice, contact, settings, stopped):
        return None
    if not contact.notify:
        return Unpaged.NO_ADDRESS
    return Unpaged.STOPPED if usable_addresses(practice, contact, settings, ()) else Unpaged.NO_CARRIER


def _is_usable(practice: Practice, number: int, settings: Settings | None, stopped: Collection[str]) -> bool:
    return why_untold(practice, number, settings, stopped) is None


def follow_change(
    before: Sequence[EscalationStep], after: Sequence[EscalationStep], taken: int, due_at: datetime, moment: datetime
) -> tuple[int, datetime]:
    """Return where an open alarm stands in a changed escalation: the steps taken, and when the next one is due.

    The alarm goes on after the contacts that both lists begin with, so that a change skips nobody. Whoever was
    notified and now comes later is notified again.

    Args:
        before: the steps so far.
        after: the steps from now on.
        taken: the number of steps already taken.
        due_at: when the next step was due, `NEVER` if none was; aware.
        moment: the current time, aware.
    """
    told = before[:taken]
    same = takewhile(lambda pair: pair[0].contact == pair[1].contact, zip(told, after, strict=False))
    kept = sum(1 for _ in same)
    if not after:
        return kept, NEVER
    if kept == len(after):  # only repeating is left
        repeats_already = len(before) <= taken == kept and due_at < NEVER
        return kept, due_at if repeats_already else moment + repeat_interval(after, timedelta())
    elapsed = told[-1].after_minutes if told else 0
    last = moment
    if due_at < NEVER and taken < len(before):
        last = due_at - timedelta(minutes=before[taken].after_minutes - elapsed)
    return kept, max(moment, last + timedelta(minutes=after[kept].after_minutes - elapsed))


def next_reached(
    practice: Practice, taken: int, due_at: datetime, settings: Settings | None, stopped: Collection[str]
) -> tuple[int, datetime]:
    """Return the next escalation step with a usable address, counted from 1, and when it is due; 0 if there is none.

    It is one that was taken before if all later ones were, as the last one repeats.

    Args:
        practice: the practice.
        taken: the number of steps already taken.
        due_at: when the step after those is due, `NEVER` if none is; aware.
        settings: which carriers are set up; None if that isn't known.
        stopped: the addresses that texted STOP.
    """
    steps = practice.escalation
    if due_at >= NEVER:
        return 0, NEVER
    following = steps_to_take(practice, taken, settings, stopped)
    if following and _is_usable(practice, following[-1], settings, stopped):
        return following[-1], due_at
    again = repeated_step(practice, settings, stopped)
    if not again:
        return 0, NEVER
    return again, due_at + repeat_interval(steps, timedelta()) if following else due_at


def is_news(told: ToldSoFar, team: str, danger: DangerKind | None) -> bool:
    """Return whether a team's addresses are notified of a message that joins an alarm.

    They are if the team has not been told of the alarm, or if the message shows a danger of another kind, for which
    someone else may have to be sent. Otherwise the console alone shows the message.

    Args:
        told: what staff already know of the alarm.
        team: the team that the message was routed to.
        danger: the message's kind of danger, None if no one has named it.
    """
    return team not in told.teams or (danger or DangerKind.OTHER) not in told.dangers


def left_open(notices: Sequence[Notification], target: str) -> frozenset[tuple[int | None, str]]:
    """Return what an alarm goes on for after an acknowledgment by text: the message and the reason of each notice.

    Whoever sends the code has read of the alarm's first message. Of a later one, or of a reply that was stopped
    afterwards, they have not if no notice of it went to them, and its notices are still to go out or reached nobody.

    Args:
        notices: all notices of the alarm, in the order of their ids.
        target: the key of the address that acknowledges it.
    """
    pages: defaultdict[tuple[int | None, str], list[Notification]] = defaultdict(list)
    for notice in notices:
        if notice.target != CONSOLE and notice.reason != NotificationReason.ESCALATION:
            pages[notice.message_id, notice.reason].append(notice)
    told = {(notice.message_id, notice.reason) for notice in notices if notice.target == target and _went_out(notice)}
    told |= {(notice.message_id, notice.reason) for notice in notices[:1]}
    known = {message_id for message_id, _ in told}
    return frozenset(
        cause
        for cause, sent in pages.items()
        if cause not in told and (cause[0] not in known or cause[1] in UNANSWERED) and not _is_done(sent)
    )


def _went_out(notice: Notification) -> bool:
    """Return whether a notice has reached its address; one that is tried again may not have."""
    is_repeat = notice.state == NotificationState.PENDING and not notice.attempts and notice.told_at is not None
    return notice.state == NotificationState.SENT or is_repeat


def _is_done(notices: Sequence[Notification]) -> bool:
    states = {notice.state for notice in notices}
    return NotificationState.SENT in states and states.isdisjoint(
        {NotificationState.PENDING, NotificationState.SENDING}
    )


def collected_until(rounds: Sequence[datetime], moment: datetime) -> datetime | None:
    """Return when a notice about someone whom no carrier vouches for goes out with others, None if at once.

    The first three within three minutes go out at once, so that one stranger delays nobody. What follows waits until
    three minutes after the last of them, and goes out as one. A stranger who opens many chats can therefore not drown
    the phone on call, and nobody waits longer than that.

    Args:
        rounds: when the last notices like it to the same address were or will be due, the newest first.
        moment: the current time, aware.
    """
    recent = [at for at in rounds[:AT_ONCE] if at > moment - COLLECTED_FOR]
    if len(recent) < AT_ONCE:
        return None
    newest = recent[0]
    return min(newest, moment + COLLECTED_FOR) if newest > moment else newest + COLLECTED_FOR


def why_unpaged(practice: Practice, settings: Carriers | None, stopped: Collection[str]) -> Unpaged | None:
    """Return why an emergency reaches no phone, mailbox, or service, so that only the console shows it; None if one.

    Args:
        practice: the practice.
        settings: which carriers there are; None if that is not known, as for a file that is checked elsewhere.
        stopped: the addresses that texted STOP.
    """
    if reached_addresses(practice, settings, stopped):
        return None
    if not paged_addresses(practice):
        return Unpaged.NO_ADDRESS
    return Unpaged.STOPPED if reached_addresses(practice, settings, ()) else Unpaged.NO_CARRIER
