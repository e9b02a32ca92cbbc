"""The audit trail in words: one table of every action, and what an entry says was done, by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from inbox.models import AlarmEnd, AuditEntry
from intake.vocabulary import DangerKind, TriageLevel, words_of
from staff import display
from tasks.notification.escalation_policy import Unpaged

SOMEONE, INTAKE, VISITOR = "Someone", "Intake", "The visitor"
SERVER, SIGN_ON = "Whoever runs the server", "Single sign-on"
ON_CALL_BY_TEXT = "On call, by text,"
REASONS = {
    "password": "Wrong password",
    "locked": "Too many wrong passwords",
    "code": "Right password, wrong code",
    "codes locked": "Right password, too many wrong codes",
    "passkey": "Passkey not accepted",
    "disabled": "The account is disabled",
    "no account": "No account has this email address",
    "oidc": "Refused by the rules for single sign-on",
}
"""Why a sign-in failed."""
_UNTOLD = {
    Unpaged.NO_ADDRESS: "no address",
    Unpaged.NO_CARRIER: "no texts or emails can be sent",
    Unpaged.STOPPED: "every phone texted STOP",
}
_CONTACTS = {"telephone": "On-call phone", "email": "On-call email"}


class ActionGroup(StrEnum):
    """What a reader of the trail asks for."""

    words: str

    LOOKED = "looked", "Looked at"
    ALARMS = "alarms", "Alarms"
    REPLIES = "replies", "Replies and messages"
    HANDLING = "handling", "Other work on conversations"
    RECORDS = "records", "Patient records and consent"
    SETTINGS = "settings", "Settings"
    SIGN_INS = "sign_ins", "Sign-ins and accounts"
    EXPORTS = "exports", "Exports"
    ERASURES = "erasures", "Erasures and legal holds"

    def __new__(cls, value: str, words: str = "") -> ActionGroup:
        """Add the words that people read."""
        group = str.__new__(cls, value)
        group._value_ = value
        group.words = words
        return group


@dataclass(frozen=True, slots=True)
class Action:
    """What can be done: where it belongs, what is said of whoever did it, and who that is if no member did it."""

    group: ActionGroup
    words: str
    by: str = SOMEONE


ACTIONS = {
    "viewed": Action(ActionGroup.LOOKED, "viewed it"),
    "listed": Action(ActionGroup.LOOKED, "looked at the list"),
    "searched": Action(ActionGroup.LOOKED, "searched the conversations"),
    "played": Action(ActionGroup.LOOKED, "played the voicemail"),
    "picture_viewed": Action(ActionGroup.LOOKED, "was shown a small picture"),
    "picture_opened": Action(ActionGroup.LOOKED, "opened a picture"),
    "file_downloaded": Action(ActionGroup.LOOKED, "downloaded a file"),
    "chat_file_opened": Action(ActionGroup.LOOKED, "opened a file in the chat", VISITOR),
    "record_viewed": Action(ActionGroup.LOOKED, "viewed the record"),
    "patients_listed": Action(ActionGroup.LOOKED, "looked at the list of records"),
    "patients_searched": Action(ActionGroup.LOOKED, "searched the records"),
    "patient_offered": Action(ActionGroup.LOOKED, "looked up its patient record"),
    "trail_viewed": Action(ActionGroup.LOOKED, "read the audit trail"),
    "escalated": Action(ActionGroup.ALARMS, "notified the next contact", INTAKE),
    "notice_skipped": Action(ActionGroup.ALARMS, "sent no notice to a phone that texted STOP", INTAKE),
    "paged_again": Action(ActionGroup.ALARMS, "paged everyone again"),
    "acknowledged": Action(ActionGroup.ALARMS, "ended the alarm"),
    "alarm_undone": Action(ActionGroup.ALARMS, "undid that the emergency is acknowledged"),
    "marked_emergency": Action(ActionGroup.ALARMS, "marked it as an emergency"),
    "emergency_lowered": Action(ActionGroup.ALARMS, "marked it as not an emergency"),
    "lowering_undone": Action(ActionGroup.ALARMS, "undid that it is not an emergency"),
    "replied": Action(ActionGroup.REPLIES, "replied"),
    "reply_undone": Action(ActionGroup.REPLIES, "undid the reply before it was sent"),
    "file_attached": Action(ActionGroup.REPLIES, "added a file to a reply"),
    "message_sent": Action(ActionGroup.REPLIES, "started a message from the patient record"),
    "message_scheduled": Action(ActionGroup.REPLIES, "scheduled a message"),
    "message_undone": Action(ActionGroup.REPLIES, "undid the message before it was sent"),
    "schedule_sent_now": Action(ActionGroup.REPLIES, "sent a scheduled message at once"),
    "schedule_held": Action(ActionGroup.REPLIES, "held a scheduled message, as the patient wrote since", INTAKE),
    "schedule_confirmed": Action(
        ActionGroup.REPLIES, "let a scheduled message go out as planned, though the patient wrote since"
    ),
    "schedule_sent_anyway": Action(ActionGroup.REPLIES, "sent a held message anyway"),
    "schedule_cancelled": Action(ActionGroup.REPLIES, "cancelled a scheduled message"),
    "took_over": Action(ActionGroup.REPLIES, "took over"),
    "handed_back": Action(ActionGroup.REPLIES, "resumed auto-replies"),
    "chat_ended": Action(ActionGroup.REPLIES, "ended the chat", VISITOR),
    "chat_copied": Action(ActionGroup.REPLIES, "asked for a copy of the chat by email", VISITOR),
    "assigned": Action(ActionGroup.HANDLING, "assigned"),
    "transferred": Action(ActionGroup.HANDLING, "transferred it"),
    "transfer_undone": Action(ActionGroup.HANDLING, "undid the transfer"),
    "call_reached": Action(ActionGroup.HANDLING, "called the patient and reached them"),
    "call_message_left": Action(ActionGroup.HANDLING, "called the patient and left a message"),
    "call_not_answered": Action(ActionGroup.HANDLING, "called the patient, who did not answer"),
    "call_undone": Action(ActionGroup.HANDLING, "undid the note of a call"),
    "call_message_undone": Action(ActionGroup.HANDLING, "undid the note of a call"),
    "no_answer_undone": Action(ActionGroup.HANDLING, "undid the note of a call that nobody answered"),
    "noted": Action(ActionGroup.HANDLING, "added a note"),
    "tagged": Action(ActionGroup.HANDLING, "added a tag"),
    "untagged": Action(ActionGroup.HANDLING, "removed a tag"),
    "snoozed": Action(ActionGroup.HANDLING, "snoozed it"),
    "snooze_undone": Action(ActionGroup.HANDLING, "undid the snooze"),
    "state_changed": Action(ActionGroup.HANDLING, "changed the status"),
    "close_undone": Action(ActionGroup.HANDLING, "undid the closing"),
    "waiting_undone": Action(ActionGroup.HANDLING, "undid that it waits on the patient"),
    "reviewed": Action(ActionGroup.HANDLING, "labeled a message"),
    "review_skipped": Action(ActionGroup.HANDLING, "left the label to others"),
    "review_undone": Action(ActionGroup.HANDLING, "undid the label"),
    "view_saved": Action(ActionGroup.HANDLING, "saved a view of the inbox"),
    "view_renamed": Action(ActionGroup.HANDLING, "renamed a saved view"),
    "view_deleted": Action(ActionGroup.HANDLING, "deleted a saved view"),
    "record_created": Action(ActionGroup.RECORDS, "created the record"),
    "record_changed": Action(ActionGroup.RECORDS, "changed the record"),
    "records_merged": Action(ActionGroup.RECORDS, "merged two records"),
    "merge_undone": Action(ActionGroup.RECORDS, "undid a merge"),
    "address_added": Action(ActionGroup.RECORDS, "added a number or email address"),
    "address_shared": Action(ActionGroup.RECORDS, "noted that a number or email address is shared with others"),
    "address_unshared": Action(ActionGroup.RECORDS, "noted that a number or email address is the patient’s alone"),
    "address_removed": Action(ActionGroup.RECORDS, "removed a number or email address"),
    "name_added": Action(ActionGroup.RECORDS, "set the patient’s name from a message"),
    "found_added": Action(ActionGroup.RECORDS, "added a detail from a message to a patient record"),
    "patient_linked": Action(ActionGroup.RECORDS, "linked it to a patient record"),
    "patient_unlinked": Action(ActionGroup.RECORDS, "unlinked it from a patient record"),
    "unsafe_noted": Action(
        ActionGroup.RECORDS, "noted that it is not safe to contact the patient here, as a message says", INTAKE
    ),
    "safe_noted": Action(
        ActionGroup.RECORDS, "noted that it is safe to contact the patient here for now, as a message says", INTAKE
    ),
    "safe_hours_noted": Action(
        ActionGroup.RECORDS,
        "noted the hours at which it is safe to contact the patient here, as a message says",
        INTAKE,
    ),
    "text_only_noted": Action(ActionGroup.RECORDS, "noted that the patient can’t be called, as a message says", INTAKE),
    "quiet_ended": Action(ActionGroup.RECORDS, "let automatic replies go out again"),
    "text_only_cleared": Action(ActionGroup.RECORDS, "noted that the patient can be called"),
    "unsafe_set": Action(ActionGroup.RECORDS, "marked it as not safe to contact the patient here"),
    "unsafe_cleared": Action(ActionGroup.RECORDS, "marked it as safe to contact the patient here again"),
    "opted_out": Action(ActionGroup.RECORDS, "recorded that the patient wants no texts"),
    "opt_out_undone": Action(ActionGroup.RECORDS, "undid the opt-out from texts"),
    "consent_recorded": Action(ActionGroup.RECORDS, "recorded that the patient agreed to texts"),
    "settings_viewed": Action(ActionGroup.SETTINGS, "looked at the settings"),
    "settings_changed": Action(ActionGroup.SETTINGS, "changed the settings"),
    "settings_undone": Action(ActionGroup.SETTINGS, "undid a change of the settings"),
    "settings_kept": Action(ActionGroup.SETTINGS, "chose between the settings and the practices file"),
    "questions_viewed": Action(ActionGroup.SETTINGS, "looked at the common questions"),
    "question_saved": Action(ActionGroup.SETTINGS, "saved a common question"),
    "question_deleted": Action(ActionGroup.SETTINGS, "deleted the answer to a common question"),
    "saved_reply_saved": Action(ActionGroup.SETTINGS, "saved a saved reply"),
    "saved_reply_deleted": Action(ActionGroup.SETTINGS, "deleted a saved reply"),
    "saved_reply_hidden": Action(ActionGroup.SETTINGS, "hid a saved reply of the starter set"),
    "saved_reply_shown": Action(ActionGroup.SETTINGS, "showed a saved reply of the starter set again"),
    "setup_tested": Action(ActionGroup.SETTINGS, "sent a test notice, email, or text"),
    "signed_in": Action(ActionGroup.SIGN_INS, "signed in"),
    "signed_out": Action(ActionGroup.SIGN_INS, "signed out"),
    "sign_in_failed": Action(ActionGroup.SIGN_INS, "failed to sign in"),
    "password_set": Action(ActionGroup.SIGN_INS, "set a password by a link"),
    "password_changed": Action(ActionGroup.SIGN_INS, "changed the password"),
    "reset_requested": Action(ActionGroup.SIGN_INS, "asked for a link to set a new password"),
    "passkey_added": Action(ActionGroup.SIGN_INS, "added a passkey"),
    "passkey_removed": Action(ActionGroup.SIGN_INS, "removed a passkey"),
    "authenticator_turned_on": Action(ActionGroup.SIGN_INS, "turned on the authenticator app"),
    "authenticator_turned_off": Action(ActionGroup.SIGN_INS, "turned off the authenticator app"),
    "recovery_codes_renewed": Action(ActionGroup.SIGN_INS, "made new recovery codes"),
    "session_ended": Action(ActionGroup.SIGN_INS, "signed out another browser"),
    "other_sessions_ended": Action(ActionGroup.SIGN_INS, "signed out all other browsers"),
    "all_sessions_ended": Action(ActionGroup.SIGN_INS, "signed out everywhere"),
    "notices_chosen": Action(ActionGroup.SIGN_INS, "chose how to hear of mentions and assignments"),
    "first_admin_made": Action(ActionGroup.SIGN_INS, "made the first account"),
    "account_invited": Action(ActionGroup.SIGN_INS, "invited"),
    "account_invited_again": Action(ActionGroup.SIGN_INS, "invited again"),
    "account_added": Action(ActionGroup.SIGN_INS, "added the account", SERVER),
    "account_created": Action(ActionGroup.SIGN_INS, "added the account", SIGN_ON),
    "account_linked": Action(ActionGroup.SIGN_INS, "took over the account’s sign-in", SIGN_ON),
    "account_changed": Action(ActionGroup.SIGN_INS, "changed the role or the practices", SIGN_ON),
    "account_disabled": Action(ActionGroup.SIGN_INS, "disabled the account", SERVER),
    "account_enabled": Action(ActionGroup.SIGN_INS, "enabled the account", SERVER),
    "account_reset": Action(ActionGroup.SIGN_INS, "reset the sign-in", SERVER),
    "account_removed": Action(ActionGroup.SIGN_INS, "removed the account"),
    "emergency_access": Action(ActionGroup.SIGN_INS, "took emergency access"),
    "emergency_ended": Action(ActionGroup.SIGN_INS, "ended the emergency access"),
    "emergency_reviewed": Action(ActionGroup.SIGN_INS, "reviewed the emergency access"),
    "patient_exported": Action(ActionGroup.EXPORTS, "exported the patient’s data", SERVER),
    "fhir_exported": Action(ActionGroup.EXPORTS, "exported it for another system (FHIR)", SERVER),
    "exported": Action(ActionGroup.EXPORTS, "downloaded a table", SERVER),
    "trail_exported": Action(ActionGroup.EXPORTS, "downloaded the audit trail"),
    "backed_up": Action(ActionGroup.EXPORTS, "made a backup", SERVER),
    "restored": Action(ActionGroup.EXPORTS, "restored a backup", SERVER),
    "patient_erased": Action(ActionGroup.ERASURES, "erased the patient’s data", SERVER),
    "sample_removed": Action(ActionGroup.ERASURES, "removed this sample"),
    "retention_run": Action(ActionGroup.ERASURES, "deleted what is kept no longer", INTAKE),
    "held": Action(ActionGroup.ERASURES, "placed a legal hold", SERVER),
    "hold_released": Action(ActionGroup.ERASURES, "released the legal hold", SERVER),
    "audit_pruned": Action(ActionGroup.ERASURES, "deleted the oldest entries, which are kept no longer", INTAKE),
    "trail_checked": Action(ActionGroup.ERASURES, "checked the audit trail", SERVER),
}
_EARLIER = {"called": "noted a call to the patient"}


def actions_of(group: ActionGroup) -> list[str]:
    """Return the actions of a group."""
    return [name for name, action in ACTIONS.items() if action.group is group]


def words_of_action(name: str) -> str:
    """Return the words of an action; of one that only an earlier version of Intake recorded, those or its name."""
    action = ACTIONS.get(name)
    return action.words if action else _EARLIER.get(name, name.replace("_", " "))


def name_actor(entry: AuditEntry, names: Mapping[int, str]) -> str:
    """Return who did something: a member by name, and otherwise Intake, the visitor of a chat, or a phone on call."""
    if entry.staff_id is not None:
        return names.get(entry.staff_id, SOMEONE)
    if entry.action == "acknowledged":
        return ON_CALL_BY_TEXT if entry.detail.get("how") == AlarmEnd.TEXT else SOMEONE
    action = ACTIONS.get(entry.action)
    return action.by if action else SOMEONE


def say(entry: AuditEntry, names: Mapping[int, str]) -> str:
    """Return what was done, without patients' words, names, and numbers.

    Args:
        entry: the entry.
        names: the members whose names may be said, by id.
    """
    detail = entry.detail
    match entry.action:
        case "assigned":
            given = names.get(detail.get("to") or 0)
            return f"assigned it to {given}" if given else "unassigned it"
        case "transferred":
            return f"transferred it to {words_of(detail.get('to'))}"
        case "noted" if mentioned := detail.get("mentioned"):
            return f"added a note for {', '.join(names[staff_id] for staff_id in mentioned if staff_id in names)}"
        case "marked_emergency" if kind := detail.get("danger"):
            named = "" if kind == DangerKind.OTHER else f" ({DangerKind(kind).words.lower()})"
            reply = "with the emergency reply" if detail.get("reply") else "without an automatic reply"
            return f"marked it as an emergency{named}, {reply}"
        case "escalated" if contact := detail.get("contact"):
            return _say_escalated(_CONTACTS.get(contact) or words_of(contact), detail)
        case "paged_again" if detail.get("anew"):
            paged = "; nobody could be paged" if detail.get("nobody") else ", and paged everyone again"
            return f"raised the alarm again{paged}"
        case "emergency_lowered" if level := detail.get("level"):
            words = display.LOWER_LEVELS[TriageLevel(level)].lower()
            return f"marked it as not an emergency: {words}"
        case "patient_exported" if "notes" in detail:
            return f"{words_of_action(entry.action)}, {'with' if detail['notes'] else 'without'} internal notes"
        case "snoozed" | "state_changed":
            state = detail.get("state")
            done = f"marked it as {str(state).lower()}" if state else words_of_action(entry.action)
            return f"{done}, though nobody had answered the patient" if detail.get("unanswered") else done
    return words_of_action(entry.action)


def _say_escalated(contact: str, detail: Mapping[str, Any]) -> str:
    """Return whom an alarm went on to, or why that reached nobody."""
    if (untold := detail.get("untold")) is not None:
        return f"could not notify {contact}: {_UNTOLD[Unpaged(untold)]}"
    return f"notified {contact} again" if detail.get("again") else f"notified the next contact: {contact}"


def say_more(entry: AuditEntry) -> str:
    """Return what the trail's own page adds to what was done, as a sentence; empty if there is nothing."""
    detail = entry.detail
    match entry.action:
        case "listed" | "searched":
            return f"{_count(detail.get('conversations', []), 'conversation')} shown."
        case "patients_listed" | "patients_searched":
            return f"{_count(detail.get('patients', []), 'record')} shown."
        case "trail_viewed":
            return f"{detail.get('entries') or 'No'} {'entry' if detail.get('entries') == 1 else 'entries'} shown."
        case "sign_in_failed":
            reason = REASONS.get(str(detail.get("reason")), str(detail.get("reason")))
            return f"{reason}, from {detail['from']}." if detail.get("from") else f"{reason}."
        case "settings_changed" | "settings_undone" | "settings_kept" if version := detail.get("version"):
            return f"Version {version}."
        case "settings_viewed" if detail.get("history"):
            return "Their history."
        case "retention_run":
            return f"{sum(count for count in detail.values() if isinstance(count, int))} things."
        case "trail_checked":
            return "It is whole." if detail.get("whole") else "It is broken."
    return "By emergency access." if detail.get("emergency") is True else ""


def _count(rows: object, word: str) -> str:
    number = len(rows) if isinstance(rows, list) else 0
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}".capitalize()
