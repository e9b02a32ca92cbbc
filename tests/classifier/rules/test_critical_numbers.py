"""Readings that are an emergency by their number alone, each beside doses, clocks, prices, and other readings."""

from __future__ import annotations

import pytest

from classifier.rules.critical_numbers import load_finders
from classifier.rules.screen import Screening, screen_text
from intake.vocabulary import DangerKind

CRITICAL = """
potassium 6.8 per the portal message, should i keep taking lisinopril
my potassium came back 6.4 on the portal is that bad
mychart says my potassium is 6.2
my chart says potassium 6.8
potassium of 7
K+ 6.9 on my labs
potassium level went from 5.1 to 6.6
portal says my INR is 9
INR of 9
INR came back at 8.4, should i skip the coumadin
lab called sodium 118, doctor on vacation?
sodium is 165
my sugar is 38 but i ate a cookie
sugar 48 and shaky can u move my appt
blood sugar dropped to 41
my sugar was 41 this morning, ate something, is 50 now, do i take my insulin
glucose 520 all day, no ketone strips, can i get a refill
my sugars are over 400
blood sugar: 455
insulin pump out since last night, sugar reads HI
meter just says HI since last night and im thirsty
dexcom reads LO
pulse ox 85
pulse ox says 79
her oxygen is 84%
86% oxygen at home
o2 sat 87
the finger clip says 79 today, probably just cold fingers
the clip on her finger reads 81
finger monitor reads 78
the thing on my finger says 81
she's satting 82
sat is 79
oxygen in the 70s
her oxygen is down in the low 80s
my blood pressure is 210/118 but i feel ok
bp 190 over 125
watch says 172 for an hour just sitting. good otherwise
my resting heart rate is 158
pulse is 33 and im woozy
mi amá trae 38 de azúcar y nomás balbucea
mi pulso anda en 165 acostado
190/125 on my cuff this morning
pressure 182/112
bp is 205
bottom number is 124
hemoglobin 5.8, when is my iron visit
my hgb is 5.2
portal says troponin high what is that
troponin came back elevated
fever of 104.5
temp 105
he has a 104 fever
fever of 40.2
temperature is 40.5 C
""".strip().splitlines()

CRITICOS = """
mi potasio salió en 6.8
potasio 6,8 en el portal
me salió el potasio en 6.5
el sodio le salió en 117
mi INR está en 9
azúcar en 38
azúcar en 480 y mucha sed, necesito cita
se me bajó el azúcar a 40 pero ya comí
mi glucosa anda en 450
el azúcar de mi mamá está en 520
el medidor marca HI desde anoche
oxígeno en 84
la saturación le bajó a 82
saturación 80
su oxigenación está en 82
el saturómetro marca 80
pulsioxímetro 79
la pinza del dedo dice 79
el aparatito del dedo marca 79
mi presión está en 200/115
presión de 190 sobre 125
presión 190 con 120
la hemoglobina me salió en 5.4
la troponina salió alta
tiene 40.3 de temperatura
tiene 40 de fiebre
fiebre de 40
""".strip().splitlines()

ORDINARY = """
my watch says 182 on the peloton
my pulse was 158 on the treadmill
the apple watch was 200 dollars
I walked 150 steps says my watch
her heart rate was 165 at the ultrasound
potassium 4.8 on the portal, is that ok
potassium 10 meq twice a day
can you refill my potassium 8 meq tablets
potassium test at 8
is potassium of 5.1 high
my INR is 2.4
INR at 9 tomorrow
can i move my INR to 9
INR 9 tomorrow works
INR check on 6/12
need my INR in 6 weeks
INR 10am please
sodium 140
1500 mg sodium diet
sodium 120 mg per serving
my A1c 6.8
hemoglobin a1c was 5.9
my hemoglobin was 5.8 so prediabetic right
hemoglobin 12.5
my sugar is 120
sugar was 180 after lunch
sugar free gum 50 pack
glucose test at 400 pm
glucose test at 4:00
glucose monitor cost $450
if my sugar is 400 what should i do
when my sugar is 45 which juice works
keep my sugar under 400
my sugar was 38 last month
my sugar was 41 but its 110 now
sugar 400 calories
oxygen is 98 at home
oxygen at 2 liters
oxygen is 79 dollars
oxygen rental went up to 79 a month
on oxygen, 79 years old
finger clip says 97
finger clip says 79 bpm
finger clip cost 79
oximeter says 97 and pulse 79
my finger splint is 79 dollars
I weigh 79
temp is 79
can i come sat 79 people
oxygen in the 90s
120/80 today
bp 145/92, want me to change anything
blood pressure 150 over 95
vision is 20/200
losartan hctz 100/25
advair 250/50
amoxicillin 250/125 mg
tire pressure 35
paid $200/150 of the bill
fever of 101
temp 99.8
its 104 degrees outside and my temp gauge is broken
fever 40 minutes ago
40 weeks and no fever
troponin was normal
is the troponin test covered
the meter says hi to the nurse
meter just says LO BAT
sugars up 20 pts like last time
my dad had a fever of 104 in 2015
mi potasio salió en 4.2
mi azúcar está en 110
azúcar a las 8 de la mañana
mi presión está en 130/80
la temperatura es de 37
la temperatura es de 79
el oxígeno cuesta 79 al mes
la pinza del dedo dice 97
el aparatito del dedo cuesta 79
pesa 79
presión 120 con 80
""".strip().splitlines()


@pytest.mark.parametrize("text", CRITICAL)
def test_a_critical_number_is_an_emergency(text: str) -> None:
    assert screen_text(text).certain is DangerKind.OTHER


@pytest.mark.parametrize("text", CRITICOS)
def test_a_critical_number_in_spanish_is_an_emergency_in_spanish(text: str) -> None:
    screening = screen_text(text)

    assert screening.certain is DangerKind.OTHER
    assert screening.language == "es" or not any(word in text for word in ("potasio", "azúcar", "hemoglobina"))


@pytest.mark.parametrize("text", ORDINARY)
def test_other_numbers_are_none(text: str) -> None:
    assert screen_text(text).certain is None


def test_in_a_letter_a_number_alone_leaves_it_to_the_network() -> None:
    letter = "We moved here in May and I am looking for a doctor who has time to listen. " * 6

    assert screen_text(f"{letter}My pressure was 210/118.") == Screening(possible=DangerKind.OTHER)


def test_each_language_has_its_measures() -> None:
    assert [finder.language for finder in load_finders()] == ["en", "es"]
