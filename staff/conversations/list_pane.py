"""The left of the inbox: the views with their counts, the filters, and the list, beside whatever else is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import current_app, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.audit.trail import record_action
from inbox.conversations.saved_views import LONGEST_NAME
from inbox.conversations.tag_words import LONGEST_TAG, fold_tag
from inbox.conversations.tags import Tag, find_tag, tags_in_use
from inbox.models import Conversation, ConversationState, now
from inbox.replies.drafts import drafted_conversations
from intake.practices import Practice
from intake.vocabulary import Channel, Language, Team, words_of
from staff import display
from staff.auth.access import member
from staff.conversations.answered import find_unanswered
from staff.conversations.bulk_words import why_left
from staff.conversations.calls import count_calls
from staff.conversations.close_question import MOST_NAMED, CloseQuestion, Named
from staff.conversations.filters import FILTERED_TOPICS, LEVELS, NOBODY, ORDERS, PRIORITIES, VIEWS, Filters, View
from staff.conversations.inbox_queries import PAGE, Page, count_unread, list_page
from staff.conversations.people import Person, assignable, names_among
from staff.conversations.search import search_page
from staff.conversations.search_words import open_words
from staff.conversations.snooze import snooze_choices
from staff.conversations.teams import teams_for
from staff.conversations.view_counts import read_counts
from staff.conversations.view_list import show_views
from staff.displays import is_new_display, seal_of
from staff.patient_names import patient_names
from tasks.routing.unproven_numbers import capped_practices
from web.row_ids import read_row_id
from web.services import services_of

MOST_COUNTED = 100
DENSITY_COOKIE = "intake_density"
DENSITIES = ("comfortable", "compact")


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A conversation that an action on several left alone, and why."""

    id: int
    who: str = field(repr=False)
    why: str


def own_practices() -> dict[str, Practice]:
    """Return the practices whose conversations the signed-in member may open, by slug."""
    practices = services_of(current_app).practices
    return {slug: practices.require(slug) for slug in member().reachable}


def read_filters() -> Filters:
    """Return the filters in the request's address."""
    return Filters.read(request.args, member().reachable)


def address_of(path: str, query: dict[str, str], place: str = "") -> str:
    """Return an address with a query, and a place on its page."""
    return f"{path}{f'?{urlencode(query)}' if query else ''}{place}"


def show_list(filters: Filters, selected: int | None = None, people: Sequence[Person] | None = None) -> dict[str, Any]:
    """Return what the list's templates show, and record whose conversations it shows.

    Args:
        filters: what the address asks for.
        selected: the conversation beside it, if one is open.
        people: the members of the member's practices, None to look them up.
    """
    moment, practices, wanted = now(), own_practices(), open_words(filters.search)
    with services_of(current_app).database.read() as session:
        if people is None:
            people = assignable(session, member().reachable)
        known = names_among(people)
        if wanted:
            page = search_page(session, member(), filters, wanted, practices, moment, known)
        else:
            page = list_page(session, member(), filters, practices, moment, known)
        counts = read_counts(session, member(), count_calls(session), moment)
        saved = show_views(session, member(), moment)
        unread = 0 if wanted else count_unread(session, member(), filters, moment, MOST_COUNTED)
        capped = capped_practices(session, list(practices), moment)
        refused = _refused(session)
        asked = _asked(session)
        tags = tags_in_use(session, member().reachable)
        tagged = find_tag(session, member().reachable, filters.tag) if filters.tag else None
        drafted = drafted_conversations(session, member().id, [row.id for row in (*page.pinned, *page.rows)])
    return {
        "list_seal": _record(page, wanted),
        "page": page,
        "filters": filters,
        "query": address_of("", filters.whole_query()),
        "wanted": wanted,
        "heading": _heading(filters, wanted),
        "counts": counts,
        "views": VIEWS,
        "saved": saved,
        "saved_now": 0 if wanted else next((view.id for view in saved if view.query == filters.as_query()), 0),
        "longest_name": LONGEST_NAME,
        "teams": {team: words_of(team) for team in _listed_teams(practices, counts.teams)},
        "unread": _capped(counts.unread),
        "unread_here": _capped(unread),
        "capped": [practices[slug].name for slug in sorted(capped)],
        "practices": {slug: practice.name for slug, practice in practices.items()},
        "searched_for_patients": {slug: practices[slug].name for slug in member().practices if slug in practices},
        "channels": {channel.value: name for channel, name in display.CHANNELS.items()},
        "channel_icons": display.CHANNEL_ICONS,
        "states": display.STATES,
        "choices": _choices(practices, [*tags, *([tagged] if tagged else [])], people),
        "tagged": tagged.word if tagged else "",
        "people": people,
        "snoozes": snooze_choices(moment, [practice.time_zone for practice in practices.values()]),
        "refused": refused,
        "asked": asked,
        "most_named": MOST_NAMED,
        "longest_tag": LONGEST_TAG,
        "tag_words": [tag.word for tag in tags],
        "bulk_teams": {team: words_of(team) for team in _transfer_choices(practices)},
        "drafted": drafted,
        "selected": selected,
        "density": density(),
        "most_counted": MOST_COUNTED,
    }


def _capped(count: int) -> str:
    return f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)


def density() -> str:
    """Return how much room this browser gives a row."""
    wanted = request.cookies.get(DENSITY_COOKIE, "")
    return wanted if wanted in DENSITIES else DENSITIES[0]


