"""Which messages are about a visit that is so near that the practice must know before it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from intake.practices import Practice
from tasks.routing.imminent_visits import is_visit_soon

PRACTICE = Practice.model_validate(
    {
        "slug": "demo",
        "name": "Maple Street",
        "phone": "+12025550100",
        "time_zone": "America/New_York",
        "hours": {day: ["08:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    }
)
OPEN, EVENING, EARLY = "Mon 16:10", "Mon 21:00", "Tue 06:30"


def at(when: str) -> datetime:
    day, clock = when.split()
    date = {"Mon": 7, "Tue": 8, "Fri": 11, "Sun": 13}[day]
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 12, date, hour, minute, tzinfo=ZoneInfo("America/New_York"))


SOON = [
    (OPEN, "running 20 min late for my 4:30 still ok??"),
    (OPEN, "Running a little late, sorry"),
    (OPEN, "I'm going to be late to my appointment, stuck in traffic"),
    (OPEN, "be there 15 minutes late"),
    (OPEN, "tested positive for covid do i still come in at 5"),
    (OPEN, "can't make it today"),
    (OPEN, "Need to cancel my 4:45 appointment"),
    (OPEN, "is my 5pm still on?"),
    (OPEN, "my son has a fever, should we still come at 4:40"),
    (OPEN, "can i move my appointment this afternoon"),
    (OPEN, "won't be able to make it Monday, it is today at 5 right?"),
    (OPEN, "voy a llegar 15 minutos tarde"),
    (OPEN, "Se me hizo tarde para mi cita"),
    (OPEN, "no puedo ir hoy a mi cita de las 5"),
    (OPEN, "tengo covid, ¿todavía voy a las 5?"),
    (OPEN, "necesito cancelar mi cita de esta tarde"),
    (EVENING, "cant make it tmrw at 8"),
    (EVENING, "Can't come tomorrow morning at 8:30"),
    (EVENING, "cant make it at 8 am"),
    (EVENING, "no puedo ir mañana a las 8"),
    (EVENING, "no voy a poder llegar mañana a las 8:30 de la mañana"),
    (EARLY, "running late for my 8:00"),
    (EARLY, "I have to cancel today, throwing up all night"),
    ("Sun 20:00", "cant make my appointment tomorrow at 8, sorry"),
    # another time that would do is not the visit's
    (EVENING, "I can't make my 8am tomorrow, can I come at 4pm instead?"),
    (EVENING, "I can't make my 8 tomorrow, could I come in the afternoon?"),
    (EVENING, "I can't make it tomorrow at 8am, my cell is fine, call me after 12:30"),
    (EVENING, "I can't make it tomorrow at 8am, what about Thursday at 3pm?"),
    (EVENING, "no puedo ir mañana a las 8, ¿puedo ir a las 4?"),
    (OPEN, "I can't come at 5, can you do Friday instead?"),
    (OPEN, "I can't come at 5 can you do friday at 9 instead"),
    (OPEN, "I can't come at 5, can you do tomorrow?"),
    (OPEN, "Need to cancel my 4:30. Do you have anything Friday?"),
    (OPEN, "I can't make my 4:30, is Thursday open?"),
    (OPEN, "can't make my 4:30, Thursday works too"),
    (OPEN, "Can we move my 4:30 to next week"),
    (OPEN, "running late for my 4:30, can we switch to Friday if that's too late"),
    (OPEN, "running late, 4th street is closed"),
    (OPEN, "no puedo ir a las 5, ¿tienen algo el viernes?"),
    (OPEN, "quiero cambiar mi cita de las 5 para el viernes"),
    # nobody reads it before the first visits of the next day
    (EVENING, "can't make it tomorrow morning"),
    (EVENING, "I can't make it to my appointment tomorrow"),
    (EVENING, "cant make it tuesday first thing"),
    (EVENING, "can i cancel my appointment tomorrow"),
    (EVENING, "no puedo ir mañana"),
    (EVENING, "no puedo ir a mi cita mañana por la mañana"),
    # words for coming
    (OPEN, "I can't keep my appointment today"),
    (OPEN, "we can't do the 4:30 today"),
    (OPEN, "I can't get in for my appointment today"),
    (OPEN, "can't do today, sorry"),
]
NOT_SOON = [
    (OPEN, "cant make it tmrw at 8"),  # the afternoon is left to read it
    (OPEN, "cant make it tmrw"),
    (OPEN, "Need to reschedule my physical next week"),
    (OPEN, "can I cancel my appointment on Friday at 3"),
    (OPEN, "I need to move my 12/24 appointment"),
    (OPEN, "do you still have appointments"),
    (OPEN, "my ear hurts, can I come in today?"),
    (OPEN, "¿puedo ir hoy? me duele el oído"),
    (OPEN, "do you have anything open today at 5?"),
    (OPEN, "Is it too late to pay today? I got a late fee"),
    (OPEN, "my period is 3 weeks late"),
    (OPEN, "I'm running late on my payment today"),
    (OPEN, "can I skip my metformin dose today"),
    (OPEN, "should i still take my pills today at 5"),
    (OPEN, "cancel my refill today please"),
    (OPEN, "What time do you close today?"),
    (OPEN, "Cuánto cuesta la consulta"),
    (OPEN, "no puedo ir el viernes a las 9"),
    (OPEN, "quiero cambiar mi cita del próximo mes"),
    (EVENING, "cant make it tomorrow at 2"),  # they have the morning
    (EVENING, "Cancel my 10am"),
    (EVENING, "no puedo ir mañana a las 3 de la tarde"),
    ("Fri 18:00", "cant make it Monday at 8"),
    ("Fri 18:00", "cant make it tomorrow morning"),  # nobody is there on Saturdays
    (OPEN, "can't make it tomorrow morning"),
    (EARLY, "can't make it tomorrow morning"),
    (EVENING, "can't make it tomorrow afternoon"),
    (EVENING, "no puedo ir mañana por la tarde"),
    (EVENING, "can't make it Thursday morning"),
    (OPEN, "I can't come at 5 on Friday"),
    (OPEN, "I can't come Friday, can I come at 5 instead?"),
    (OPEN, "My appointment is Friday at 3. I can't make it, do you have anything else?"),
    (OPEN, "I'll be 10 minutes late on Friday"),
    (OPEN, "voy a llegar tarde el viernes"),
    (OPEN, "I can't keep food down today"),
    (OPEN, "can't get in touch with the pharmacy today"),
    (OPEN, "my son cant come to school today does he need a note"),
    (OPEN, "my fever won't come down today"),
    (OPEN, "I can't make it through the pain today"),
    (OPEN, "I can't make it to the bathroom today"),
    (OPEN, "I cant do the stairs today"),
    (OPEN, "I can't do it today"),
    (OPEN, "can't come to the phone right now call me at 5"),
    (OPEN, "mi hijo no puede ir a la escuela hoy"),
    (OPEN, "no puedo ir al baño hoy"),
    (OPEN, "no puedo ir a trabajar hoy, necesito una nota"),
    (OPEN, ""),
]


@pytest.mark.parametrize(("when", "text"), SOON)
def test_it_is_about_a_visit_that_is_soon(when: str, text: str) -> None:
    assert is_visit_soon(text, PRACTICE, at(when))


@pytest.mark.parametrize(("when", "text"), NOT_SOON)
def test_it_can_wait_or_is_about_something_else(when: str, text: str) -> None:
    assert not is_visit_soon(text, PRACTICE, at(when))
