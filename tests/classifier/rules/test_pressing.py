"""What a nurse must see today although nobody tells of pain: a medicine that runs out, and contact with a disease."""

from __future__ import annotations

import pytest

from classifier.network.decoding import Thresholds, triage_level
from classifier.rules.pressing import clarifies_dose, runs_out, stops_medicine, tells_of_exposure
from classifier.rules.screen import screen_text
from intake.vocabulary import TriageLevel
from tests.training.data.whole_corpus import corpus_messages

MOST_RAISED = 0.0005

RUNNING_OUT = """
insulin, like 1 day left, lost my insurance
lost my medicaid, appt on the 11th, almost out of insulin. what does it cost
se me acabó la insulina
i ran out of my seizure meds yesterday
out of keppra since friday
my inhaler is empty and the pharmacy wont refill
I'm completely out of my inhaler
down to 2 pills of eliquis
I only have one day left of my warfarin
my blood thinner ran out
we are out of tacrolimus, he had a kidney transplant
transplant meds are almost gone
I'm on my last biktarvy
out of my hiv meds, new insurance doesnt start till the first
im on my last suboxone strip
suboxone runs out tomorrow, can someone call it in
I have no insulin
my son has no insulin left
haven't had my insulin in 2 days
rationing my insulin till payday
cant afford my insulin this month
someone stole my insulin
my insulin froze in the car
took my last dose of xarelto this morning and no refills
need lamictal asap I'm out
two puffs left in my albuterol
need my prograf, only enough for tomorrow
me quedé sin insulina
ya no tengo insulina para mi mamá
solo me queda insulina para un día
se me terminaron las pastillas para las convulsiones
ya no tengo inhalador
la insulina se me está acabando
mi hijo se quedó sin el inhalador
me quedan dos pastillas de eliquis
no puedo comprar la insulina
been off my lithium for a week, ran out
we ran out of her seizure medicine
my dad is out of plavix
""".strip().splitlines()

NOT_RUNNING_OUT = """
I need a refill of my insulin before my trip next month
can I get my eliquis refilled
what happens if I run out of insulin on vacation
I need a refill before I run out of keppra
I'm not out of my inhaler, just want a spare
no refills left on my eliquis but I have three weeks of pills
I'm out of town and need my insulin sent to a different pharmacy
what is the out of pocket cost for insulin pens
is Dr. Patel out of network for insulin pumps
my insulin resistance test came back
do I stop my blood thinner before the extraction
should I skip my warfarin before the cleaning
I ran out of vitamin D
out of toothpaste samples
I ran out of my zyrtec
my lisinopril runs out next month
my insulin runs out in three weeks, can we set a visit
my dog is out of insulin
I used to take suboxone
do you prescribe suboxone
are you taking new suboxone patients
my inhaler makes me jittery
left my inhaler at your office, can I pick it up
the insulin pump rep called me
how much insulin should I take with dinner
one day left before my appointment, do I stop eliquis
I have two appointments left with the therapist
necesito surtir mi insulina para el próximo mes
cuánto cuesta la insulina
antes de que se me acabe la insulina quiero pedir otra receta
recetan suboxone
ya no tengo dolor, gracias
I left my last insulin log at home
thanks for the insulin samples
are you out of flu shots
my seizure was last year, when can I drive
""".strip().splitlines()

EXPOSED = """
roommate tested positive for TB
my roomate tested pos for TB. do i need to come in
my kid's class has measles, we were there
my coworker has tuberculosis and we share an office
someone at work has TB
I was exposed to measles at the airport
we were exposed to whooping cough
exposed to chickenpox and im pregnant
my daughters school sent a letter about a meningitis case
a kid in my sons daycare has measles
there's a case of mumps at my school
been around a guy who has TB
close contact with someone with meningitis
my boyfriend tested positive for chlamydia
my partner just tested positive for HIV
husband tested positive for hepatitis b
my ex told me he tested positive for syphilis
condom broke and he is hiv positive
kid in her class was diagnosed with pertussis
measles outbreak at our church, baby is 8 months
someone in the shelter where i sleep has tuberculosis
I sat next to a man with measles on the bus
exposed to rabies, a bat was in the room
estuve en contacto con alguien con tuberculosis
en la escuela de mi hijo hay un caso de sarampión
mi compañero de cuarto tiene tuberculosis
mi esposo salió positivo de hepatitis B
hubo un brote de sarampión en la guardería
mi novio dio positivo a VIH
estuvimos expuestos a la varicela
my nanny came down with whooping cough
two kids in his classroom have chickenpox
""".strip().splitlines()

