"""An exported patient's data as a page that the patient can read: one file, with pictures and files beside it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from inbox.exports.patient import name_of_file
from inbox.models import AttachmentKind, AttachmentState
from intake.mail_syntax import subject_beside
from intake.practices import Practice
from staff import display
from staff.patients.history import LABELS
from templates.patient_export import FOLDER

NO_RECORDINGS = "Recordings of voicemails, which are at the telephone company. What was understood of them is here."
IN_DATA_ALONE = (
    "What Intake made of the messages, what emails quote, tags, consents’ wording, and replies that were begun and not"
    " sent. The JSON file has these."
)
NO_NOTES = "Internal notes of the practice."
SHARED = "The patient record, as several people’s records share this number or address."
_CLOCK = "UTC"
_PAGES = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    place: str
    is_picture: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str
    author: str
    moment: str
    at: str
    text: str
    subject: str = ""
    status: str = ""
    files: Sequence[_File] = ()


def render_page(
    exported: Mapping[str, Any],
    find_practice: Callable[[str], Practice | None],
    folder: str,
    lost: Collection[int] = (),
    *,
    lacks_record: bool = False,
) -> str:
    """Return the page of an export.

    Args:
        exported: what `export_patient` returned.
        find_practice: finds a practice by its slug; None for one that left the practices file.
        folder: where the pictures and files lie beside the page.
        lost: the ids of those that are not there.
        lacks_record: whether the record is left out, as several people share the address.
    """

    def zone_of(slug: str) -> str:
        practice = find_practice(slug)
        return practice.time_zone if practice else _CLOCK

    def name_of(slug: str) -> str:
        practice = find_practice(slug)
        return practice.name if practice else slug

    conversations, records = exported["conversations"], exported["records"]
    rows = [*conversations, *records, *exported["calls_without_message"], *exported["consents"]]
    slugs = list(dict.fromkeys(row["practice"] for row in rows))
    first = zone_of(slugs[0]) if slugs else _CLOCK
    names = [record["name"] for record in records if record["merged_into"] is None]
    gone = [f"Pictures and files that are no longer there: {len(lost)}."] if lost else []
    return _PAGES.get_template("page.html").render(
        who=names[0] if names else display.spoken(exported["patient"]) or "a patient",
        practices=[name_of(slug) for slug in slugs],
        at=_clock(exported["exported_at"], first),
        has_notes=exported["internal_notes"],
        records=[{"lines": _describe_record(record)} for record in records],
        conversations=[
            {
                "channel": display.CHANNELS[row["channel"]],
                "practice": name_of(row["practice"]),
                "about": f"Conversation {row['id']}, begun {_clock(row['created_at'], zone_of(row['practice']))}",
                "entries": _entries(row, zone_of(row["practice"]), folder, lost),
            }
            for row in conversations
        ],
        calls=[_clock(row["created_at"], zone_of(row["practice"])) for row in exported["calls_without_message"]],
        consents=[
            f"{'Opted out' if row['opted_out'] else 'Opted in again'} on"
            f" {_clock(row['changed_at'], zone_of(row['practice']))}, at {name_of(row['practice'])}"
            for row in exported["consents"]
        ],
        left_out=[
            *([] if exported["internal_notes"] else [NO_NOTES]),
            NO_RECORDINGS,
            IN_DATA_ALONE,
            *gone,
            *([SHARED] if lacks_record else []),
        ],
    )


def _describe_record(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    lines = [(label, display.calendar_day(record[field])) for field, label in LABELS.items() if record.get(field)]
    return [*lines, *(("Number or email", display.spoken(each["patient_address"])) for each in record["addresses"])]


def _entries(row: Mapping[str, Any], zone: str, folder: str, lost: Collection[int]) -> list[_Entry]:
    """Return what was written in a conversation, oldest first."""
    said = [
        _Entry(
            "patient",
            "Patient",
            message["received_at"],
            _clock(message["received_at"], zone),
            _text(message["text"], message["emptied_at"]),
            subject=subject_beside(message["subject"], message["text"]),
            status="voicemail" if message["voicemail"] else "",
            files=_files(message["files"], folder, lost),
        )
        for message in row["messages"]
    ]
    answered = [
        _Entry(
            "practice",
            "Automatic reply" if reply["by"] == "automatic" else reply["by"] or "Staff",
            reply["created_at"],
            _clock(reply["created_at"], zone),
            _text(reply["body"], reply["emptied_at"]),
            status=display.state_words(reply["state"], reply["error_code"]),
            files=_files(reply["files"], folder, lost),
        )
        for reply in row["replies"]
    ]
    noted = [
        _Entry(
            "note",
            note["by"] or "Staff",
            note["created_at"],
            _clock(note["created_at"], zone),
            note["text"],
            status="internal note of the practice, not sent",
        )
        for note in row.get("notes", ())
    ]
    return sorted([*said, *answered, *noted], key=lambda entry: entry.moment)


def _files(files: Sequence[Mapping[str, Any]], folder: str, lost: Collection[int]) -> list[_File]:
    found = []
    for file in files:
        is_picture = file["kind"] == AttachmentKind.PICTURE
        name = file["name"] or f"{'Picture' if is_picture else 'File'} {file['id']}"
        is_there = file["state"] == AttachmentState.STORED and file["id"] not in lost
        place = f"{folder}/{name_of_file(file['id'], file['content_type'])}" if is_there else ""
        found.append(_File(name, place, is_picture, "" if is_there else "not available"))
    return found


def _text(text: str, emptied_at: str | None) -> str:
    return "The words were deleted, as the practice keeps them no longer." if emptied_at else text


def _clock(moment: str, zone: str) -> str:
    return display.dated_clock(datetime.fromisoformat(moment), zone)
