"""The conversation: the thread, how each message was handled, and the reply, beside the list it was opened from."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from inbox.contact.chat_contact import is_out_of_reach
from inbox.contact.consent import number_of, opt_out_of
from inbox.contact.quiet import kept_quiet_until, may_others_see
from inbox.contact.unsafe_contact import flag_on, hours_of, is_silenced, lifted_until, read_flags
from inbox.conversations.member_notices import note_seen
from inbox.conversations.tag_words import LONGEST_TAG
from inbox.conversations.tags import tags_in_use, tags_of
from inbox.models import AlarmEnd, Conversation, ConversationState, DraftKind, Message, Role, UndoKind, now
from inbox.patients.book import name_on, naming_patients, patients_of_conversation
from inbox.replies.drafts import LONGEST_DRAFT, forget_draft, read_drafts, save_draft, set_aside
from inbox.replies.files import draft_files
from intake.vocabulary import Channel, Language, Medium, OptOutMistake, words_of
from staff import display
from staff.auth.access import member, open_to, own_conversation, record_on_conversation
from staff.conversations.actions import end_alarm, finish_action, go_on, next_after
from staff.conversations.alarms import Alarm, read_alarms
from staff.conversations.attachment_queries import show_draft_files
from staff.conversations.changes import LONGEST_NOTE
from staff.conversations.consent_history import read_consent_history
from staff.conversations.conversation_queries import (
    LEFT,
    mark_read,
    read_acts,
    read_contact,
    read_reach,
    read_thread,
)
from staff.conversations.draft import show_writing
from staff.conversations.facts import read_facts
from staff.conversations.found import Text, read_found
from staff.conversations.inbox import INBOX
from staff.conversations.insurance_card import UNVERIFIED
from staff.conversations.known_addresses import read_known_addresses
from staff.conversations.list_pane import address_of, density, read_filters, show_list
from staff.conversations.mark_switch import shows_marks
from staff.conversations.people import assignable, names_among, names_of
from staff.conversations.phone_calls import CallOutcome
from staff.conversations.quick_replies import first_name, read_quick_replies
from staff.conversations.reply import LONGEST, Draft, Outcome, ReplyCheck, may_wait, send, wording_for
from staff.conversations.row_words import initials
from staff.conversations.rows import text_of
from staff.conversations.safe_ways import find_safe_ways
from staff.conversations.second_look import ASKED, UNTIL, look_again, stays_here
from staff.conversations.send_later import later_choices
from staff.conversations.siblings import read_siblings
from staff.conversations.snooze import snooze_choices
from staff.conversations.teams import teams_for
from staff.conversations.text_wishes import may_wish, read_wish, wish_words
from staff.conversations.thread_part import find_part
from staff.conversations.unseen import FIELD, UnseenMessageError, last_read, newest_shown, why_unseen
from staff.displays import is_new_display, seal_of
from staff.live import Viewers, Writers, is_refresh, stream, wants_pane
from staff.security import allow_long_words
from staff.undo.offers import begin_action, hold_for, offer_undo
from tasks.messages.marked_emergencies import MARKED_AS, is_emergency, preview_replies
from tasks.notification.stopped_phones import pages_somebody
from tasks.pubsub import conversation_topic, practice_topic, writers_topic
from tasks.queues.queue import Ticket
from templates.saved_replies import Reader
from web.errors import error_response
from web.row_ids import read_row_id
from web.services import Services, services_of

LONGEST_KEY = 30
blueprint = Blueprint("conversation", __name__, url_prefix="/staff/conversations/<int:conversation_id>")


@blueprint.get("")
@open_to(Role.STAFF)
def page(conversation_id: int) -> str:
    """Show a conversation."""
    services = services_of(current_app)
    before, hit = read_row_id(request.args.get("before", "")), request.args.get("hit", "")[:LONGEST_KEY]
    if hit and before is None:
        with services.database.read() as session:
            own_conversation(session, conversation_id)
            before = find_part(session, conversation_id, hit)
    return show_conversation(services, conversation_id, before, hit=hit)


@blueprint.post("/seen")
@open_to(Role.STAFF)
def seen(conversation_id: int) -> Response:
    """Note what came since the member opened the page and was in sight while they were there; a script says so."""
    with services_of(current_app).database.write() as session:
        conversation = own_conversation(session, conversation_id)
        up_to = min(read_row_id(request.form.get(FIELD, "")) or 0, conversation.last_message_id or 0)
        note_seen(session, member().id, conversation_id)
        mark_read(session, member().id, conversation_id, up_to)
    return Response(status=204)


@blueprint.get("/events")
@open_to(Role.STAFF)
def events(conversation_id: int) -> Response:
    """Stream an event whenever the conversation, its viewers, or the list beside it may have changed."""
    services, staff_id = services_of(current_app), member().id
    with services.database.read() as session:
        own_conversation(session, conversation_id)

    def present() -> list[list[int]]:
        _enter(services, conversation_id, staff_id)
        connection = services.queue.connection
        return [kind(connection, conversation_id).others(staff_id) for kind in (Viewers, Writers)]

    topics = [practice_topic(slug) for slug in member().reachable]
    return stream(services, [conversation_topic(conversation_id), writers_topic(conversation_id), *topics], present)


@blueprint.post("/reply")
@open_to(Role.STAFF)
def reply(conversation_id: int) -> AnyResponse | str | tuple[str, int]:
    """Send a staff reply, once even if the form is sent repeatedly; or put a saved one in the box."""
    services = services_of(current_app)
    text = request.form.get("text", "")
    if "insert" in request.form:
        return _insert(services, conversation_id, text, request.form["insert"] or request.form.get("saved", ""))
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        draft = Draft(
            text=text,
            form_id=request.form.get("form_id", ""),
            seen=read_row_id(request.form.get("seen", "")) or 0,
            newest=newest_shown(session, conversation_id),
            closes=request.form.get("then") == ConversationState.CLOSED,
            confirmed=request.form.get("confirmed", ""),
            despite=bool(request.form.get("despite")),
            untimely=bool(request.form.get("untimely")),
            by=request.form.get("by", ""),
            files=tuple(filter(None, map(read_row_id, request.form.getlist("file")))),
            later="later" in request.form,
            send_at=_read_send_at(),
        )
        practice = services.practices.require(conversation.practice)
        beginning = begin_action(session, conversation)
        outcome = send(session, conversation, practice, member().id, draft, hold_for())
        is_sent = outcome.verdict in (ReplyCheck.SENT, ReplyCheck.SENT_BEFORE)
        following = next_after(session, conversation, None) if is_sent and draft.closes else None
        waits = outcome.scheduled_for
        if is_sent:
            forget_draft(session, conversation_id, member().id)
            forget_draft(session, conversation_id, member().id, DraftKind.EARLIER)
        else:
            save_draft(session, conversation_id, member().id, text[:LONGEST_DRAFT], None)
        if outcome.verdict is ReplyCheck.SENT:
            offer_undo(
                session,
                conversation,
                UndoKind.REPLY,
                beginning,
                delivery_id=outcome.delivery_id,
                added={"scheduled_for": waits.isoformat()} if waits else None,
            )
            record_on_conversation(
                session,
                conversation_id,
                conversation.practice,
                "message_scheduled" if waits else "replied",
                delivery=outcome.delivery_id,
                **({} if waits else {"closed": draft.closes}),
                **({"unverified_sender": True} if draft.confirmed else {}),
                **({"although_unsafe": True} if outcome.although_unsafe else {}),
                **({"outside_hours": True} if outcome.outside_hours else {}),
            )
            if waits is None:
                end_alarm(session, conversation, AlarmEnd.REPLY)
    services.queue.put_all(outcome.after_commit)
    if is_sent:
        show_writing(services, conversation_id, is_chat=conversation.channel == Channel.CHAT, is_writing=False)
        return go_on(following) if draft.closes else finish_action(conversation_id, "#newest")
    return _again(services, conversation_id, draft, outcome)


def _read_send_at() -> str:
    """Return the time that a form names for a reply: of the choice that was pressed, else of its field."""
    chosen = request.form.get("later", "")
    return (chosen or request.form.get("send_at", "")).strip()[:LONGEST_KEY]


def _again(services: Services, conversation_id: int, draft: Draft, outcome: Outcome) -> tuple[str, int]:
    """Show the page again, with the draft and its time still in their fields and the reason it was not sent."""
    overtaken = outcome.verdict in (ReplyCheck.OVERTAKEN, ReplyCheck.UNSEEN)
    kept: dict[str, Any] = {
        "draft": draft.text,
        "send_at": outcome.next_time or request.form.get("send_at", "")[:LONGEST_KEY],
    }
    if outcome.is_untimely:
        kept["asks_untimely"] = True
    shown = show_conversation(services, conversation_id, None, **kept, problem=outcome.message, overtaken=overtaken)
    return shown, 409 if overtaken else 422


@blueprint.app_errorhandler(UnseenMessageError)
def show_unseen(error: UnseenMessageError) -> Response:
    """Show the conversation with what the patient wrote meanwhile, and say that nothing was done; tell a script why."""
    why = f"Nothing was changed. {error.why}"
    if request.accept_mimetypes.best == "application/json":
        return error_response(409, "unseen_message", why)
    shown = show_conversation(services_of(current_app), error.conversation_id, None, problem=why)
    place = address_of(f"{INBOX}conversations/{error.conversation_id}", read_filters().whole_query())
    return Response(shown, 409, {"Content-Location": place}, mimetype="text/html")


def _insert(services: Services, conversation_id: int, text: str, name: str) -> str:
    """Show the page again with a saved reply in the box, for browsers without scripts."""
    quick = {reply.key: reply.words for reply in _read(services, conversation_id, None)["quick"]}
    words = quick.get(name) or abort(400, "This saved reply does not exist. Reload the page and choose again.")
    drafted = f"{text.rstrip()}\n{words}".strip()
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        unseen = why_unseen(session, conversation, newest_shown(session, conversation_id))
        save_draft(session, conversation_id, member().id, drafted[:LONGEST_DRAFT], None)
    return show_conversation(services, conversation_id, None, draft=drafted, problem=unseen)


def _read(services: Services, conversation_id: int, before: int | None) -> dict[str, Any]:
    """Load everything that the page shows."""
    moment = now()
    with services.database.read() as session:
        conversation = own_conversation(session, conversation_id)
        practice = services.practices.require(conversation.practice)
        zone = practice.time_zone
        is_own = practice.slug in member().practices
        number = number_of(conversation)
        opt_out = opt_out_of(session, conversation.practice, number)
        reach = read_reach(session, conversation, practice, opt_out)
        facts = read_facts(session, conversation, member())
        writing = Writers(services.queue.connection, conversation_id).others(member().id)
        viewing = Viewers(services.queue.connection, conversation_id).others(member().id)
        people = assignable(session, member().reachable)
        known = names_among(people)
        records = patients_of_conversation(session, conversation) if is_own else []  # emergency access opens none
        flags = read_flags(session, practice.slug)
        addresses = read_known_addresses(session, conversation, records, flags)
        is_shared = addresses.sharing(conversation.patient_address)
        naming = naming_patients(session, conversation, records) if is_shared else records
        kept = read_drafts(session, conversation_id, member().id)
        slugs, own = {practice.slug: practice}, member().practices
        alarm = read_alarms(session, [conversation_id], slugs, moment, own).get(conversation_id)
        flagged = flag_on(session, conversation, flags=flags)
        thread = read_thread(session, conversation, zone, before, known, alarm, is_safe=flagged is None)
        newest = (
            thread.last_message
            if before is None
            else max(thread.last_message, last_read(session, conversation_id) or 0)
        )
        contact = read_contact(conversation, zone, name_on(naming), facts.agreed_at)
        alone = naming if len(naming) == 1 else []
        theirs = addresses.alone_of(alone[0].id) if alone else set()
        siblings = read_siblings(session, conversation, alone, theirs, zone, moment, known)
        reader = Reader(first_name(conversation, naming), member().name)
        until = lifted_until(conversation, moment) if flagged and flagged.by is None else None
        hours = hours_of(conversation) if flagged and flagged.by is None else None
        quiet = None if flagged else kept_quiet_until(session, conversation, moment)
        is_unsafe = flagged is not None and is_silenced(session, conversation, reach.medium)
        is_reached = not (reach.obstacle or reach.doubtful or is_unsafe)
        can_get_reply = is_reached and conversation.last_message_id and not is_emergency(conversation)
        said = [entry for entry in thread.entries if entry.message and entry.text and not entry.waiting]
        texts = [Text(entry.message or 0, entry.shown_at, entry.text, entry.trimmed) for entry in said]
        is_marked = shows_marks()
        found = read_found(
            session, conversation, practice, texts, records, addresses, flags, is_marked=is_marked, may_add=is_own
        )
        wish = read_wish((entry.text for entry in reversed(said)), zone) if may_wish(conversation) else None
        raised = _raised_at(session, conversation, alarm)
        return {
            "conversation": conversation,
            "is_unsafe": is_unsafe,
            "is_seen": not is_unsafe and may_others_see(session, conversation, reach.medium, moment),
            "unsafe_at": flagged.conversation_id if flagged else None,
            "safe_until": until and display.clock(until, zone),
            "safe_hours": hours and hours.words,
            "quiet_until": quiet and display.clock(quiet, zone),
            "wish": wish_words(wish) if wish and not hours else "",
            "asks_untimely": wish is not None and not wish.include(moment) and not is_emergency(conversation),
            "is_chat": conversation.channel == Channel.CHAT,
            "practice": practice,
            "thread": thread,
            "newest": newest,
            "found": found,
            "marks_on": is_marked,
            "unverified": UNVERIFIED,
            "acts": read_acts(session, conversation_id, zone, known),
            "contact": contact,
            "siblings": siblings,
            "records": records if is_own and not is_refresh() else None,
            "addresses": addresses,
            "reach": reach,
            "left": LEFT if is_out_of_reach(conversation, moment) else "",
            "read_in": thread.language,
            "is_emergency": is_emergency(conversation),
            "lower_levels": display.LOWER_LEVELS,
            "dangers": MARKED_AS,
            "emergency_replies": preview_replies(
                session,
                conversation,
                practice,
                thread.language,
                moment,
                can_page=pages_somebody(session, practice, services.settings),
            )
            if can_get_reply
            else {},
            "has_number": number is not None,
            "may_call": number is not None or conversation.channel == Channel.VOICEMAIL,
            "outcomes": list(CallOutcome),
            "second_look": look_again(session, conversation, *_read_asked()),
            "stays": stays_here(),
            "opted_out": opt_out.is_out,
            "can_undo": opt_out.can_undo,
            "is_claimed_out": opt_out.is_claimed,
            "mistakes": list(OptOutMistake),
            "consents": read_consent_history(
                session, conversation, zone, [other.id for other in siblings if other.same_address], known
            ),
            "alarm": alarm,
            "alarm_words": _words_of(session, alarm) if alarm and alarm.is_open else [],
            "not_safe": flagged is not None,
            "flag": display.urgency_flag(conversation),
            "medium": reach.medium.words,
            "people": people,
            "colleagues": [person for person in people if practice.slug in person.practices],
            "other_teams": {team: words_of(team) for team in teams_for(practice) if team != conversation.team},
            "initials": initials(contact.name),
            "snoozed": display.clock(conversation.snoozed_until, zone)
            if conversation.snoozed_until and conversation.snoozed_until > moment
            else "",
            "assignee": names_of(session, [conversation.assigned_to], known).get(conversation.assigned_to or 0, ""),
            "may_hold": member().may(Role.MANAGER) and is_own,
            "may_export": is_own,
            "needs_label": facts.needs_label,
            "held_since": display.clock(conversation.held_at, zone) if conversation.held_at else "",
            "is_sample": facts.is_sample,
            "is_called": facts.is_called,
            "writing": list(names_of(session, writing, known).values()),
            "viewing": list(names_of(session, set(viewing) - set(writing), known).values()),
            "quick": []
            if is_refresh()  # which leaves the reply box alone
            else read_quick_replies(
                session, practice, reader, conversation, reach.medium, member(), Language(thread.language), moment
            ),
            "tags": tags_of(session, [conversation_id]).get(conversation_id, []),
            "tags_in_use": tags_in_use(session, [practice.slug]),
            "longest_tag": LONGEST_TAG,
            "longest_note": LONGEST_NOTE,
            "may_edit_replies": member().may(Role.MANAGER) and is_own,
            "state": display.STATES[ConversationState(conversation.state)],
            "channel": display.CHANNELS,
            "channel_icon": display.CHANNEL_ICONS,
            "label": words_of,
            "draft": kept[DraftKind.REPLY].text,
            "mark": kept[DraftKind.REPLY].mark,
            "begun_before": kept[DraftKind.EARLIER].text,
            "is_overtaken": raised is not None and (at := kept[DraftKind.REPLY].at) is not None and at < raised,
            "raised": raised,
            "safe_ways": find_safe_ways(session, conversation, practice, found.given, addresses, flags)
            if raised is not None and flagged is not None
            else [],
            "note": kept[DraftKind.NOTE],
            "transfer_note": kept[DraftKind.TRANSFER],
            "draft_files": show_draft_files(draft_files(session, conversation_id, member().id)),
            "problem": "",
            "overtaken": False,
            "before": before,
            "hit": "",
            "transfer_team": "",
            "send_at": "",
        }


def _read_asked() -> tuple[str, str]:
    """Return what the address says that the page asks about, and until when it would be snoozed."""
    return request.args.get(ASKED, ""), request.args.get(UNTIL, "")[:LONGEST_KEY]


def _raised_at(session: Session, conversation: Conversation, alarm: Alarm | None) -> datetime | None:
    """Return when the message came that raised an alarm which somebody still has to see to, None if there is none."""
    if alarm is None or not (alarm.is_open or is_emergency(conversation)):
        return None
    message = session.get(Message, alarm.message_id)
    return message.received_at if message is not None else None


def _words_of(session: Session, alarm: Alarm) -> list[str]:
    """Return what the patient wrote that raised an alarm, and the newest that joined it; the thread has read both."""
    ids = dict.fromkeys((alarm.message_id, alarm.newest_id))
    return [text_of(message) for message in (session.get(Message, row_id) for row_id in ids) if message is not None]


def show_conversation(services: Services, conversation_id: int, before: int | None, **changes: Any) -> str:
    """Return the page, and record the view unless the page is a refresh that shows nothing new.

    Opening it marks it read. A refresh doesn't, as nobody may be there to see it; see `seen`.
    """
    shown = _read(services, conversation_id, before)
    if shown["is_overtaken"] and not is_refresh() and "draft" not in changes:
        with services.database.write() as session:
            own_conversation(session, conversation_id, lock=True)
            set_aside(session, conversation_id, member().id, shown["raised"])
        shown |= {"begun_before": shown["draft"], "draft": "", "mark": ""}
    shown |= changes
    conversation, thread, contact = shown["conversation"], shown["thread"], shown["contact"]
    said = [(entry.key, entry.subject, entry.text) for entry in thread.entries]
    seal = seal_of(f"conversation {conversation_id}", [before, contact.who, contact.lines, said])
    _enter(services, conversation.id, member().id)
    is_new, is_opened = is_new_display(seal), not is_refresh()
    if is_new or (is_opened and shown["is_called"]):
        with services.database.write() as session:
            up_to = thread.last_message
            if is_opened and shown["is_called"]:
                note_seen(session, member().id, conversation.id)
            if is_opened:
                mark_read(session, member().id, conversation.id, up_to)
            if is_new:
                record_on_conversation(session, conversation_id, conversation.practice, "viewed", up_to=up_to)
    if not is_refresh():
        services.queue.put_tickets([Ticket("find_entities", message_id) for message_id in shown["found"].unread])
    return _render(shown, seal)


def _render(shown: dict[str, Any], seal: str) -> str:
    """Return the whole page; or, to a script that has the list already, what stands beside the list."""
    filters = read_filters()
    practice, medium = shown["practice"], shown["reach"].medium
    values = shown | {
        "seal": seal,
        "form_id": secrets.token_hex(16),
        "longest": LONGEST[medium],
        "wording": wording_for(shown["draft"], practice, shown["reach"], shown["read_in"]),
        "snoozes": snooze_choices(now(), [practice.time_zone]),
        "may_wait": may_wait(shown["conversation"], medium),
        "later": later_choices(practice, medium, now()),
        "quiet_hours": display.hours(practice.patient_quiet_hours) if medium is Medium.SMS else "",
        "query": address_of("", filters.whole_query()),
    }
    if wants_pane():
        return render_template("staff/pane_alone.html", filters=filters, density=density(), **values)
    return render_template(
        "staff/inbox.html", **(show_list(filters, shown["conversation"].id, shown["people"]) | values)
    )


def _enter(services: Services, conversation_id: int, staff_id: int) -> None:
    """Mark the member as present, and let the other viewers know if they just arrived."""
    if Viewers(services.queue.connection, conversation_id).enter(staff_id):
        services.queue.announce(conversation_topic(conversation_id))


allow_long_words(f"{blueprint.name}.{reply.__name__}", LONGEST_DRAFT)
