"""The search: the index names candidates, the newest first, and what they say is compared before anything is shown.

A message that has just come may not be in the index yet, so the newest of these are candidates, too.

A result is a conversation, with the newest message or staff reply in it that has all the words. The patient's name,
number, and address count as said in each of them. A whole phone number also finds conversations by its blind index,
and a patient's name those of the records with exactly this name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Integer, Select, Subquery, and_, func, literal, or_, select, union
from sqlalchemy.orm import Session, aliased

from inbox.models import Conversation, Delivery, Message, SearchCode
from inbox.models.column_types import keyring
from inbox.patients.book import conversations_of_patient, find_patients
from inbox.search.index import (
    SearchedText,
    codes_of,
    identity_of,
    newest_unindexed,
    text_of_message,
    text_of_reply,
)
from inbox.search.words import Wanted, find_places, is_found, read_wanted, wanted_stems, words_of_texts
from intake import phone
from intake.errors import IntakeError
from intake.mail_syntax import subject_beside
from intake.practices import Practice
from staff.auth.access import Member
from staff.conversations.alarms import count_open
from staff.conversations.excerpt import cut_excerpt
from staff.conversations.filters import Filters
from staff.conversations.inbox_queries import PAGE, Page, find_conversations, matching
from staff.conversations.people import names_of
from staff.conversations.reply import typed_words
from staff.conversations.rows import FoundConversation, show_rows
from web.row_ids import read_row_id

COMPARED_FIRST = 2
"""How many candidates of a conversation are compared before all of them are: nearly always, the first is a hit."""
MOST_ROUNDS = 6
MOST_UNINDEXED = 200
"""How many messages that are not indexed yet are read; there are more during a flood and after an upgrade at most."""
_LATEST_SECOND = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Hit:
    """The newest text of a conversation that a search found.

    Attributes:
        source: the message's ID, or the reply's, negated.
        staff_id: who wrote a reply.
        reply: the reply that it is, if it is one.
    """

    source: int
    text: str = field(repr=False)
    staff_id: int | None = None
    reply: Delivery | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Candidate:
    found: FoundConversation
    said_at: int

    @property
    def id(self) -> int:
        return self.found.conversation.id


def search_page(
    session: Session,
    member: Member,
    filters: Filters,
    typed: str,
    practices: Mapping[str, Practice],
    moment: datetime,
    known: Mapping[int, str],
) -> Page:
    """Return the conversations that a search finds among those that match the filters, the newest hit first."""
    wanted = read_wanted(typed)
    named = [] if filters.after else _find_by_patient(session, member, filters, typed, moment)
    seen = {found.conversation.id for found in named}
    candidates, hits, following = _find_hits(session, member, filters, wanted, moment)
    found = [*named, *(candidate.found for candidate in candidates if candidate.id not in seen)]
    rows = show_rows(session, member, found, practices, moment, known)
    names = names_of(session, [hit.staff_id for hit in hits.values()], known)
    for place, row in enumerate(rows):
        if hit := hits.get(row.id):
            by = "" if hit.source > 0 else names.get(hit.staff_id or 0, "Staff")
            text, places = _where_found(wanted, hit, practices[row.practice])
            excerpt = cut_excerpt(text, places)
            key = f"message-{hit.source}" if hit.source > 0 else f"delivery-{-hit.source}"
            preview = "".join(words for words, _ in excerpt)
            rows[place] = replace(row, by=by, preview=preview, excerpt=excerpt, hit=key, newer=0)
    return Page(rows, following, alarms=count_open(session, member.reachable))


def _find_hits(
    session: Session, member: Member, filters: Filters, wanted: Wanted, moment: datetime
) -> tuple[list[_Candidate], dict[int, Hit], str | None]:
    """Return a page of conversations with a hit, the hits by conversation, and where the next page starts."""
    kept: list[_Candidate] = []
    hits: dict[int, Hit] = {}
    after = filters.after
    if not wanted:
        return kept, hits, None
    entries = _candidates(session, wanted, [filters.practice] if filters.practice else member.reachable)
    for _ in range(MOST_ROUNDS):
        candidates = _next_candidates(session, member, filters, moment, entries, after)
        batch = candidates[:PAGE]
        new = _compare(session, wanted, entries, [candidate.found.conversation for candidate in batch])
        kept += [candidate for candidate in batch if candidate.id in new]
        hits |= new
        if len(kept) > PAGE:
            last = kept[PAGE - 1]
            return kept[:PAGE], hits, f"{last.said_at}-{last.id}"
        if len(candidates) <= PAGE:
            return kept, hits, None
        after = f"{batch[-1].said_at}-{batch[-1].id}"
        if len(kept) == PAGE:
            break
    return kept, hits, after


def _candidates(session: Session, wanted: Wanted, practices: Sequence[str]) -> Subquery:
    """Return the texts that the index holds all stems of a search for, and those that it does not hold yet."""
    first, *others = (aliased(SearchCode) for _ in wanted_stems(wanted))
    codes = [codes_of(practices, stem) for stem in wanted_stems(wanted)]
    query = select(first.conversation_id, first.said_at, first.source).where(first.code.in_(codes[0])).distinct()
    for other, possible in zip(others, codes[1:], strict=True):
        same = and_(other.said_at == first.said_at, other.source == first.source)
        query = query.join(other, same).where(other.code.in_(possible))
    rows = [select(*(literal(value, Integer) for value in row)) for row in newest_unindexed(session, MOST_UNINDEXED)]
    return union(query, *rows).subquery() if rows else query.subquery()


def _next_candidates(
    session: Session, member: Member, filters: Filters, moment: datetime, entries: Subquery, after: str
) -> list[_Candidate]:
    """Return the next conversations with a candidate, those with the newest one first; one more than a page."""
    newest = func.max(entries.c.said_at).label("said_at")
    grouped = select(entries.c.conversation_id, newest).group_by(entries.c.conversation_id).subquery()
    query: Select[Conversation, bool, int] = matching(session, member, filters, moment).join(  # type: ignore[assignment]
        grouped, grouped.c.conversation_id == Conversation.id
    )
    at, _, row = after.partition("-")
    said_at, row_id = read_row_id(at), read_row_id(row)
    if said_at is not None and row_id is not None and said_at <= _LATEST_SECOND:
        older = grouped.c.said_at < said_at
        query = query.where(or_(older, and_(grouped.c.said_at == said_at, Conversation.id < row_id)))
    query = query.add_columns(grouped.c.said_at).order_by(grouped.c.said_at.desc(), Conversation.id.desc())
    found = session.execute(query.limit(PAGE + 1))
    return [_Candidate(FoundConversation(conversation, bool(unread)), at) for conversation, unread, at in found]


def _compare(
    session: Session, wanted: Wanted, entries: Subquery, conversations: Sequence[Conversation]
) -> dict[int, Hit]:
    """Return the newest hit of each conversation that has one; first among a few candidates, then among all."""
    place = func.row_number().over(
        partition_by=entries.c.conversation_id, order_by=(entries.c.said_at.desc(), entries.c.source.desc())
    )
    hits: dict[int, Hit] = {}
    undecided = {conversation.id: conversation for conversation in conversations}
    for from_place, to_place in ((1, COMPARED_FIRST), (COMPARED_FIRST + 1, None)):
        among = select(entries.c.source, place.label("place")).where(entries.c.conversation_id.in_(undecided))
        ranked = among.subquery()
        in_turn = ranked.c.place >= from_place
        if to_place is not None:
            in_turn &= ranked.c.place <= to_place
        sources = session.scalars(select(ranked.c.source).where(in_turn).order_by(ranked.c.place))
        for text, hit in _read_texts(session, list(sources)):
            conversation = undecided.get(text.conversation_id)
            if conversation and is_found(wanted, words_of_texts((*identity_of(conversation), *text.said))):
                hits[conversation.id] = hit
                del undecided[conversation.id]
        if not undecided:
            break
    return hits


def _read_texts(session: Session, sources: Sequence[int]) -> list[tuple[SearchedText, Hit]]:
    """Return texts, decrypted, in the order of their sources."""
    messages = select(Message).where(Message.id.in_([source for source in sources if source > 0]))
    replies = select(Delivery).where(Delivery.id.in_([-source for source in sources if source < 0]))
    read: dict[int, tuple[SearchedText, Hit]] = {}
    for message in session.scalars(messages):
        read[message.id] = text_of_message(message), Hit(message.id, _shown(message))
    for reply in session.scalars(replies):
        read[-reply.id] = text_of_reply(reply), Hit(-reply.id, reply.body, reply.staff_id, reply)
    return [read[source] for source in sources if source in read]


def _where_found(wanted: Wanted, hit: Hit, practice: Practice) -> tuple[str, list[tuple[int, int]]]:
    """Return a hit's text and where it has the words; of a first text, what was typed, unless they are around it."""
    places = find_places(wanted, hit.text)
    if hit.reply is not None:
        typed = typed_words(hit.reply, practice)
        typed_places = find_places(wanted, typed)
        if typed_places or not places:
            return typed, typed_places
    return hit.text, places


def _shown(message: Message) -> str:
    subject = subject_beside(message.subject, message.text)
    return f"{subject}: {message.text}" if subject else message.text


def _find_by_patient(
    session: Session, member: Member, filters: Filters, typed: str, moment: datetime
) -> list[FoundConversation]:
    """Return the conversations with a phone number, or with the patients of exactly this name."""
    practices = [filters.practice] if filters.practice else member.reachable
    try:
        by_index = Conversation.patient_index.in_(keyring().indexes(phone.normalise(typed)))
    except IntakeError:
        own = [slug for slug in practices if slug in member.practices]  # emergency access opens no records
        patients = [patient for slug in own for patient in find_patients(session, slug, typed)]
        if not patients:
            return []
        ids = {row_id for patient in patients for row_id in conversations_of_patient(session, patient)}
        by_index = Conversation.id.in_(ids)
    return find_conversations(session, member, filters, moment, PAGE, by_index)