def _record(page: Page, wanted: str) -> str:
    """Record a display of the list, unless it is a refresh that shows nothing new, and return its seal."""
    rows = [*page.pinned, *page.rows]
    seal = seal_of("search" if wanted else "inbox", [wanted, [(row.id, row.who, row.preview) for row in rows]])
    if (rows or wanted) and is_new_display(seal):
        with services_of(current_app).database.write() as session:
            record_action(
                session,
                staff_id=member().id,
                practice=None,
                action="searched" if wanted else "listed",
                subject="inbox",
                conversations=[row.id for row in rows],
                **({"emergency": list(member().emergency)} if member().emergency else {}),
            )
    return seal


def _heading(filters: Filters, wanted: str) -> str:
    """Return what the list is, in words that tell tabs apart; nothing of a patient."""
    if wanted:
        return "Search"
    if filters.view is View.ALL:
        return words_of(filters.team) if filters.team else "All"
    return VIEWS.get(filters.view, "Everything")


def read_chosen(values: Iterable[str]) -> dict[int, int | None]:
    """Return conversations that a form or an address names, each with the newest message that the list showed."""
    pairs = (value.partition(":") for value in values)
    read = ((read_row_id(row_id), read_row_id(newest)) for row_id, _, newest in pairs)
    return {row_id: newest for row_id, newest in read if row_id is not None}


def _asked(session: Session) -> CloseQuestion | None:
    """Return what to ask before several are closed, None if nothing is: nobody waits for an answer anymore."""
    chosen = read_chosen(request.args.get("asked", "").split(",")[:PAGE])
    if not chosen:
        return None
    own = select(Conversation).where(Conversation.id.in_(chosen), Conversation.practice.in_(member().reachable))
    found = session.scalars(own.where(Conversation.state != ConversationState.CLOSED).order_by(Conversation.id)).all()
    unanswered = find_unanswered(session, found)
    names = patient_names(session, found)
    named = [Named(row.id, names[row.id], chosen[row.id]) for row in found]
    return CloseQuestion(named, [each for each in named if each.id in unanswered]) if unanswered else None


def _refused(session: Session) -> list[LeftAlone]:
    """Return the conversations that an action on several left alone, each with the reason."""
    pairs = (value.partition(".") for value in request.args.get("refused", "").split(",")[:PAGE])
    why = {row_id: reason for row_id, reason in ((read_row_id(value), reason) for value, _, reason in pairs) if row_id}
    if not why:
        return []
    own = select(Conversation).where(Conversation.id.in_(why), Conversation.practice.in_(member().reachable))
    found = session.scalars(own.order_by(Conversation.id)).all()
    names, action = patient_names(session, found), request.args.get("left", "")
    return [LeftAlone(row.id, names[row.id], why_left(action, why[row.id])) for row in found]


def _choices(
    practices: dict[str, Practice], tags: Sequence[Tag], people: Sequence[Person]
) -> dict[str, dict[str, str]]:
    """Return each filter's options, with their display words."""
    choices: dict[str, dict[str, str]] = {
        "triage": {level: level.words for level in LEVELS},
        "priority": {name: name.capitalize() for name in PRIORITIES},
        "team": {name: words_of(name) for name in _teams_of(practices)},
        "intent": {name: words_of(name) for name in FILTERED_TOPICS},
        "channel": {channel.value: display.CHANNELS[channel] for channel in Channel},
        "assigned": {NOBODY: "No one"} | {str(person.id): person.name for person in people},
        "language": {language.value: language.words for language in Language},
        "sort": {str(order): words for order, words in ORDERS.items()},
    }
    own = {slug: practice.name for slug, practice in practices.items()}
    words = {fold_tag(tag.word): tag for tag in tags}  # of a tag that several practices have, the one in the address
    if words:
        choices["tag"] = {tag.index: tag.word for tag in words.values()}
    return choices | ({"practice": own} if len(own) > 1 else {})


def _transfer_choices(practices: dict[str, Practice]) -> list[str]:
    """Return the teams that conversations of these practices can be transferred to."""
    return list(dict.fromkeys(team for practice in practices.values() for team in teams_for(practice)))


def _listed_teams(practices: dict[str, Practice], counted: Iterable[str]) -> list[str]:
    """Return the teams that have a view: always the same, so that none moves or disappears as conversations do."""
    return sorted({*_teams_of(practices), *counted}, key=words_of)


def team_choices() -> list[str]:
    """Return the teams that a conversation of the member's practices can be with."""
    return _teams_of(own_practices())


def _teams_of(practices: dict[str, Practice]) -> list[str]:
    return list(dict.fromkeys([*Team, *(team for practice in practices.values() for team in practice.teams)]))


def describe_filters(filters: Filters, tag: Tag | None, people: Sequence[Person]) -> list[str]:
    """Return what a list shows, in display words; its tag and the members of the practices are looked up already."""
    choices = _choices(own_practices(), [tag] if tag else [], people)
    values = [(name, value) for name, value in filters.as_query().items() if name in choices]
    choices["assigned"].setdefault(filters.assigned, "A former colleague")
    words = [choices[name].get(value, words_of(value)) for name, value in values]
    return [VIEWS.get(filters.view, "Everything"), *words, *(["Unread"] if filters.unread else [])]
