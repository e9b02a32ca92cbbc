"""What plain words settle: that something was swallowed, violence, and that a message cannot wait until tomorrow."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.network.decoding import danger_kind
from classifier.rules.plain_words import (
    is_at_practice,
    kind_of_threat,
    needs_today,
    speaks_of_dying,
    tells_of_breach,
    tells_of_child_abuse,
    tells_of_injury,
    tells_of_mistaken_dose,
    tells_of_swallowing,
    tells_of_violence,
    tells_of_worsening,
)
from classifier.rules.screen import Screening
from intake.vocabulary import DangerKind

SWALLOWED = """
My 2 year old got into my bag and ate I think 4 of my spironolactone
my 3 yr old ate half a tube of my clobetasol
he drank the mouthwash at your office, the purple one
she licked the cream off her arm
the baby swallowed some of the fluoride gel
my toddler got into the tylenol
I took 6 tylenol extra strength since this morning for the tooth
I've been taking 12 ibuprofen a day
I took the tretinoin orally by mistake
gave him a double dose of amoxicillin
he bit the thermometer and the mercury came out, he swallowed the mercury
grandpa accidentally took grandmas eliquis
comió media botella de gomitas de flúor
se tragó la pastilla de flúor, bueno se comió como media botellita de las gomitas
mi nena se comió medio tubo de la pasta de flúor
Mi hijo mordió el termómetro de mercurio antes de la cita y se tragó un poquito
llevo tomando como 12 ibuprofenos al día
se tomó toda la cajita de ibuprofeno
la niña chupó la crema de tretinoína
le di doble dosis de jarabe sin querer
se bebió el enjuague
""".strip().splitlines()

NOT_SWALLOWED = """
swallowing hurts
it hurts to swallow my pills
he can't swallow his medicine
I took my usual pills this morning
I took 800 mg of ibuprofen
I take my metformin twice a day
he swallowed his crown
he swallowed a lot of blood
she ate ice cream and now her tooth hurts
should I take the antibiotic with food
hives since I started the amoxicillin
no puede tragar la pastilla
me duele al tragar
se tragó la corona
tomo mi medicina todos los días
comió pasta y se le cayó el bracket
me mordió el gato y la doctora me dio una pomada
no se tragó la pastilla
""".strip().splitlines()

TODAY = """
trae el labio partido, como abierto, no cierra la sangre
la muela no deja de sangrar
le sacaron el diente y sigue sangrando
the extraction hole won't stop bleeding
her lip is still bleeding
my mouth keeps bleeding
bleeding from where you pulled the tooth and it hasn't stopped
Publix pharmacy, Dr. Peña's script for the clindamycin, patient is allergic, please call before we fill it tonight.
This is the school nurse, he is allergic to amoxicillin, do we give it tonight?
hablo de la farmacia Navarro, la paciente es alérgica a la penicilina
es alérgico a la amoxicilina, llámenme antes de darle la dosis
""".strip().splitlines()

NOT_TODAY = """
gums bleed a little when I floss
the bleeding stopped, thank you
call us if the bleeding won't stop, your sheet says
I'm allergic to penicillin, please note it for my visit
does the pharmacy have my prescription
I have a latex allergy, is that a problem
me sangran un poco las encías al cepillarme
ya no sangra
soy alérgica al látex
la farmacia dice que falta la autorización
""".strip().splitlines()


@pytest.mark.parametrize("text", SWALLOWED)
def test_who_ate_drank_or_took_too_much_of_something_is_told_of_poison_control(text: str) -> None:
    assert tells_of_swallowing(text)


@pytest.mark.parametrize("text", NOT_SWALLOWED)
def test_pain_the_usual_medicine_and_food_are_no_swallowing(text: str) -> None:
    assert not tells_of_swallowing(text)


@pytest.mark.parametrize("text", TODAY)
def test_a_mouth_that_bleeds_on_and_an_allergy_before_a_dose_need_somebody_today(text: str) -> None:
    assert needs_today(text)


@pytest.mark.parametrize("text", NOT_TODAY)
def test_gums_that_bleed_a_little_and_an_allergy_for_the_chart_can_wait(text: str) -> None:
    assert not needs_today(text)


VIOLENCE = [
    "my husband locked me in and took my keys",
    "my ex has a gun and is outside my apartment",
    "He hits me when he drinks",
    "my boyfriend choked me last night and my voice is gone",
    "my stepdad pushed my mom down the stairs",
    "he said he's gonna kill me",
    "my wife won't let me leave the house",
    "I was assaulted by a coworker",
    "mi esposo me pega",
    "mi ex me amenazó con un cuchillo",
    "mi novio no me deja salir",
    "mi marido me quitó el celular",
    "he found my car",
    "my ex found me",
    "he found out where I live",
    "he followed me here",
    "my ex is outside",
    "he's in your parking lot right now, silver truck. I'm in the waiting room bathroom. is there a back door",
    "me encontró, está afuera",
    "mi ex está afuera de la clínica",
    "also my stepdad comes in my room at night idk if u have to tell someone if i say that",
    "my uncle touches me",
    "mi padrastro se mete a mi cuarto en la noche",
    "my boyfriend hit her face",
    "he grabbed her arm and threw her",
    "he says if I tell anyone he will find out",
    "do you guys have the dv advocate still",
    "is the domestic violence lady still there",
    "me tiene encerrada y no me deja salir con la niña",
    "nos tiene amenazados",
    "no me deja salir de la casa y me quitó el celular",
    "hay alguien de violencia doméstica con quien pueda hablar",
]
CHILD_ABUSE = [
    "also my stepdad comes in my room at night idk if u have to tell someone if i say that",
    "my mom's boyfriend got into my bed when i was sleeping",
    "my uncle touches me",
    "my dad hits me with a belt",
    "her boyfriend hits my daughter",
    "my coach touched me",
    "mi padrastro se mete a mi cuarto en la noche",
    "mi tío me toca",
    "mi marido le pega a mi hijo",
]
NO_CHILD_ABUSE = [
    "my husband hits me",
    "my mom comes in my room to give me my meds",
    "my dad came into the waiting room with me",
    "my son hit his head",
    "the light hurts my son's eyes",
    "my brother hurts all over",
    "the dentist touched my tooth",
    "my mom has never hit me",
    "mi mamá entra a mi cuarto a darme la medicina",
    "mi papá me tocó el hombro",
    "mi marido me pega",
]
AT_PRACTICE = [
    "he's in your parking lot right now, silver truck. I'm in the waiting room bathroom. is there a back door",
    "im in your lobby and my chest hurts",
    "my dad passed out outside your building",
    "she's having a seizure in the waiting room",
    "my ex is outside",
    "mi ex está afuera",
    "mi mamá se desmayó en el estacionamiento",
    "estoy en la sala de espera y no puedo respirar",
]
NOT_AT_PRACTICE = [
    "he found my car",
    "my ex is outside my house",
    "I fell in the parking lot at walmart",
    "he passed out in the bathroom",
    "I was in your waiting room yesterday and now I can't breathe",
    "my chest hurts, can I come to your office",
    "mi ex está afuera de mi casa",
    "se desmayó en el baño",
]
NO_VIOLENCE = [
    "my mother fell down this morning and she hit her head, she is a little confused now",
    "she hit her head on the sink",
    "mom fell down the stairs and hit her knee",
    "he said she burned her hand on the stove",
    "el dolor no me deja salir de la cama",
    "la tos no me deja salir a caminar",
    "mi trabajo no me deja salir temprano",
    "if I call after 5 will anybody know",
    "my wife found me on the floor",
    "my husband found me a ride",
    "she found my chart number",
    "my dad comes in my room to help with my inhaler",
    "me encontró la doctora un bulto",
    "i fell and hit my head",
    "my son hit his head on the table",
    "he has never hit me",
    "the baby kicks me a lot",
    "can my husband come with me",
    "my back is killing me",
    "she has a bat mitzvah saturday",
    "the nurse held me up at the desk",
    "he got a shot yesterday",
    "i want to kill myself",
    "mi esposo me acompaña a la cita",
]


@pytest.mark.parametrize("text", VIOLENCE)
def test_who_is_hurt_threatened_or_locked_in_is_answered_about_that_and_not_about_suicide(
    text: str,
) -> None:
    assert tells_of_violence(text)
    assert danger_kind(np.array([0.7, 0.0]), Screening(), text) is DangerKind.OTHER
    assert danger_kind(np.array([0.7, 0.0]), Screening(possible=DangerKind.SELF_HARM), text) is DangerKind.SELF_HARM
    assert danger_kind(np.array([0.95, 0.0]), Screening(), text) is DangerKind.SELF_HARM


@pytest.mark.parametrize("text", NO_VIOLENCE)
def test_accidents_company_and_figures_of_speech_are_no_violence(text: str) -> None:
    assert not tells_of_violence(text)


INJURIES = [
    "I cant breathe well",
    "I cannot breathe well",
    "she's been on the kitchen floor since supper last night, she says she's comfortable",
    "She fell in the tub Sunday and has been asking me what year it is since. She says not to bother you",
    "por favor somebody my father no breathe",
    "no puedo respirar bien",
    "mi abuela está tirada en el piso de la cocina desde anoche",
    "se cayó en la tina el domingo y me pregunta qué día es",
]
DYING = [
    "i cant breathe anymore with all this, nobody would miss me",
    "I fell off the ladder on purpose",
    "i told u i fell. i didnt. next time ill pick better",
    "ya no puedo respirar, quiero matarme",
    "me caí a propósito",
]
NEITHER = ["i fell asleep crying", "I fell for him and he left", "me cayó mal la comida", "gave up on the meal plan"]


@pytest.mark.parametrize("text", INJURIES)
def test_a_fall_a_blow_or_a_lack_of_breath_is_no_self_harm_however_sure_the_network_is(text: str) -> None:
    assert tells_of_injury(text)
    assert danger_kind(np.array([0.97, 0.0]), Screening(), text) is DangerKind.OTHER


@pytest.mark.parametrize("text", DYING)
def test_words_of_dying_beside_a_fall_leave_it_to_the_network(text: str) -> None:
    assert speaks_of_dying(text)
    assert not tells_of_injury(text)
    for screening in (Screening(), Screening(possible=DangerKind.OTHER), Screening(certain=DangerKind.OTHER)):
        assert danger_kind(np.array([0.3, 0.0]), screening, text) is DangerKind.SELF_HARM


@pytest.mark.parametrize("text", NEITHER)
def test_a_fall_in_a_manner_of_speaking_is_no_injury(text: str) -> None:
    assert not tells_of_injury(text)


@pytest.mark.parametrize("text", CHILD_ABUSE)
def test_whoever_hurts_a_child_is_told_from_other_violence(text: str) -> None:
    assert tells_of_child_abuse(text)


@pytest.mark.parametrize("text", NO_CHILD_ABUSE)
def test_a_partner_who_hits_and_family_who_helps_hurt_no_child(text: str) -> None:
    assert not tells_of_child_abuse(text)


@pytest.mark.parametrize("text", AT_PRACTICE)
def test_what_happens_in_the_building_or_right_outside(text: str) -> None:
    assert is_at_practice(text)


@pytest.mark.parametrize("text", NOT_AT_PRACTICE)
def test_what_happens_elsewhere(text: str) -> None:
    assert not is_at_practice(text)


THREATS = [
    "I'm going to make him pay for what he did to me, I bought bullets today",
    "i bought a gun and im going to shoot my boss",
    "i want to hurt my ex and i have a knife with me",
    "thinking about stabbing my roommate, i cant calm down",
    "my brother says he will burn down the school tomorrow",
    "voy a matar a mi vecino, ya compre la pistola",
    "me las va a pagar, ya tengo la pistola",
    "lo voy a matar cuando llegue",
]
WITH_OWN_DEATH = ["im going to shoot my boss and then myself", "tengo ganas de matar a mi esposo y despues yo"]
NO_THREATS = [
    "i bought a gun and im going to end it",
    "i would never hurt my wife",
    "im not going to hurt anybody",
    "i want to hurt myself",
    "scared i will hurt the baby when he wont stop crying",
    "make him pay the copay please",
    "who is going to shoot the xray",
    "la voy a llevar el jueves",
]


@pytest.mark.parametrize("text", THREATS)
def test_a_threat_to_somebody_else_is_not_taken_for_self_harm(text: str) -> None:
    for screening in (Screening(), Screening(certain=DangerKind.SELF_HARM), Screening(possible=DangerKind.SELF_HARM)):
        assert danger_kind(np.array([0.99, 0.0]), screening, text) is DangerKind.OTHER


@pytest.mark.parametrize("text", WITH_OWN_DEATH)
def test_a_threat_that_speaks_of_ones_own_death_is_self_harm_too(text: str) -> None:
    assert danger_kind(np.array([0.1, 0.0]), Screening(certain=DangerKind.OTHER), text) is DangerKind.SELF_HARM


@pytest.mark.parametrize("text", NO_THREATS)
def test_what_threatens_nobody_else_is_no_threat(text: str) -> None:
    assert kind_of_threat(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "wow great job giving my mothers test results to the wrong person. five stars",
        "thanks a lot for handing me another patients chart",
        "qué bonito, le dieron mis resultados a la persona equivocada",
    ],
)
def test_a_breach_of_privacy_is_known_however_sweetly_it_is_told(text: str) -> None:
    assert tells_of_breach(text)


@pytest.mark.parametrize("text", ["great job getting my results to me so fast", "I dialed the wrong number, sorry"])
def test_praise_is_no_breach(text: str) -> None:
    assert not tells_of_breach(text)


@pytest.mark.parametrize(
    "text", ["my caregiver gets mad when i ask for food", "mi cuidadora se enoja cuando le pido comida"]
)
def test_a_caregiver_who_withholds_food_is_for_today(text: str) -> None:
    assert needs_today(text)


WORSE = """
bleeding a lot still is that normal
its worse now
It's getting worse
worse than this morning
still can't feel my hand
still bleeding
the pain keeps coming back
he's still throwing up
the fever is not going away
it is not any better
the swelling hasn't gone down and it still hurts
im soaking a pad every hour
my leg is even more swollen, the pain wont stop
sigue sangrando mucho
ya está peor
todavía no siento la mano
sigo con fiebre
todavía le duele mucho
no se le quita el dolor
me siento peor
empeoró
no mejora
""".strip().splitlines()
NOT_WORSE = """
are you still open
is my appointment still on
do you still take aetna
what do i do if it gets worse
what if it starts bleeding again
the bleeding stopped
it's not getting worse
no longer in pain
he's better now
can you call again
i still need a refill
is it ok to eat
todavía tengo la cita
¿qué hago si empeora?
ya no me duele
ya no está sangrando
ya está mejor
siguen abiertos?
""".strip().splitlines()


@pytest.mark.parametrize("text", WORSE)
def test_what_goes_on_or_gets_worse(text: str) -> None:
    assert tells_of_worsening(text)


@pytest.mark.parametrize("text", NOT_WORSE)
def test_what_does_not(text: str) -> None:
    assert not tells_of_worsening(text)


MISTAKES = """
se tomo las pastillas de la semana de un jalon pensando que eran dulces pero está tranquilo. la carta el viernes?
my dad with alzheimers took all his pills for the week thinking they were candy
mom took her morning pills twice, she has dementia
grandpa has dementia and he swallowed a bunch of my pills
gave him the dose twice
I gave my son the dose twice by mistake
my husband took my metoprolol instead of his vitamin
I took my morning pills twice
I accidentally took a double dose of my eliquis
my daughter ate the gummies, she thought they were candy
mi mamá tiene demencia y se tomó todas las pastillas
le di la dosis dos veces
mi papá se tomó por error las pastillas de mi mamá
me tomé la pastilla dos veces
""".strip().splitlines()
NO_MISTAKES = """
I took all my pills
I took all my pills by accident
my son took all his pills, he left a note
she took the whole bottle and said she's sorry
he has dementia and fell
I swallowed a handful of pills, it was an accident I swear
me tomé todas las pastillas
mi hijo se tomó todas las pastillas
I take it twice a day
le di la dosis dos veces al día
gave him the dose twice a day like you said
""".strip().splitlines()


@pytest.mark.parametrize("text", MISTAKES)
@pytest.mark.parametrize("named", [None, DangerKind.INGESTION, DangerKind.OTHER])
def test_what_was_taken_by_mistake_is_about_poison_and_not_about_suicide(text: str, named: DangerKind | None) -> None:
    assert tells_of_mistaken_dose(text)
    assert danger_kind(np.array([0.95, 0.1]), Screening(certain=named), text) is DangerKind.INGESTION


@pytest.mark.parametrize("text", NO_MISTAKES)
def test_what_may_be_meant_is_no_mistake(text: str) -> None:
    assert not tells_of_mistaken_dose(text)


@pytest.mark.parametrize(
    "text", ["my dad took his pills twice, he says he wants to die", "mom has dementia and took pills to end it"]
)
def test_a_wish_to_die_is_no_mistake_whatever_was_taken(text: str) -> None:
    assert danger_kind(np.array([0.95, 0.1]), Screening(), text) is DangerKind.SELF_HARM
