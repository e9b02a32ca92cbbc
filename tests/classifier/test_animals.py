"""What happens to an animal is a matter for a veterinarian; what happens to somebody beside it is not."""

from __future__ import annotations

import pytest

from classifier.rules.screen import is_urgent, screen_text

ANIMALS = """
dog ate rat poison, vet has her. late for my 2
our mare got into antifreeze, she is ok
the goat swallowed a battery, vet got it out
puppy just ate a whole bottle of vitamins
mi perro se comió el veneno, ya está con el veterinario
se nos murió la perrita, se comió el veneno de las ratas
""".strip().splitlines()
PEOPLE = """
my son and the dog ate rat poison
the baby got into the dog food and ate rat poison
dog is fine but my daughter ate the rat poison
he choked on a hot dog and is not breathing
my calf is swollen and i cant breathe
bit by a dog that was acting drunk, he is foaming and cant swallow
mi hijo se comió el veneno de las ratas
el perro está bien pero mi niña se comió el veneno
""".strip().splitlines()


@pytest.mark.parametrize("text", ANIMALS)
def test_an_animal_raises_no_alarm(text: str) -> None:
    assert screen_text(text).certain is None


@pytest.mark.parametrize("text", PEOPLE)
def test_a_person_may(text: str) -> None:
    assert is_urgent(text)
