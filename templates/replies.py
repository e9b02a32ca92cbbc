"""Rendering automatic replies in a practice's words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from types import SimpleNamespace

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from intake import phone
from intake.errors import IntakeError
from intake.practices import Practice
from intake.vocabulary import (
    AFTER_EMERGENCIES,
    EMERGENCY_REPLIES,
    REPLIES,
    DangerKind,
    EntityKind,
    Intent,
    Language,
    Reply,
    ReplyName,
    Team,
    find_reply,
)
from templates.helplines import missing_helplines
from templates.opening_hours import say_current_hours
from templates.say_when import say_when

FOLDER = Path(__file__).parent / "replies"
STOP_WORDING = "Reply STOP to opt out."
STOP_WORDING_ES = "Responda STOP para no recibir mensajes."
SAMPLE_ANSWER = "We are open Monday to Friday, 8:00 AM to 5:00 PM."
"""Stands for the answer to a common question while its reply is checked or previewed."""
SAMPLE_ANSWER_ES = "Abrimos de lunes a viernes, de 8:00 AM a 5:00 PM."
"""Stands for it in the preview of the Spanish reply."""
MAX_LENGTH = 1600  # Twilio's limit for a message body, error 21617
PLACEHOLDER = re.compile(r"\{\w+\}|\[\w+\]")
"""What looks like a blank to fill in, and would reach the patient as it is."""
_MAY_BEGIN = "\1"
_BEGINNING = re.compile(rf"(^|[.!?:¡¿] ?){_MAY_BEGIN}(.)", re.MULTILINE)
ROOM = 200  # for a question about insurance details and for the opt-out instructions


PERSON_WORD = "PERSON"
"""What patients reply to an answer to talk to someone; `tasks.routing.person_words` understands it."""
PROMISES: tuple[Intent | ReplyName, ...] = (
    *(intent for intent in Intent if intent is not Intent.PRICE_SHOPPER),
    *(ReplyName.REVIEW, ReplyName.REVIEW_AGAIN, ReplyName.PERSON, ReplyName.SAME_DAY, ReplyName.PREGNANCY_LOSS),
    *(ReplyName.VISIT_SOON, ReplyName.FOLLOW_UP, ReplyName.ROBOT),
)
"""The replies that promise an answer or a call, so that they need a way to reach the patient."""
EMERGENCIES = (*EMERGENCY_REPLIES, *AFTER_EMERGENCIES)
"""The replies to emergencies, which need one, too, but promise nothing."""
ASKS_FOR_CONTACT = {
    Language.EN: "To hear from us after you leave this chat, write your phone number or email address here.",
    Language.ES: "Para recibir nuestra respuesta aunque cierre este chat, escriba aquí su correo o teléfono.",
}
ASKS_WHERE_TO_CALL = {
    Language.EN: "So that we can call you, write your name and phone number here.",
    Language.ES: "Para llamarle, escriba su nombre y su celular en este chat.",
}
SAYS_HOW_TO_STOP = {
    Language.EN: "To get no more texts from us, reply STOP to one of them.",
    Language.ES: "Para no recibir más mensajes nuestros, responda STOP a uno.",
}
ASKS_FOR_DETAILS = {Language.EN: "Please also send us {}.", Language.ES: "Por favor, mande también {}."}
DETAILS: dict[Language, dict[EntityKind, str]] = {
    Language.EN: {
        EntityKind.MEMBER_ID: "your member ID",
        EntityKind.CARRIER: "the name of your insurance company",
        EntityKind.DOB: "your date of birth",
    },
    Language.ES: {
        EntityKind.MEMBER_ID: "su ID de miembro",
        EntityKind.CARRIER: "el nombre de su aseguradora",
        EntityKind.DOB: "su fecha de nacimiento",
    },
}
"""How a reply calls the insurance details that it asks for."""
READS_HEALTH = {Language.EN: "a nurse", Language.ES: "una enfermera"}
"""Who sees a health question at a practice that does not say, in the middle of a sentence."""
CALLS_911 = {Language.EN: "call 911", Language.ES: "llame al 911"}
"""How a reply names 911, so that no line after it needs to."""
NAMES_911 = {
    Language.EN: "If this may still be an emergency, call 911 now.",
    Language.ES: "Si aún puede ser una emergencia, llame al 911 ahora mismo.",
}
_CRISIS_LINE = {
    Language.EN: "For thoughts of suicide, call or text 988.",
    Language.ES: "Si piensa en quitarse la vida, llame al 988 y oprima 2.",
}
_WRITTEN = {
    Language.EN: {"call 911": "text 911", "call or text 988": "text 988"},
    Language.ES: {
        "llame al 911": "mande un texto al 911",
        "llame al 988 y oprima 2, o mande AYUDA por texto al 988": "mande AYUDA por texto al 988",
        "llame al 988 y oprima 2": "mande AYUDA por texto al 988",
    },
}
"""What a reply says in the place of a call to whoever can't call."""
_WHERE_911_READS_NOTHING = {
    Language.EN: "If 911 does not take texts where you are, ask someone near you to call.",
    Language.ES: "Si en su zona el 911 no recibe textos, pida a alguien cerca que llame.",
}
TALKS_IN_PRIVATE = {
    Language.EN: "To talk to someone in private, day or night: {}.",
    Language.ES: "Para hablar con alguien en privado, a cualquier hora: {}.",
}
"""How a reply names a line for violence or abuse: not what it is for, as whoever is feared may read it."""
NAMES_PRIVATE_LINE = (ReplyName.URGENT, ReplyName.URGENT_AGAIN)
"""The replies that name such a line, as they are about no other danger."""
_POISON_CONTROL = {
    Language.EN: "Poison Control: 1-800-222-1222.",
    Language.ES: "Control de Envenenamiento: 1-800-222-1222.",
}
NAMES_HELPLINES: dict[Language, dict[DangerKind, str]] = {
    language: {
        DangerKind.SELF_HARM: _CRISIS_LINE[language],
        DangerKind.INGESTION: f"{_POISON_CONTROL[language]} {_CRISIS_LINE[language]}",
    }
    for language in (Language.EN, Language.ES)
}
"""What else reminds of a kind of danger that was raised a short while ago."""
SOMEONE = {Language.EN: "our team", Language.ES: "nuestro equipo"}
SEEN_BY: dict[Language, dict[str, str]] = {
    Language.EN: {
        Team.FRONT_DESK: "our front desk",
        Team.SCHEDULING: "our scheduling team",
        Team.BILLING: "our billing team",
        Team.MANAGER: "a manager",
        Team.ON_CALL: "our on-call staff",
    },
    Language.ES: {
        Team.FRONT_DESK: "la recepcionista",
        Team.SCHEDULING: "nuestro equipo de citas",
        Team.BILLING: "nuestro equipo de facturas",
        Team.MANAGER: "un gerente",
        Team.ON_CALL: "el personal de guardia",
    },
}
"""How a reply calls a team, in the middle of a sentence; for the clinical one, see `say_health_reader`."""


