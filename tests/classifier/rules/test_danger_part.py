"""Which part of a message a line of it begins with."""

from __future__ import annotations

import pytest

from classifier.rules.danger_part import from_danger_on


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("I have crushing chest pain", "I have crushing chest pain"),
        (
            "Can I move my physical? It is for Tuesday morning at nine.\nAlso I can't breathe right now at all.",
            "…Also I can't breathe right now at all.",
        ),
        (
            "Quería cambiar mi cita para el martes, también me duele el pecho y se me duerme el brazo",
            "…también me duele el pecho y se me duerme el brazo",
        ),
        (
            "My head hurts a bit since this morning. I want to end my life and nobody cares.",
            "…I want to end my life and nobody cares.",
        ),
        (
            "Hi this is Ana, I need to reschedule my cleaning. Also my husband cant breathe",
            "…Also my husband cant breathe",
        ),
        ("Please cancel my visit on Monday. I took all my pills", "…I took all my pills"),
        ("Quiero cambiar mi cita del martes por favor. No respira mi bebé", "…No respira mi bebé"),
        (
            "Quick question about the bill. Is that ok. My dad collapsed. He isnt breathing",
            "…My dad collapsed. He isnt breathing",
        ),
        (
            "I need a refill of my inhaler please. Chest hurts, and my arm is numb",
            "…Chest hurts, and my arm is numb",
        ),
        ("i just dont see the point anymore. gave my dog to my sister today", None),
        ("Nothing feels real these days. gave my dog to my sister today", None),
        (
            "Can you send me the form for my job by Friday? I dont see the point anymore. gave my dog to my sister",
            "…I dont see the point anymore. gave my dog to my sister",
        ),
        (
            "I was hoping that somebody there could mail me my records from last year. I can't go on like this",
            "…I can't go on like this",
        ),
        ("Is it open on Monday for the flu shot? Thank you so very much for all your help.", None),
    ],
)
def test_it_begins_where_the_danger_is(text: str, line: str | None) -> None:
    assert from_danger_on(text) == (line or text)
