"""Dangers in the plainest words, English and Spanish, each beside ordinary lines that share them."""

from __future__ import annotations

import pytest

from classifier.rules.screen import screen_text
from intake.vocabulary import DangerKind

SELF_HARM = """
I cut my arm again and Dr peña stitched it last time without asking, can she do it again. please dont tell my dad
i cut my legs again
cut my arm again
she cut her wrist again last night
I burned myself on purpose
he's cutting himself
my son is cutting himself
my daughter has been cutting
I found out my son is cutting
been cutting again
i've been cutting since the summer
ive been cutting again lately
my friend started cutting again
I self harmed last night
she has been self-harming
i relapsed with self harm
I cut myself last night, please dont tell my mom
i hurt myself when im sad
my girlfriend cuts herself when she gets upset
she scratches her arms to feel something
there are fresh cuts on her thighs
he has burns on his arm, he did it to himself
me corté otra vez el brazo
me corté otra vez el brazo, la doctora me lo cosió la otra vez. me puede coser hoy? no le diga a mi papá
me corte otra vez hace rato y no deja de salir
me volví a cortar
volvió a cortarse
mi hija volvió a cortarse anoche
se cortó los brazos
ayer me hice daño en las piernas y me da pena que la doctora las vea
la verdad ya me da igual, ayer me hice daño en las piernas y me da pena que la doctora las vea el jueves
me hice daño a propósito
mi hijo se hace daño
me lastimo cuando me siento mal
me lastimo cuando estoy triste
me pego cuando me enojo
mi amiga se corta a escondidas
mi hermana se ha estado cortando
me corto cuando tengo ansiedad
le encontré cortadas en los brazos
se autolesiona
""".strip().splitlines()

MISHAPS = """
I cut my finger again cooking
cut my finger again with the kitchen knife
I cut my arm again on the fence at work
cut my leg again shaving
I was shaving and cut my leg again
i cut myself shaving this morning
my son cut his arm on a nail, does he need a tetanus shot
my stitches came out where you cut my arm, can I come in again
the doctor cut her skin again for the biopsy
can you cut my hair again
my daughter cut her bangs again, can you fix our photo on file
I cut the arms off the shirt so the sling fits
I've been cutting back on sugar
been cutting carbs
he's been cutting a molar
the wire has been cutting my cheek
I hurt myself again lifting boxes
I hurt my knee again when I get out of the car
i burned my arm again on the oven door
no self harm, just anxious
he isn't cutting himself
there is nothing in her diary about harming herself
what happens if i cut my arm again, do i need new stitches
me corté el dedo con el cuchillo
me corté otra vez el dedo cocinando
me corté otra vez rasurándome
me corté el pelo
me corté las uñas muy cortas
me volví a cortar el cachete con el bracket
se cortó la llamada
se volvió a cortar la luz
se me cortó la leche
no me corté, solo me rasguñó el gato
me hice daño en la espalda cargando cajas
me hice daño otra vez en la rodilla
la férula me hace daño
me lastimo cuando mastico
me lastima el bracket cuando como
la higienista me lastimó la encía
mi hijo se lastimó jugando futbol
le quitaron los puntos de la herida del brazo
""".strip().splitlines()

CHOKING = """
el alambre se le fue por la garganta y está morado
se le fue el bracket por la garganta
se le atoró una moneda en la garganta
se le atoró el alambre en la garganta y está morado
se atragantó con una uva
mi hijo se está atragantando
se le fue por mal camino
se puso moradita
el bebé está azul
mi niña está morada
no puede pasar aire
no le pasa el aire
no puede ni toser
The wire went down his throat and hes turning purple
the crown slipped down her throat and she can't stop coughing
something is stuck in his throat and he can't talk
my son is choking
he's turning purple
she turned blue
he can't get any air
""".strip().splitlines()

