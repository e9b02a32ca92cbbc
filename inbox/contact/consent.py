"""Opt-out keywords, and the numbers that have opted out of texts.

Anyone can type a patient's number into a form, or name it in a chat or an email. Whoever asks there for no more texts
may be the patient, whose wish counts, or a stranger, who must not keep the words for an emergency from them. Such an
opt-out is `claimed`: it ends all texts but the reply to an emergency that is texted from the number, staff are told and
can undo it, and the number's own STOP makes it certain; see `docs/adr/0027-what-silences-a-phone.md`.

The keywords are Twilio's defaults, their Spanish counterparts, and plain sentences that patients use to say the same,
because a revocation counts in any reasonable wording (47 CFR 64.1200(a)(10)).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, select, update
from sqlalchemy.orm import Session

from inbox.contact.opt_out_wording import OptOutWish, fold_letters, is_spanish_opt_out, read_opt_out
from inbox.models import Conversation, Keyword, OptOut, now
from inbox.models.column_types import keyring
from inbox.patients.conversations import addresses_by_index

# Many patients mean an appointment by CANCEL: they are opted out, as carriers require, and staff are notified.
AMBIGUOUS = frozenset({"cancel", "cancelar"})
_STOP = frozenset(
    {
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "optout",
        "revoke",
        "arret",
        "parar",
        "alto",
        "detener",
        "cancelar",
        "opt out",
        "stop all",
        "stop texting me",
        "please stop texting me",
        "stop texting",
        "stop messaging me",
        "stop messages",
        "stop sending me messages",
        "stop sending me texts",
        "stop these texts",
        "stop contacting me",
        "please stop",
        "stop please",
        "unsubscribe me",
        "please unsubscribe me",
        "do not text me",
        "dont text me",
        "do not text me again",
        "dont text me again",
        "no more texts",
        "no more messages",
        "remove me from your list",
        "take me off your list",
        "no me escriban mas",
        "no me envien mas mensajes",
    }
)
_START = frozenset(["start", "unstop", "resume", "optin", "iniciar", "comenzar", "empezar"]) | {"opt in"}
_START_AFTER_STOP = frozenset({"yes", "si", "alta"})
_HELP = frozenset(["help", "info", "ayuda"])
_SPANISH = frozenset(
    {
        "parar",
        "alto",
        "detener",
        "cancelar",
        "no me escriban mas",
        "no me envien mas mensajes",
        "iniciar",
        "comenzar",
        "empezar",
        "alta",
        "si",
        "ayuda",
    }
)
_OPTED_OUT = select(OptOut.patient_index).where(
    OptOut.practice == bindparam("practice"),
    OptOut.active,
    OptOut.patient_index.in_(bindparam("indexes", expanding=True)),
)
_SURELY_OUT = _OPTED_OUT.where(~OptOut.claimed)
_STATES = select(OptOut.active, OptOut.recorded_by, OptOut.claimed).where(
    OptOut.practice == bindparam("practice"), OptOut.patient_index.in_(bindparam("indexes", expanding=True))
)
_LOCKED_STATES = _STATES.with_for_update()
_LONGEST_READ = 1000


def is_spanish_keyword(text: str) -> bool:
    """Return whether a keyword is a Spanish one."""
    return normalise(text) in _SPANISH or is_spanish_opt_out(text)


def normalise(text: str) -> str:
    """Return the words and digits of a short text in lower case, without accents, apostrophes, or punctuation."""
    plain = fold_letters(text[:_LONGEST_READ])
    return " ".join(re.findall(r"[^\W_]+", plain)) if len(plain) <= 60 else ""


def parse_keyword(text: str, *, opted_out: bool) -> Keyword | None:
    """Return the keyword if the whole message is one, or asks for no more texts in free words.

    Args:
        text: the message.
        opted_out: whether the sender has opted out; only then does YES mean opting in again, because otherwise it
            may answer a question.
    """
    words = normalise(text)
    if words in _STOP or read_opt_out(text, by_text=True) is OptOutWish.CLEAR:
        return Keyword.STOP
    if words in _START or (opted_out and words in _START_AFTER_STOP):
        return Keyword.START
    if words in _HELP:
        return Keyword.HELP
    return None


def is_stop_word(text: str) -> bool:
    """Return whether a whole text is one of the keywords that opt out, rather than free words."""
    return normalise(text) in _STOP


def number_of(conversation: Conversation) -> str | None:
    """Return the number that an opt-out in a conversation is about: the patient's own, or one that they gave."""
    address = conversation.patient_address or ""
    return address if address.startswith("+") else conversation.contact_phone


def is_info(text: str) -> bool:
    """Return whether a keyword asks for information rather than for help."""
    return normalise(text) == "info"


def is_ambiguous(text: str) -> bool:
    """Return whether a STOP keyword may have been meant for an appointment."""
    return normalise(text) in AMBIGUOUS


def is_opted_out(session: Session, practice: str, address: str) -> bool:
    """Return whether a number has opted out of texts from a practice, or somebody has claimed so.

    Only a process that lacks no key can tell; see `inbox.storage.key_registry.lacks_keys`.
    """
    return bool(opted_out_among(session, practice, [address]))


def is_opted_out_for_sure(session: Session, practice: str, address: str) -> bool:
    """Return whether it is certain that a number has opted out of texts from a practice, emergencies included."""
    return bool(opted_out_for_sure_among(session, practice, [address]))


