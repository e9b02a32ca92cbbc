"""What patients see and hear of a section's settings, made by the code that sends, speaks, and shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from intake import phone
from intake.errors import IntakeError
from intake.practices import Practice
from intake.setting_editors import SettingGroup
from intake.vocabulary import ChatText, Intent, Language, reply_in
from staff.settings.mistakes import explain_elsewhere, locate_mistake
from staff.settings.reply_preview import count_texts
from templates.chat_texts import EMERGENCY, chat_text
from templates.replies import Occasion, render_reply
from templates.voice_prompts import render_prompt

_ASKED = {Intent.PRICE_SHOPPER: "A question about prices", Intent.CLINICAL_CONCERN: "A health question"}
_WHILE = {True: "A caller hears while you are open", False: "A caller hears while you are closed"}


@dataclass(frozen=True, slots=True)
class PreviewText:
    """A text that a patient reads or hears, what it is, and how long it is if that costs anything."""

    title: str
    text: str
    length: str = ""


@dataclass(frozen=True, slots=True)
class ChatSample:
    """The beginning of the chat in one language."""

    language: Language
    launcher: str
    title: str
    emergency: str
    greeting: str
    greeting_closed: str
    reply_time: str
    consent: str


@dataclass(frozen=True, slots=True)
class SectionPreview:
    """What the page shows below a section's fields.

    Attributes:
        group: the section.
        samples: texts that patients read or hear.
        chats: the chat, in each language.
        problem: why there is nothing to show; empty if there is.
    """

    group: SettingGroup
    samples: tuple[PreviewText, ...] = ()
    chats: tuple[ChatSample, ...] = ()
    problem: str = ""


PREVIEWED = (SettingGroup.NAME, SettingGroup.MAIL, SettingGroup.GREETINGS, SettingGroup.CHAT)
"""The sections with a preview of their own; each reply has its own, too."""


def preview_section(practice: Practice, group: SettingGroup, hours: Mapping[bool, datetime]) -> SectionPreview | None:
    """Preview a section at the hours that `hours_to_try` found; None if it has no preview."""
    try:
        match group:
            case SettingGroup.NAME:
                return SectionPreview(group, tuple(_show_name(practice, hours)))
            case SettingGroup.MAIL if practice.email is not None:
                sender = PreviewText("Emails are from", f"{practice.sender_name} <{practice.email}>")
                return SectionPreview(group, (sender,))
            case SettingGroup.GREETINGS:
                samples = [PreviewText(_WHILE[is_open], _heard(practice, is_open, at)) for is_open, at in hours.items()]
                return SectionPreview(group, tuple(samples))
            case SettingGroup.CHAT:
                return SectionPreview(group, chats=tuple(_show_chat(practice, each) for each in EMERGENCY))
            case _:
                return None
    except IntakeError as error:
        return SectionPreview(group, problem=explain_elsewhere(type(practice), locate_mistake(error)))


def _show_name(practice: Practice, hours: Mapping[bool, datetime]) -> list[PreviewText]:
    at = next(iter(hours.values()))
    samples = []
    for intent, asked in _ASKED.items():
        for language, title in ((Language.EN, asked), (Language.ES, "The same question in Spanish")):
            text = render_reply(reply_in(language, intent), practice, Occasion(at, is_first=True))
            samples.append(PreviewText(f"{title} is answered by text", text, count_texts(text)))
    samples.append(PreviewText(_WHILE[practice.is_open(at)], _heard(practice, practice.is_open(at), at)))
    return samples


def _heard(practice: Practice, is_open: bool, at: datetime) -> str:
    greeting = "greeting_open" if is_open else "greeting_closed"
    return " ".join(render_prompt(name, practice, at) for name in ("emergency", greeting))


def _show_chat(practice: Practice, language: Language) -> ChatSample:
    spoken = phone.spoken(practice.phone)
    texts = {text.partition(".")[2]: chat_text(practice, text, spoken) for text in ChatText if text[:2] == language}
    return ChatSample(
        language,
        launcher=texts["launcher"],
        title=texts["title"],
        emergency=EMERGENCY[language],
        greeting=texts["greeting"],
        greeting_closed=texts["greetingClosed"],
        reply_time=texts["replyTime"],
        consent=texts["consent"],
    )