NOT_CHOKING = """
se le atoró comida entre los dientes
se me atoró el hilo dental en el bracket
se le atoró el zapato
tengo el ojo morado
el dedo está morado donde me pegué
le quedó un moretón morado
trae los frenos azules
se tragó la corona, no le duele nada ni tose
¿me pueden poner ligas azules o moradas?
no puedo pasar hoy por la receta
the mouthwash went down my throat, is that ok
I'm choking on these prices
can I get the purple bands
the bruise is turning purple
he wants blue brackets
the numbing ran down my throat a little
food gets stuck in my braces
he turns purple when he laughs
""".strip().splitlines()


@pytest.mark.parametrize("text", SELF_HARM)
def test_who_tells_of_cutting_or_hurting_themselves_is_a_self_harm_emergency(text: str) -> None:
    assert screen_text(text).certain is DangerKind.SELF_HARM


@pytest.mark.parametrize("text", MISHAPS)
def test_a_mishap_in_the_kitchen_at_work_or_in_the_mouth_is_no_certain_danger(text: str) -> None:
    assert screen_text(text).certain is None


@pytest.mark.parametrize("text", CHOKING)
def test_a_blocked_airway_is_an_emergency(text: str) -> None:
    assert screen_text(text).certain is DangerKind.OTHER


@pytest.mark.parametrize("text", NOT_CHOKING)
def test_what_is_stuck_elsewhere_or_only_colored_is_no_certain_danger(text: str) -> None:
    assert screen_text(text).certain is None


TOLD_CALMLY = {
    DangerKind.SELF_HARM: """
how many ambien is dangerous
how many zoloft is too many
how many xanax would it take
cuántas pastillas para dormir son peligrosas
no vale la pena seguir con el tratamiento, mejor me dejo ir
ya no quiero seguir, pero bueno, quería preguntar por mi cita
ya no quiero seguir viviendo
""",
    DangerKind.INGESTION: """
Quick question about my Tylenol. I took about thirty of the 500s last night and i feel ok
gave my son 2 tablespoons instead of 2 ml
le di a mi niño 2 cucharadas en vez de 2 ml
me tomé como treinta de las de 500
""",
    DangerKind.OTHER: """
my speech is coming out weird today, stress?
he put his hands around my neck last night. my voice is funny
my husband threw me down the stairs but its just bruises can i get an xray today
mi esposo me aventó por las escaleras
anoche me apretó el cuello
had a miscarriage saturday and still bleeding a lot
perdí al bebé el sábado y estoy sangrando mucho
i skipped dialysis this week, feel puffy, can i come monday
falté a la diálisis y estoy hinchada
missed my seizure meds 3 days, had 2 seizures yesterday, need refill
tuvo dos convulsiones ayer
my son says his coach touched him, who do we see
mi hijo dice que el entrenador lo tocó
my ex has been outside my house again, do you have my new address hidden
mi ex está otra vez afuera de mi casa
""",
}

NO_CERTAIN_DANGER = """
how many ibuprofen can i take a day
how many zoloft are left on my refill
how many zoloft does it take to work
how much gabapentin is too much for my dog
gave him 2 ml like you said
i took ten of the photos you asked for
ya no quiero seguir con el tratamiento de los frenos
ya no quiero seguir esperando, cancelen
no vale la pena seguir pagando
my speech is coming out weird with my new retainer
his hands were around my neck during the adjustment
therapist talked politics whole hr w his hands on my neck
my daughter fell down the stairs, just a bruise
my ex is outside the house to pick up the kids
the coach touched him on the shoulder
le di 2 ml en la mañana
""".strip().splitlines()


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in TOLD_CALMLY.items() for text in texts.strip().splitlines()]
)
def test_a_danger_told_calmly_is_certain(kind: DangerKind, text: str) -> None:
    assert screen_text(text).certain is kind


@pytest.mark.parametrize("text", NO_CERTAIN_DANGER)
def test_what_shares_its_words_is_not(text: str) -> None:
    assert screen_text(text).certain is None