def opted_in_since(session: Session, practice: str, address: str, moment: datetime) -> bool:
    """Return whether a number that had opted out of texts opted in again after a moment."""
    changed = select(OptOut.id).where(*_of_number(practice, address), ~OptOut.active, OptOut.changed_at > moment)
    return session.scalar(changed.limit(1)) is not None


def opted_out_among(session: Session, practice: str, addresses: Iterable[str]) -> frozenset[str]:
    """Return which of these numbers have opted out of texts from a practice, or somebody has claimed so."""
    return _find_among(session, _OPTED_OUT, practice, addresses)


def opted_out_for_sure_among(session: Session, practice: str, addresses: Iterable[str]) -> frozenset[str]:
    """Return which of these numbers have certainly opted out of texts from a practice, emergencies included."""
    return _find_among(session, _SURELY_OUT, practice, addresses)


def _find_among(session: Session, statement: Select[str], practice: str, addresses: Iterable[str]) -> frozenset[str]:
    by_index = addresses_by_index(addresses)
    found = session.scalars(statement, {"practice": practice, "indexes": list(by_index)})
    return frozenset(by_index[index] for index in found)


def record_consent(
    session: Session,
    practice: str,
    address: str,
    *,
    opted_out: bool,
    recorded_by: int | None = None,
    claimed: bool = False,
) -> bool:
    """Store an opt-out or opt-in, and return whether it changed anything.

    Args:
        session: an open write transaction.
        practice: the practice's slug.
        address: the number.
        opted_out: whether it opts out.
        recorded_by: the member who records it, None if the patient or the carrier said so.
        claimed: whether nothing proves that whoever asks has the number.
    """
    of_number = _of_number(practice, address)
    rows = _lock_opt_outs(session, practice, address)
    is_certain_now = opted_out and not claimed and any(row.active and row.claimed for row in rows)
    if any(row.active for row in rows) == opted_out and not is_certain_now:
        if opted_out and recorded_by is None and not claimed:  # the patient's own, which no member can undo
            session.execute(update(OptOut).where(*of_number, OptOut.active).values(recorded_by=None))
        return False
    if not rows:
        index = keyring().index(address)
        opt_out = OptOut(
            practice=practice, patient_address=address, patient_index=index, recorded_by=recorded_by, claimed=claimed
        )
        session.add(opt_out)
        return True
    session.execute(
        update(OptOut)
        .where(*of_number)
        .values(active=opted_out, changed_at=now(), recorded_by=recorded_by, claimed=claimed)
    )
    return True


def undo_opt_out(session: Session, practice: str, address: str) -> bool:
    """Undo an opt-out that a member recorded or a stranger claimed, and return whether there was one.

    The patient's own stays.
    """
    if not can_undo_opt_out(_lock_opt_outs(session, practice, address)):
        return False
    session.execute(
        update(OptOut)
        .where(*_of_number(practice, address))
        .values(active=False, changed_at=now(), recorded_by=None, claimed=False)
    )
    return True


@dataclass(frozen=True, slots=True)
class OptOutState:
    """Whether a number has opted out of texts from a practice, whether staff may undo it, and if it is only claimed."""

    is_out: bool = False
    can_undo: bool = False
    is_claimed: bool = False


def opt_out_of(session: Session, practice: str, number: str | None) -> OptOutState:
    """Return how a number stands; see `is_opted_out`."""
    if number is None:
        return OptOutState()
    rows = [OptOutRow(*row) for row in session.execute(_STATES, _values(practice, number))]
    active = [row for row in rows if row.active]
    return OptOutState(bool(active), can_undo_opt_out(rows), bool(active) and all(row.claimed for row in active))


class OptOutRow(NamedTuple):
    """What a row says of its number: whether it is active, who recorded it, and whether it is only claimed."""

    active: bool
    recorded_by: int | None
    claimed: bool = False


def can_undo_opt_out(rows: Sequence[OptOutRow]) -> bool:
    """Return whether staff may undo the opt-out in these rows: there is one, and the patient surely made none of it."""
    active = [row for row in rows if row.active]
    return bool(active) and all(row.claimed or row.recorded_by is not None for row in active)


def _lock_opt_outs(session: Session, practice: str, address: str) -> Sequence[OptOutRow]:
    found = [OptOutRow(*row) for row in session.execute(_LOCKED_STATES, _values(practice, address))]
    if found:
        _note_index_keys(session, practice, address)
    return found


def _note_index_keys(session: Session, practice: str, address: str) -> None:
    """Note the key of an erased patient's opt-out where it was unknown: the number shows under which it is found."""
    unknown = OptOut.practice == practice, OptOut.patient_address.is_(None), OptOut.index_key.is_(None)
    for key, index in keyring().keyed_indexes(address):
        session.execute(update(OptOut).where(*unknown, OptOut.patient_index == index).values(index_key=key))


def _values(practice: str, address: str) -> dict[str, str | list[str]]:
    """Return the values of a statement that is built once, for a number's rows: see `_of_number`."""
    return {"practice": practice, "indexes": keyring().indexes(address)}


def _of_number(practice: str, address: str) -> tuple[ColumnElement[bool], ...]:
    """Return the condition for a number's rows: more than one while keys change, see `inbox.patients.row_merging`."""
    return OptOut.practice == practice, OptOut.patient_index.in_(keyring().indexes(address))
