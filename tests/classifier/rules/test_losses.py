"""The report of a death or a lost pregnancy is told from phones that died, passed tests, and old stories."""

from __future__ import annotations

import pytest

from classifier import Classifier
from classifier.rules.losses import find_loss
from intake.vocabulary import Disposition, TriageLevel


@pytest.mark.parametrize(
    "text",
    [
        "My wife Ruth passed Tuesday. Please cancel her appointments and stop sending the reminder cards",
        "My mother Helen died last week",
        "my dad passed away",
        "the nurse was an angel to my dad. He passed peaceful last month. Tell her.",
        "Hi, I'm sorry to tell you that my husband died on Sunday. He had a cleaning on the 9th.",
        "my grandmother passed away from cancer last night, I need to cancel tomorrow",
        "Your patient John Ames is deceased, please close his account",
        "we lost my dad yesterday",
        "Mi esposa falleció el martes, por favor cancelen sus citas",
        "murió mi papá ayer",
        "mi mamá Elena murió la semana pasada",
        "we lost our son on Sunday in a car accident",
        "I lost my husband last night in the icu",
        "my dad passed away yesterday please cancel the cleaning he had on friday",
        "my mother passed away, please tell the dentist",
        "falleció mi esposo, cancelen su cita si tiene alguna",
        "Please cancel all of Harold Jensens appointments. He passed on Sunday.",
        "Please take my husband Harold off the schedule, we buried him Saturday",
        "please cancel Noras 2 month shots. she died in her sleep tuesday",
        "cancelen las citas de mi papá, lo enterramos el sábado",
        "cancelen la cita de mi bebé, murió mientras dormía",
        "por favor cancelen todo, se murió el domingo",
    ],
)
def test_the_report_of_a_death_is_recognized(text: str) -> None:
    assert find_loss(text) is Disposition.BEREAVEMENT


@pytest.mark.parametrize(
    "text",
    [
        "i had a miscarriage on saturday, please cancel my ob appointments",
        "We lost the baby. Please cancel the scan",
        "my wife miscarried last night and we won't be at the ultrasound",
        "tuve un aborto espontáneo el sábado, cancelen mi cita",
        "perdí a mi bebé, ya no voy a ir a la cita",
        "need to cancel my 12 week ultrasound. we lost it saturday",
        "cancelen mi ultrasonido, lo perdimos el sábado",
        "we lost our baby yesterday at the hospital, please cancel everything if you can",
    ],
)
def test_the_report_of_a_lost_pregnancy_is_recognized(text: str) -> None:
    assert find_loss(text) is Disposition.PREGNANCY_LOSS


@pytest.mark.parametrize(
    "text",
    [
        "my phone died, sorry I missed your call",
        "I had the referral but we lost it saturday, can you resend",
        "my insurance card, I lost it yesterday",
        "perdí la tarjeta, la perdí ayer",
        "he passed on Friday's driving test, do you need the form",
        "buried in work, can we move it",
        "my mom's phone died so text me instead",
        "the battery died in his hearing aid",
        "I died laughing at your hold music",
        "my son passed the test, does he still need the form",
        "my daughter passed her driving test tuesday",
        "my husband passed out Tuesday but he's fine",
        "my husband passed a kidney stone last night",
        "my dog died yesterday so I can't make it",
        "my cat passed away, can I move my cleaning",
        "my dad died of a heart attack years ago, do I need screening?",
        "my mother died of breast cancer at 52, when should I get a mammogram",
        "I've been anxious since my mom passed away, do you have a therapist",
        "I have a funeral on Friday, can I move my visit",
        "I lost my dad's insurance card yesterday",
        "I had a miscarriage in 2019 and am looking for a new OB",
        "I think I had a miscarriage",
        "am I having a miscarriage?",
        "I lost the baby weight",
        "se murió mi celular",
        "murió mi perro ayer",
        "mi mamá murió hace años de cáncer",
        "me muero de risa",
        "",
        "i lost my son yesterday at the mall",
        "i lost my son today and I can't find him",
        "we lost my mom yesterday at walmart, she has dementia",
        "i lost my baby at the store",
        "my goldfish passed away",
        "our bunny died last night",
        "my brother had died when the doctor asked if I smoke",
        "can you tell my husband how i died",
        "perdí a mi bebé en el centro comercial",
        "mi pez se murió hoy",
        "mi mamá murió del corazón ya de 88 años",
    ],
)
def test_what_looks_alike_is_no_loss(text: str) -> None:
    assert find_loss(text) is None


def test_the_model_says_so_and_an_emergency_stays_one(classifier: Classifier) -> None:
    death, danger = classifier.classify(
        ["My wife Ruth passed Tuesday. Please cancel her appointments", "my wife died yesterday and I want to die"]
    )

    assert (death.disposition, death.urgent) == (Disposition.BEREAVEMENT, False)
    assert danger.triage is TriageLevel.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "he passed away sunday",
        "cancel Noras 2 month shots. she died in her sleep tuesday",
        "mi esposo falleció el domingo",
        "dad passed away, i need a note for work",
    ],
)
def test_a_death_alone_is_no_emergency(text: str) -> None:
    assert Classifier.load().classify([text])[0].triage is not TriageLevel.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "mom died last night. i cant do this",
        "mi mamá murió y ya no quiero nada",
        "we lost the baby and i keep thinking about going too",
    ],
)
def test_a_mourner_in_danger_is_one(text: str) -> None:
    assert Classifier.load().classify([text])[0].triage is TriageLevel.EMERGENCY