_ANSWERED = {
    Language.EN: ("today", "after we open {}", "today or after we open {}", "as soon as possible"),
    Language.ES: ("hoy", "cuando abramos, {}", "hoy o cuando abramos, {}", "lo antes posible"),
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a reply depends on besides the practice.

    Attributes:
        moment: when it is written, aware.
        is_first: whether it is the first text to the patient, which must say how to opt out.
        is_text: whether it is sent as a text, which must name the practice; chats and emails show who they are from.
        answer: the practice's answer to a common question, for the reply that gives it.
        can_reach: whether the practice can reach the patient; if not, the replies that promise an answer ask for a
            number or an address, and those to emergencies for a number.
        names_contact: whether the patient has written a number or an address, which is then not asked for again.
        has_phone: whether the practice has a number to call the patient at; if not, no reply promises a call.
        can_page: whether an emergency reaches anyone on call; if not, no reply says that staff are being alerted.
        may_opt_out: whether the patient may want no texts; if the practice can't reach them, they are told how to stop
            texts, and not asked for a number.
        ask: the insurance details that the reply also asks for.
        team: the team that sees the message, None if no one does.
        is_clinical: whether a follow-up may be about somebody's health.
        reminds_of: the kind of danger raised before, of which a line after the reply reminds; None for no line.
        private_line: the number for violence or abuse that an emergency's reply names instead of 988; empty for none.
        text_only: whether the patient can't call or be called, so that 911 and 988 are to be texted.
    """

    moment: datetime
    is_first: bool
    is_text: bool = True
    answer: str = SAMPLE_ANSWER
    can_reach: bool = True
    names_contact: bool = False
    has_phone: bool = True
    can_page: bool = True
    may_opt_out: bool = False
    ask: tuple[EntityKind, ...] = ()
    team: str | None = None
    is_clinical: bool = False
    reminds_of: DangerKind | None = None
    private_line: str = ""
    text_only: bool = False


def render_reply(name: str, practice: Practice, occasion: Occasion) -> str:
    """Return the text of a reply.

    Args:
        name: one of `intake.vocabulary.REPLIES`.
        practice: the practice, whose override of this reply is used if there is one.
        occasion: what the reply depends on.

    Raises:
        IntakeError: the practice's override is not a valid template, or the reply is empty, too long, or does not
            name the helplines that it must.
    """
    reply = find_reply(name)
    values = variables(practice, occasion.moment, reply.language, is_text=occasion.is_text)
    has_phone = occasion.has_phone and occasion.can_reach
    values |= {"can_reach": occasion.can_reach, "has_phone": has_phone, "can_page": occasion.can_page}
    values["is_clinical"] = occasion.is_clinical
    values["seen_by"] = _say_seen_by(practice, occasion.team, reply.language)
    values["health_reader"] = f"{_MAY_BEGIN}{values['health_reader']}"
    answer = _tidy(occasion.answer)  # as the reply will be, or it would not be found in it
    if reply.name is ReplyName.COMMON_QUESTION:
        values["answer"] = answer
    try:
        text = template(FOLDER, name, practice.replies.get(name)).render(values)
    except Exception as error:  # an override is the practice's own code, which may raise anything
        raise IntakeError(f"practice[{practice.slug}].replies.{name}: {explain_template(error)}") from None
    text = _begin_sentences(_tidy(text))
    if not text:
        raise IntakeError(f"practice[{practice.slug}].replies.{name} is empty; it needs text at every hour")
    missing = missing_helplines(reply.name, text)
    if missing:
        raise IntakeError(f"practice[{practice.slug}].replies.{name}: must name {' and '.join(missing)} at every hour")
    if blank := PLACEHOLDER.search(text.replace(answer, "")):
        raise IntakeError(
            f"practice[{practice.slug}].replies.{name}: patients would read {blank[0]} as it is; fill it in, or write"
            " a value that Intake knows in two pairs of braces, such as {{ phone }}"
        )
    if reply.name is ReplyName.COMMON_QUESTION and not (answer in text and PERSON_WORD in text):
        raise IntakeError(
            f"practice[{practice.slug}].replies.{name} must contain {{{{ answer }}}} and say that patients can reply"
            f" {PERSON_WORD}"
        )
    text = _with_private_line(text, occasion, reply)
    text += _reminder(occasion, reply.language, text.replace(answer, ""))
    text = _for_writers(text, occasion, reply)
    text += _questions_for(occasion, reply, MAX_LENGTH - len(text))
    if not occasion.is_text:
        text = text.removeprefix(f"{practice.name}: ")
    elif occasion.is_first and reply.name is not ReplyName.OPT_OUT and "STOP" not in text.replace(practice.name, ""):
        text += ("\n" if "\n" in text else " ") + stop_wording(reply.language)
    if len(text) > MAX_LENGTH:
        raise IntakeError(
            f"practice[{practice.slug}].replies.{name} is {len(text)} characters long; the limit is {MAX_LENGTH}"
        )
    return text


def _with_private_line(text: str, occasion: Occasion, reply: Reply) -> str:
    """Return an emergency's reply with a line for violence or abuse where it speaks of suicide, or else at its end."""
    if not occasion.private_line or reply.name not in NAMES_PRIVATE_LINE:
        return text
    line = TALKS_IN_PRIVATE[reply.language].format(occasion.private_line)
    crisis = _CRISIS_LINE[reply.language]
    return text.replace(crisis, line) if crisis in text else f"{text} {line}"


def _for_writers(text: str, occasion: Occasion, reply: Reply) -> str:
    """Return a reply for whoever can't call: it says to text 911 and 988, and what to do where that does not work."""
    if not occasion.text_only:
        return text
    for called, written in _WRITTEN[reply.language].items():
        text = text.replace(called, written)
    return f"{text} {_WHERE_911_READS_NOTHING[reply.language]}" if reply.name in EMERGENCIES else text


def _reminder(occasion: Occasion, language: Language, text: str) -> str:
    """Return the line that reminds of a danger: 911, unless the reply says so itself, and the helplines of its kind."""
    if occasion.reminds_of is None:
        return ""
    calls_911 = "" if CALLS_911[language] in text.lower() else NAMES_911[language]
    lines = (calls_911, NAMES_HELPLINES[language].get(occasion.reminds_of, ""))
    return "".join(f" {line}" for line in lines if line)


def _questions_for(occasion: Occasion, reply: Reply, left: int) -> str:
    """Return what a reply also asks: how to reach the patient, and, if there is room, for insurance details."""
    asked = ""
    if not (occasion.can_reach or occasion.names_contact) and reply.name in EMERGENCIES:
        asked += " " + ASKS_WHERE_TO_CALL[reply.language]
    if not occasion.can_reach and reply.name in PROMISES:
        if occasion.may_opt_out:
            asked += " " + SAYS_HOW_TO_STOP[reply.language]
        elif not occasion.names_contact:
            asked += " " + ASKS_FOR_CONTACT[reply.language]
    if occasion.ask and left - len(asked) >= ROOM:
        words = [DETAILS[reply.language][detail] for detail in occasion.ask]
        *first, last = words
        joint = " y " if reply.language is Language.ES else ", and " if len(first) > 1 else " and "
        listed = joint.join(filter(None, (", ".join(first), last)))
        asked += " " + ASKS_FOR_DETAILS[reply.language].format(listed)
    return asked


def say_health_reader(practice: Practice, language: Language) -> str:
    """Return who sees a health question, as the practice says it in the middle of a sentence."""
    own = practice.health_reader_es if language is Language.ES else practice.health_reader
    return own or READS_HEALTH[language]


def _say_seen_by(practice: Practice, team: str | None, language: Language) -> str:
    """Return who sees a message that a team has, in the middle of a sentence."""
    if team == Team.CLINICAL:
        return say_health_reader(practice, language)
    return SEEN_BY[language].get(team or "", SOMEONE[language])


def _begin_sentences(text: str) -> str:
    """Capitalize the values that may begin a sentence where they do, and take away what marks them."""
    begun = _BEGINNING.sub(lambda found: found[1] + found[2].upper(), text)
    return begun.replace(_MAY_BEGIN, "")


def _tidy(text: str) -> str:
    """Keep the author's line breaks, but no blank lines and no spaces that only indent or align."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(filter(None, lines))


def stop_wording(language: Language) -> str:
    """Return the opt-out instructions for a first text."""
    return STOP_WORDING_ES if language is Language.ES else STOP_WORDING


def render_for_patient(name: str, practice: Practice, occasion: Occasion) -> tuple[str, bool]:
    """Return the text of a reply to a patient, and whether the practice's own template could be used.

    Invalid templates are found at startup. If a template fails only for a particular message, the standard one is used,
    so that the patient still gets a reply.

    Raises:
        IntakeError: the standard template cannot be rendered either.
    """
    try:
        return render_reply(name, practice, occasion), True
    except IntakeError:
        if name not in practice.replies:
            raise
    others = {key: words for key, words in practice.replies.items() if key != name}
    return render_reply(name, practice.model_copy(update={"replies": others}), occasion), False


_A_MINUTE = timedelta(minutes=1)
_EVER = datetime(2026, 1, 1, tzinfo=UTC)
_UNREACHED = Occasion(_EVER, is_first=True, is_text=False, can_reach=False, has_phone=False)
_CASES = {
    "": Occasion(_EVER, is_first=True),
    ", also when nobody can be paged": Occasion(_EVER, is_first=True, can_page=False),
    ", also in a chat whose visitor left an email address alone": Occasion(
        _EVER, is_first=True, is_text=False, has_phone=False
    ),
    ", also in a chat whose visitor left no number or address": _UNREACHED,
    ", also in such a chat when nobody can be paged": replace(_UNREACHED, can_page=False),
}


def check_replies(practice: Practice, moment: datetime) -> dict[str, str]:
    """Render every reply of a practice as a first reply: when it is open, about to close, and closed.

    One in the practice's own words must also have some for a chat whose visitor left no number or address, and for when
    nobody can be paged.

    Returns:
        The replies at the given moment, by name.

    Raises:
        IntakeError: a reply cannot be rendered, at this moment or at another hour of the week.
    """
    for hour, (where, case) in product(moments_to_try(practice, moment), _CASES.items()):
        for name in practice.replies if where else REPLIES:
            try:
                render_reply(name, practice, replace(case, moment=hour))
            except IntakeError as error:
                raise IntakeError(f"{error}{where}") from None
    return {name: render_reply(name, practice, Occasion(moment, is_first=True)) for name in REPLIES}


def hours_to_try(practice: Practice, moment: datetime) -> dict[bool, datetime]:
    """Return the next moment within a week when the practice is open (True) and when it is closed (False).

    A moment that does not exist is left out.
    """
    found: dict[bool, datetime] = {}
    for hours in range(7 * 24):
        at = moment + timedelta(hours=hours)
        found.setdefault(practice.is_open(at), at)
        if len(found) == 2:
            break
    return dict(sorted(found.items(), reverse=True))


def moments_to_try(practice: Practice, moment: datetime) -> list[datetime]:
    """Return moments within a week when the practice is open, closed, and about to close, as far as there are any."""
    hours = hours_to_try(practice, moment)
    closing = practice.last_closing(hours[True]) if True in hours else None
    late = [closing - _A_MINUTE] if closing and practice.is_closing(closing - _A_MINUTE) else []
    return [*hours.values(), *late]


@cache
def standard_words(name: str) -> str:
    """Return a reply's standard template, which a practice's override replaces."""
    return (FOLDER / f"{name}.txt").read_text("utf-8").strip()


def variables(
    practice: Practice, moment: datetime, language: Language = Language.EN, *, is_text: bool = True
) -> dict[str, object]:
    """Return the variables for a practice's templates at a moment, with its times in words of a language.

    Args:
        practice: the practice.
        moment: when they are read, aware.
        language: English or Spanish.
        is_text: whether they go into a text, whose letters are few.
    """
    opening = practice.next_opening(moment)
    next_opening = None if opening is None else say_when(opening, moment, language, is_text=is_text)
    return {
        "practice": practice,
        "links": practice.links,
        "phone": _spoken(practice.phone),
        "health_reader": say_health_reader(practice, language),
        "on_call": _spoken(practice.on_call_number) if practice.on_call_number else None,
        "is_open": practice.is_open(moment),
        "is_closing": practice.is_closing(moment),
        "hours": say_current_hours(practice, moment, language, is_text=is_text),
        "next_opening": next_opening,
        "when": _say_answered(practice, moment, next_opening, language),
    }


def _say_answered(practice: Practice, moment: datetime, next_opening: str | None, language: Language) -> str:
    """Return when a person answers what comes in at a moment, as the end of a sentence."""
    today, later, either, at_best = _ANSWERED[language]
    if practice.answers_today(moment):
        return today
    if next_opening and practice.is_closing(moment):
        return either.format(next_opening)
    return later.format(next_opening) if next_opening and not practice.is_open(moment) else at_best


class _Unset:
    """Stands for a value that a practice does not have: as false as None in a condition, and found in the text."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return f"\0{self._path}\0"


def find_unset(reply: str, wording: str, practice: Practice, moments: Iterable[datetime]) -> str:
    """Return a value that a wording says although the practice has none at some moment, empty if all are known.

    Patients would read `None` for it.

    Args:
        reply: whose wording it is, for its language.
        wording: the template.
        practice: the practice.
        moments: when it is tried.
    """
    language = Language.ES if reply.endswith("_es") else Language.EN
    for moment in moments:
        values = variables(practice, moment, language)
        known = {name: _Unset(name) if value is None else value for name, value in values.items()}
        for head, part in (("practice", practice), ("links", practice.links)):
            pairs = {name: getattr(part, name) for name in type(part).model_fields}
            marked = {name: _Unset(f"{head}.{name}") if value is None else value for name, value in pairs.items()}
            known[head] = SimpleNamespace(**marked)
        known |= {"can_reach": True, "has_phone": True, "can_page": True, "answer": SAMPLE_ANSWER}
        known |= {"is_clinical": True, "seen_by": SOMEONE[language]}
        try:
            said = template(FOLDER, reply, wording).render(known)
        except Exception:  # any mistake of the template's, which rendering the reply itself explains
            return ""
        if found := re.search("\0(.+?)\0", said):
            return found[1]
    return ""


def known_value(practice: Practice, moment: datetime, path: str) -> str:
    """Return what patients read for a value such as `links.pay`, empty if the practice has none."""
    head, _, attribute = path.partition(".")
    found = variables(practice, moment)[head]
    return str((getattr(found, attribute) if attribute else found) or "")


@lru_cache(maxsize=500)  # of practices alone, never of patients: a page shows many replies with the same numbers
def _spoken(number: str) -> str:
    return phone.spoken(number)


def explain_template(error: Exception) -> str:
    """Return what is wrong with a practice's own template, and its line if it has several."""
    line = getattr(error, "lineno", None) or 1
    reason = getattr(error, "message", None) or f"{type(error).__name__}: {error}"
    return f"line {line}: {reason}" if line > 1 else reason


@lru_cache(maxsize=500)  # drafts typed on the console are compiled here too
def template(folder: Path, name: str, override: str | None) -> Template:
    """Return the practice's override if there is one, or else the folder's template."""
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=False,
    )
    return environment.get_template(f"{name}.txt") if override is None else environment.from_string(override)
