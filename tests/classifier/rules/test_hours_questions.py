"""Messages that only ask when the practice is open, and which days they ask about."""

from __future__ import annotations

import pytest

from classifier.rules.hours_questions import AskedDay, DayKind, read_hours_question
from intake.vocabulary import Language

ASKED = """
open now?
what are your hours
What are your hours?
whats ur hours
hours?
hours today?
Hi, what time do you open tomorrow?
r u open tomorrow
are you open on the 24th
are you open on december 24
are you open 12/24?
u open rn?
are you open now
Are you open on Saturday?
open sundays?
are you guys open this weekend
what time do u close today
how late r u open thurs
are you open christmas eve
will you be open on new years eve
what time do you close on friday please
What are your Friday hours?
do yall open at 8 or 830
r u guys open during lunch
do you have weekend hours
Hi, I'm just calling to see what time you open in the morning. Thank you.
is the office open monday
are you closed on thanksgiving?
open on mlk day?
when do you open
what days are you open
can you tell me your hours
veterans day open or closed
Good morning! Are you open today? Thanks, Maria
what about the 26th? are you open
is your office closed tomorrow
are you open thursday the 24th
¿a qué hora abren?
a que hora abren mañana
están abiertos el sábado
¿Están abiertos?
cuál es su horario
cual es el horario de la oficina
horario por favor
abren el 24?
trabajan el 4 de julio?
hasta q hora estan hoy
a que hora abren los sabados
¿abren el 24 de diciembre?
hola buenas tardes, a qué hora cierran hoy? gracias
que dias abren
¿el lunes están abiertos?
abren mañana?
están cerrados en navidad
atienden los domingos
Buenos días, quisiera saber a qué hora abren el viernes
ahorita están abiertos?
está abierta la clínica hoy
¿la oficina está cerrada el lunes?
están abiertos ahorita
""".strip().splitlines()

NOT_ASKED = """
are you open for new patients
are you open tomorrow i need to be seen
are you open? my chest hurts
are you open on saturday for a cleaning, how much is it
do you have anything open on friday
any openings tomorrow
what time is my appointment tomorrow
is my appointment at 8 tomorrow
can i come at 5 today
what time does the lab close
what time does the pharmacy close
i have been waiting 2 hours
it hurts after hours of standing
my wound opened today
the cut is open
are you open to payment plans
how long are you open about fees
my mouth wont open
what time do you close and can i get a refill
the door was closed today at 3
your office was closed when I came
you were closed yesterday
why are you closed
why were you closed today
are your hours wrong on google, i drove an hour
is Dr. Patel in on friday
does dr lee work tuesdays
what are your hours, also i need to cancel
next monday are you open
hours of bleeding
me abren la herida mañana
a qué hora es mi cita mañana
tienen citas para el sábado
puedo ir el lunes
la herida está abierta
no puedo abrir la boca
me duele desde hace horas
a que hora me toca
abren expediente nuevo
está cerrada la herida?
still open
open now
closed now
hour
yes still open
closed yet
cerrado
abierta todavía
ya está cerrada
está abierta
están abiertos
siguen abiertas
where is the office
dónde está la oficina
""".strip().splitlines()

SATURDAY, SUNDAY = AskedDay(DayKind.WEEKDAY, 5), AskedDay(DayKind.WEEKDAY, 6)


@pytest.mark.parametrize("text", ASKED)
def test_a_question_about_the_hours_is_known_in_its_language(text: str) -> None:
    question = read_hours_question(text)

    assert question is not None
    is_spanish = ASKED.index(text) >= ASKED.index("¿a qué hora abren?")
    assert question.language is (Language.ES if is_spanish else Language.EN)


@pytest.mark.parametrize("text", NOT_ASKED)
def test_whoever_says_anything_else_asks_more_than_the_hours(text: str) -> None:
    assert read_hours_question(text) is None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("what are your hours", []),
        ("open sundays?", []),
        ("que dias abren", []),
        ("are you open now", [AskedDay(DayKind.NOW)]),
        ("u open?", [AskedDay(DayKind.NOW)]),
        ("¿Están abiertos?", [AskedDay(DayKind.NOW)]),
        ("hours today?", [AskedDay(DayKind.TODAY)]),
        ("r u open tmrw", [AskedDay(DayKind.TOMORROW)]),
        ("abren mañana?", [AskedDay(DayKind.TOMORROW)]),
        ("a que hora abren en la mañana", []),
        ("are you open saturday", [SATURDAY]),
        ("are you guys open this weekend", [SATURDAY, SUNDAY]),
        ("abren el fin de semana", [SATURDAY, SUNDAY]),
        ("are you open on the 24th", [AskedDay(DayKind.DATE, 24)]),
        ("are you open 12/24?", [AskedDay(DayKind.DATE, 24, 12)]),
        ("are you open on the 24th of december", [AskedDay(DayKind.DATE, 24, 12)]),
        ("abren el 24 de diciembre", [AskedDay(DayKind.DATE, 24, 12)]),
        ("are you open christmas eve", [AskedDay(DayKind.DATE, 24, 12)]),
        ("están cerrados en navidad", [AskedDay(DayKind.DATE, 25, 12)]),
        ("are you closed on thanksgiving?", [AskedDay(DayKind.HOLIDAY, name="Thanksgiving")]),
        ("are you open today and tomorrow", [AskedDay(DayKind.TODAY), AskedDay(DayKind.TOMORROW)]),
    ],
)
def test_the_days_that_it_asks_about_are_known(text: str, days: list[AskedDay]) -> None:
    question = read_hours_question(text)

    assert question is not None
    assert list(question.days) == days


def test_long_messages_say_something_else_too() -> None:
    assert read_hours_question("are you open " + "today " * 40) is None
