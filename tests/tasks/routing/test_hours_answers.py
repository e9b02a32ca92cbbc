"""Who only asks when the practice is open is answered from its settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from classifier.rules.hours_questions import read_hours_question
from inbox.models import AskedQuestion, Conversation, Decision, Delivery, Notification
from inbox.practices.common_questions import read_questions, save_question
from intake.practices import Practice, load_practices
from intake.vocabulary import Language
from tasks.routing.hours_answers import word_hours
from templates.replies import Occasion, render_reply
from templates.segments import count_segments
from tests.chat_client import ChatClient
from tests.service import Service
from tests.told_classifier import EMERGENCY, PERSON, sure_of, tell

NOON = datetime(2026, 12, 9, 12, 30, tzinfo=ZoneInfo("America/New_York"))
"""A Wednesday, while the demo practice has lunch."""
EVENING = NOON.replace(day=22, hour=18)
"""A Tuesday before the holidays."""
MORNING = NOON.replace(day=8, hour=9)
CHEST = "I have chest pain and can't breathe"


@pytest.fixture(scope="module")
def demo() -> Practice:
    [practice] = load_practices(Path(__file__).parents[3] / "practices.demo.toml").all
    return practice.model_copy(update={"special_hours": ["2026-12-11 10:00-12:00"]})


def say(practice: Practice, text: str, moment: datetime = NOON, *, is_text: bool = True) -> str:
    question = read_hours_question(text)
    assert question is not None
    return word_hours(question, practice, moment, is_text=is_text)


SAID = {
    ("what are your hours", NOON): "Our hours: Monday to Thursday 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM,"
    " Friday 8:00 AM to 2:00 PM, closed Saturday and Sunday; on December 11 10:00 AM to 12:00 PM.",
    ("are you open", MORNING): "We are open now. Today, Tuesday, December 8, our hours are"
    " 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM.",
    ("are you open", NOON): "We are closed now. Today, Wednesday, December 9, our hours are"
    " 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM.",
    ("are you open", EVENING): "We are closed now. The next day we are open is Wednesday, December 23,"
    " 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM.",
    ("what time do you close today", EVENING): "We have closed for today. The next day we are open is Wednesday,"
    " December 23, 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM.",
    ("r u open tomorrow", NOON): "Tomorrow, Thursday, December 10, our hours are"
    " 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM.",
    ("are you open friday", NOON): "On Friday, December 11, we have special hours: 10:00 AM to 12:00 PM.",
    ("are you open on the 18th", NOON): "On Friday, December 18, our hours are 8:00 AM to 2:00 PM.",
    ("What are your hours the week of Christmas", NOON): "Our hours in the week of Monday, December 21: Monday to"
    " Wednesday 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM, closed Thursday to Sunday.",
    ("¿Cuál es su horario la semana de Navidad?", NOON): "Nuestro horario en la semana del lunes 21 de diciembre:"
    " lunes a miércoles 8:00 AM a 12:00 PM y 1:00 PM a 5:30 PM, cerrado jueves a domingo.",
    ("what are your hours next week", NOON): "Our hours in the week of Monday, December 14: Monday to Thursday"
    " 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM, Friday 8:00 AM to 2:00 PM, closed Saturday and Sunday.",
    ("are you open on the 24th", NOON): "We are closed on Thursday, December 24. The next day we are open is Monday,"
    " December 28, 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM.",
    ("are you open christmas day", EVENING): "We are closed on Friday, December 25. The next day we are open is Monday,"
    " December 28, 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM.",
    ("are you open on mlk day", EVENING): "We are closed on Monday, January 18. The next day we are open is Tuesday,"
    " January 19, 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM.",
    ("are you open this weekend", NOON): "We are closed on Saturday, December 12, and on Sunday, December 13. The next"
    " day we are open is Monday, December 14, 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM.",
    ("¿a qué hora abren?", NOON): "Nuestro horario: lunes a jueves 8:00 AM a 12:00 PM y 1:00 PM a 5:30 PM,"
    " viernes 8:00 AM a 2:00 PM, cerrado sab. y domingo; el 11 de diciembre 10:00 AM a 12:00 PM.",
    ("abren mañana?", NOON): "Mañana, jueves 10 de diciembre, abrimos de 8:00 AM a 12:00 PM y de 1:00 PM a 5:30 PM.",
    ("abren el viernes", NOON): "El viernes 11 de diciembre tenemos un horario especial: de 10:00 AM a 12:00 PM.",
    ("están abiertos el sábado", NOON): "Estamos cerrados el sab. 12 de diciembre. Abrimos otra vez el lunes 14 de"
    " diciembre, de 8:00 AM a 12:00 PM y de 1:00 PM a 5:30 PM.",
    ("a que hora cierran hoy", EVENING): "Hoy ya cerramos. Abrimos otra vez el miércoles 23 de diciembre,"
    " de 8:00 AM a 12:00 PM y de 1:00 PM a 5:30 PM.",
}  # fmt: skip


@pytest.mark.parametrize(("asked", "words"), SAID.items())
def test_the_settings_say_when_the_practice_is_open(demo: Practice, asked: tuple[str, datetime], words: str) -> None:
    assert say(demo, *asked) == words


@pytest.mark.parametrize("asked", SAID)
def test_an_answer_has_two_segments_at_most(demo: Practice, asked: tuple[str, datetime]) -> None:
    text, moment = asked
    question = read_hours_question(text)
    assert question is not None
    name = "common_question_es" if question.language is Language.ES else "common_question"
    reply = render_reply(name, demo, Occasion(moment, is_first=True, answer=say(demo, text, moment)))

    assert count_segments(reply) <= 2


@pytest.mark.parametrize(
    "text",
    ["are you open on july 4", "are you open thursday the 25th", "are you open on the 31st of february", "open 45/45?"],
)
def test_a_day_that_is_unclear_or_far_ahead_is_left_to_a_person(demo: Practice, text: str) -> None:
    assert say(demo, text) == ""


def test_hours_too_long_for_a_text_are_said_in_a_chat_alone(demo: Practice) -> None:
    spans = [["08:00-10:00", "10:30-12:00", "13:00-15:00"], ["07:00-09:00", "15:30-17:00"]]
    busy = demo.model_copy(update={"hours": {day: spans[place % 2] for place, day in enumerate(demo.hours)}})

    assert say(busy, "what are your hours") == ""
    assert "Tuesday 7:00 AM to 9:00 AM and 3:30 PM to 5:00 PM" in say(busy, "what are your hours", is_text=False)


# ---- from a text to its answer


def ask(service: Service, *texts: str) -> list[tuple[str | None, str]]:
    for text in texts:
        service.text(text)
        service.work()
    return [(row.reply, row.body) for row in service.rows(Delivery)]


@pytest.mark.parametrize(
    ("text", "reply", "words"),
    [
        ("what are your hours", "common_question", "Our hours:"),
        ("¿a qué hora abren?", "common_question_es", "horario:"),
    ],
)
def test_who_asks_is_answered_and_staff_see_the_answer_without_hurry(
    service: Service, text: str, reply: str, words: str
) -> None:
    [(sent, body)] = ask(service, text)

    assert sent == reply
    assert words in body
    [decision] = service.rows(Decision)
    assert (decision.priority, decision.why.partition(";")[0]) == ("low", "asks when the practice is open")
    assert {row.priority for row in service.rows(Notification)} <= {"low"}
    [conversation] = service.rows(Conversation)
    assert (conversation.state, conversation.priority) == ("open", "low")


@pytest.mark.parametrize("guess", [PERSON, sure_of("complaint"), sure_of("clinical_concern")])
def test_it_is_answered_whatever_the_network_takes_it_for(service: Service, guess: dict[str, object]) -> None:
    tell(service, {"are you open on saturdays": guess})

    assert [reply for reply, _ in ask(service, "are you open on saturdays")] == ["common_question"]


def test_a_second_question_within_the_hour_is_answered_in_the_chat_too(service: Service) -> None:
    chat = ChatClient(service.url)
    for number, text in enumerate(("are you open tomorrow", "what are your hours")):
        chat.send(text, f"m{number}")
        service.work()

    assert "Our hours:" in chat.texts()[-1][1]


def test_the_practices_own_answer_comes_first(service: Service) -> None:
    with service.edit() as session:
        known = {question.key: question for question in read_questions(session, "demo")}
        own = replace(known["hours"], answer="By appointment only.")
        save_question(session, "demo", own, known["hours"].version)

    [(_, body)] = ask(service, "What are your hours?")

    assert "By appointment only." in body
    assert [row.key for row in service.rows(AskedQuestion)] == ["hours"]


def test_what_asks_for_more_is_answered_as_before(service: Service) -> None:
    [(reply, _)] = ask(service, "what are your hours, and can I get my records sent to Dr. Lee")

    assert reply != "common_question"


def test_soon_after_an_emergency_the_answer_names_911_too(service: Service) -> None:
    tell(service, {CHEST: EMERGENCY})

    [(first, _), (second, words)] = ask(service, CHEST, "when do you open")

    assert (first, second) == ("urgent", "common_question")
    assert "Our hours: " in words
    assert "If this may still be an emergency, call 911 now." in words


def test_an_alarm_of_the_network_stands(service: Service) -> None:
    tell(service, {"are you open": EMERGENCY})

    assert [reply for reply, _ in ask(service, "are you open")] == ["urgent"]