NOT_EXPOSED = """
do you do TB tests for work
I need a TB test for school
need a measles titer for nursing school
do you have the measles vaccine
my son has his MMR and chickenpox shots, need the record
I tested positive for TB 20 years ago, need a chest x ray form
my dad had TB when he was a kid
what happens if I get measles
can you catch shingles from someone
have you been exposed to TB is on my form, what do I write
my wife has HIV and we want to have a baby
do you treat hepatitis C
my coworker recommended you
class has been cancelled so I can come at 3
my coworker tested positive for covid, should I still come
I was exposed to covid last week
my roommate tested positive for the flu
measles is in the news, are we safe
the TB skin test reading is on thursday right
is the TB test covered
my daughter is positive she wants braces
exposed root on my tooth, is that bad
over exposure on the x ray
necesito la prueba de tuberculosis para el trabajo
tienen la vacuna del sarampión
mi papá tuvo tuberculosis hace años
cuánto cuesta la prueba de VIH
I'm positive my appointment was at 2
school physical form needs the chickenpox date
my HIV test results
can I get tested for STDs
my teacher has a note for you
""".strip().splitlines()

STOPPED = """
And they gave me a list of meds, I stopped the blood thinner one because it makes me bruise. Is thursday ok?
I stopped taking my eliquis, it makes me bruise
i quit my keppra, it makes me tired
quit taking plavix last week
I've stopped my xarelto on my own
stopped the prednisone, it made me puffy
stopped my prograf because of the shakes
I haven't been taking my warfarin
havent taken my eliquis in a week
he stopped taking his seizure meds
mom stopped her insulin because she feels fine
my dad won't take his blood thinner anymore
he refuses to take his insulin
I don't take the brilinta anymore, too expensive
I took myself off lamictal
went off my biktarvy a month ago
been skipping my insulin to save money
skipped my tacrolimus for three days
I had a stent put in last week and I stopped the pills they gave me
since the stroke he stopped taking his meds
just had a heart attack and I quit taking the aspirin, hurts my stomach
stopped all my meds after the transplant
dejé de tomar el anticoagulante porque me salen moretones, está bien el jueves?
dejé el eliquis porque me salen moretones
ya no me tomo la warfarina
mi mamá dejó la insulina
mi papá ya no se pone la insulina
dejé de ponerme la insulina
mi hijo no se quiere tomar las pastillas para las convulsiones
no me he tomado el clopidogrel en una semana
suspendí la prednisona por mi cuenta
me pusieron un stent y dejé de tomar las pastillas
le dio un derrame y ya no se toma las medicinas
""".strip().splitlines()

NOT_STOPPED = """
should I stop my blood thinner before the extraction
when do I stop eliquis before surgery
do I need to stop taking plavix
can I stop taking prednisone now
the doctor stopped my warfarin last month
my cardiologist took me off plavix
Dr Lee told me to stop the eliquis so I stopped taking my eliquis, when do I come in
I stopped my eliquis two days before the colonoscopy like you said
they stopped the insulin in the hospital
I was told to stop taking my xarelto for the surgery, I stopped it monday
my insurance stopped covering eliquis
the pharmacy stopped carrying lantus
I stopped taking my claritin
I stopped the vitamin D
quit smoking after my stent
I stopped drinking since the heart attack
stopped going to rehab after my stroke
I finished the prednisone you gave me
I stopped my eliquis years ago
I never stopped taking my keppra
I haven't stopped my insulin
if I stopped taking lamictal would my acne clear up
need a refill of my eliquis, last filled in October
stopped by the pharmacy and they have no eliquis refill on file
the swelling stopped after prednisone
I stopped at your desk about the insulin samples
I didn't stop my blood thinner
dejé la insulina en la casa de mi hermana, está en el refrigerador
el doctor me quitó la warfarina
el doctor me dijo que dejara de tomar el eliquis
tengo que dejar de tomar el eliquis antes de la cirugía?
cuándo dejo de tomar el anticoagulante
dejé un mensaje sobre la insulina
ya no me tomo la vitamina C
dejé de fumar después del infarto
""".strip().splitlines()

