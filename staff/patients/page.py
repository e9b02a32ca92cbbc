"""What the routes of a patient's record share: the page itself."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.contact.consent import opt_out_of
from inbox.contact.text_only import is_text_only
from inbox.contact.text_permission import GivenConsent, given_consents, has_texted
from inbox.models import Conversation, Patient, PatientAddress, PatientConversation, now
from inbox.patients.book import FIELDS, conversations_of_patient, find_namesakes, sharing_patients
from inbox.patients.conversations import conversations_of
from inbox.patients.record_merging import latest_merge
from intake.channels import PROVEN, traits_of
from intake.vocabulary import ConsentHow, OptOutMistake
from staff import display
from staff.conversations.consent_history import read_number_history
from staff.displays import is_new_display, seal_of
from staff.patients.access import own_patient, record_on_patient
from staff.patients.changes import read_changes
from staff.patients.history import LABELS, changes_since, read_history
from staff.patients.outgoing import draft_again, is_seen, is_unsafe, read_scheduled
from web.row_ids import read_row_id
from web.services import services_of

LONGEST_TIME = 30
PREFIX = "/staff/patients/<slug>/<int:patient_id>"


def back_to_record(slug: str, patient_id: int) -> Response:
    """Redirect to the page after a change."""
    return redirect(url_for("patient.page", slug=slug, patient_id=patient_id), 303)


def show_record(slug: str, patient_id: int, **changes: Any) -> str:
    """Return the page, and record that it was shown."""
    services = services_of(current_app)
    before, came_from = (read_row_id(request.args.get(name, "")) for name in ("before", "conversation"))
    with services.database.read() as session:
        patient = own_patient(session, slug, patient_id)
        practice = services.practices.require(slug)
        shown = _read(session, patient, practice.time_zone, before, changes.pop("since", None))
        shown["namesakes"] = find_namesakes(session, patient) if "alike" in request.args else []
        shown["draft"] = draft_again(session, patient, practice, read_row_id(request.args.get("again", "")))
    said = [(entry.key, entry.text) for entry in shown["history"].entries]
    details = [getattr(patient, name) for name in FIELDS]
    seal = seal_of(f"patient {patient_id}", [before, details, [a["shown"] for a in shown["addresses"]], said])
    if is_new_display(seal):
        with services.database.write() as session:
            record_on_patient(session, patient, "record_viewed", before=before, shown=len(said))
    defaults: dict[str, Any] = {
        "typed": None,
        "wrong": {},
        "problem": "",
        "address": "",
        "address_problem": "",
        "shown_address": "",
        "writer": None,
        "asks_untimely": False,
        "asked_about": None,
        "asked": "",
    }
    send_at = request.args.get("send_at", "")[:LONGEST_TIME]
    defaults["to"] = read_row_id(request.args.get("to", ""))
    defaults |= {"message_problem": "", "send_at": send_at, "form_id": secrets.token_hex(16)}
    defaults |= {"merge_problem": "", "merge_wanted": "", "merge_found": []}
    return render_template(
        "staff/patient_record.html",
        practice=practice,
        quiet_hours=display.hours(practice.patient_quiet_hours),
        came_from=came_from or next(iter(shown["linked"]), None),
        seal=seal,
        **(shown | defaults | changes),
    )


def _read(session: Session, patient: Patient, zone: str, before: int | None, since: int | None) -> dict[str, Any]:
    newest = latest_merge(session, patient.id)
    linked = session.scalars(
        select(PatientConversation.conversation_id)
        .where(PatientConversation.patient_id == patient.id)
        .order_by(PatientConversation.conversation_id)
    ).all()
    addresses = session.scalars(
        select(PatientAddress).where(PatientAddress.patient_id == patient.id).order_by(PatientAddress.id)
    ).all()
    given = given_consents(session, patient)
    return {
        "patient": patient,
        "labels": LABELS,
        "addresses": [
            _describe_address(session, address, given.get(address.patient_address, ()), zone) for address in addresses
        ],
        "ways": list(ConsentHow),
        "mistakes": list(OptOutMistake),
        "history": read_history(session, patient, zone, before),
        "before": before,
        "linked": linked,
        "links": _read_links(session, patient, addresses, linked),
        "others": sharing_patients(session, patient),
        "merge": newest,
        "merged_at": display.clock(newest.created_at, zone) if newest else "",
        "scheduled": read_scheduled(session, patient, zone),
        "changes": read_changes(session, patient, zone),
        "changed": changes_since(session, patient, since) if since is not None else [],
    }


def _read_links(
    session: Session, patient: Patient, addresses: Sequence[PatientAddress], linked: Collection[int]
) -> list[dict[str, Any]]:
    """Return the conversations that belong to a record, each with the number that brings it, or that staff linked."""
    by_address = {address.patient_address: address for address in addresses}
    ids = conversations_of_patient(session, patient)
    query = select(Conversation.id, Conversation.channel, Conversation.patient_address).where(Conversation.id.in_(ids))
    return [
        {
            "id": row.id,
            "channel": display.CHANNELS[row.channel],
            "address": display.spoken(row.patient_address) if row.patient_address else "",
            "by": by_address.get(row.patient_address or ""),
            "is_linked": row.id in linked,
        }
        for row in session.execute(query.order_by(Conversation.id))
    ]


def _describe_address(
    session: Session, address: PatientAddress, given: Sequence[GivenConsent], zone: str
) -> dict[str, Any]:
    out = opt_out_of(session, address.practice, address.patient_address if address.is_number else None)
    return {
        "id": address.id,
        "shown": display.spoken(address.patient_address),
        "is_number": address.is_number,
        "is_shared": address.is_shared,
        "opted_out": out.is_out,
        "can_undo": out.can_undo,
        "unsafe": is_unsafe(session, address),
        "seen": is_seen(session, address, now()),
        "text_only": is_text_only(session, address.practice, address.patient_address),
        "last_written": _last_written(session, address),
        "consent": _describe_consent(address, given, zone),
        "texted": address.is_number and has_texted(session, address.practice, address.patient_address),
        "consents": read_number_history(session, address, given, zone) if address.is_number else [],
    }


def _last_written(session: Session, address: PatientAddress) -> int:
    """Return the newest text or email from an address, by its number; 0 if there is none."""
    theirs = conversations_of(address.practice, address.patient_address)
    written = Conversation.channel.in_(PROVEN)  # anyone can name an address in a form
    return session.scalar(select(func.max(Conversation.last_message_id)).where(theirs, written)) or 0


def _describe_consent(address: PatientAddress, given: Sequence[GivenConsent], zone: str) -> str:
    """Return how and when the patient agreed to texts at a number, in display words; empty if nobody knows of it."""
    if address.consent_how and address.consent_at:
        return f"{ConsentHow(address.consent_how).words.lower()}, {display.clock(address.consent_at, zone)}"
    if given:
        return f"{traits_of(given[0].channel).consents}, {display.clock(given[0].given_at, zone)}"
    return ""