DOSES_TO_CLARIFY = """
Pharmacist at Walgreens Elm St, verifying dose on methotrexate rx for Helen Dorsey, written 15 mg daily
verifying dose on methotrexate rx, written 15 mg daily
CVS here, need to clarify directions on the warfarin script for Mr. Ames
this is Tom, pharmacist at Publix. the sig on the metoprolol rx says 10 tablets twice a day, please verify
pharmacy calling to confirm the dose on a fentanyl patch prescription
calling from the nursing home, the methotrexate order reads every day, is that right
hi its the hospice nurse, need dose clarification on the morphine order
Farmacia Navarro, queremos verificar la dosis de metotrexato, dice 15 mg diarios
le llamo de la farmacia para confirmar la dosis de la receta de warfarina
""".strip().splitlines()

NO_DOSES_TO_CLARIFY = """
can you confirm the dose of my amoxicillin
my pharmacy says they never got the script
which pharmacy did you send it to
need to verify my insurance
verifying my appointment for thursday
I want to double check my dose of vitamin d
the pharmacist said to call you for a refill
CVS here, refill request for lisinopril 10 mg daily
walgreens needs a prior auth for the wegovy rx
calling from the pharmacy about your new delivery service
nurse at the school, need the immunization form
can you clarify the directions to your office, I am at the pharmacy
when will the pharmacist verify my rx
mi farmacia no tiene la receta
quiero confirmar la cita
""".strip().splitlines()


@pytest.mark.parametrize("text", RUNNING_OUT)
def test_who_is_out_of_what_must_not_be_interrupted_needs_somebody_today(text: str) -> None:
    assert runs_out(text)
    assert triage_level(None, screen_text(text), Thresholds(1.0, 0.5), text) is not TriageLevel.ROUTINE


@pytest.mark.parametrize("text", NOT_RUNNING_OUT)
def test_refills_in_time_and_other_supplies_can_wait(text: str) -> None:
    assert not runs_out(text)


@pytest.mark.parametrize("text", EXPOSED)
def test_who_was_close_to_a_contagious_disease_needs_somebody_today(text: str) -> None:
    assert tells_of_exposure(text)
    assert triage_level(None, screen_text(text), Thresholds(1.0, 0.5), text) is not TriageLevel.ROUTINE


@pytest.mark.parametrize("text", NOT_EXPOSED)
def test_tests_vaccines_old_illnesses_and_everyday_colds_are_no_exposure(text: str) -> None:
    assert not tells_of_exposure(text)


@pytest.mark.parametrize("text", STOPPED)
def test_who_stops_a_vital_medicine_by_themselves_needs_somebody_today(text: str) -> None:
    assert stops_medicine(text)
    assert triage_level(None, screen_text(text), Thresholds(1.0, 0.5), text) is not TriageLevel.ROUTINE


@pytest.mark.parametrize("text", NOT_STOPPED)
def test_what_a_doctor_stopped_and_questions_about_stopping_can_wait(text: str) -> None:
    assert not stops_medicine(text)


@pytest.mark.parametrize("text", DOSES_TO_CLARIFY)
def test_a_professional_who_doubts_a_dose_needs_somebody_today(text: str) -> None:
    assert clarifies_dose(text)
    assert triage_level(None, screen_text(text), Thresholds(1.0, 0.5), text) is TriageLevel.SAME_DAY


@pytest.mark.parametrize("text", NO_DOSES_TO_CLARIFY)
def test_a_pharmacy_with_an_errand_and_a_patient_who_asks_for_a_dose_can_wait(text: str) -> None:
    assert not clarifies_dose(text)


@pytest.mark.parametrize(
    "text", ["out of insulin since friday and he wont wake up", "exposed to TB, now I'm coughing up blood"]
)
def test_an_emergency_stays_one(text: str) -> None:
    assert triage_level(None, screen_text(text), Thresholds(1.0, 0.5), text) is TriageLevel.EMERGENCY


def test_few_routine_messages_are_raised() -> None:
    texts = [message.text for message in corpus_messages() if message.level is TriageLevel.ROUTINE]
    raised = sum(
        any(tells(text) for tells in (runs_out, tells_of_exposure, stops_medicine, clarifies_dose)) for text in texts
    )

    assert raised <= MOST_RAISED * len(texts)
