"""Names of people in the forms that people write and say them."""

from __future__ import annotations

from classifier.text.normalise import without_accents
from training.data.spans.setting import NoValueError, SpanSetting
from training.data.spans.spoken import spelled_letters

_SUFFIXES = ("Jr", "Jr.", "Sr.", "III", "II", "IV")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ENGLISH_FIRST = (
    "english", "english", "english", "nicknames", "words", "more_words", "more_words", "african_american",
)  # fmt: skip
_OTHER_FIRST = (
    "spanish", "spanish", "south_asian", "east_asian", "southeast_asian", "middle_eastern", "african", "slavic",
    "western_european", "other", "more_asian", "more_european", "more_spanish", "east_african",
    "caribbean_and_west_african", "island_and_indigenous",
)  # fmt: skip
_ENGLISH_LAST = ("english", "english", "english", "words", "more_words", "celtic")
_OTHER_LAST = (
    "spanish", "spanish", "german_jewish", "italian_french_portuguese", "northern", "slavic", "south_asian",
    "east_asian", "southeast_asian", "middle_eastern", "african", "other", "more_asian", "more_european",
    "more_spanish", "african_and_caribbean", "island_and_indigenous", "double",
)  # fmt: skip
_SPANISH_FIRST = ("spanish", "spanish", "more_spanish")
_SPANISH_LAST = ("spanish", "spanish", "more_spanish", "double")


def first_name(setting: SpanSetting) -> str:
    """Return a given name, as written."""
    return _typed(_given(setting), setting)


def last_name(setting: SpanSetting) -> str:
    """Return a family name, as written, and remember it for whoever spells it."""
    family = _family(setting)
    setting.said["family"] = family
    return _typed(family, setting)


def full_name(setting: SpanSetting) -> str:
    """Return a given and a family name, as written."""
    rng = setting.rng
    first, last = _given(setting), _family(setting)
    setting.said["family"] = last
    if setting.spoken:
        return _typed(_spoken_name(first, last, setting), setting)
    forms = [f"{first} {last}"] * 16
    if len(first) > 1:
        forms += [f"{first} {rng.choice('ABCDEFGHJKLMRST')}. {last}", f"{first} {rng.choice('ABCDEGHJKLMR')} {last}"]
    forms += [
        f"{first[0]}. {last}", f"{first[0]} {last}", f"{last}, {first}", f"{last}, {first}", f"{last} {first}",
        f"{first} {_given(setting)} {last}", f"{first} {last} {rng.choice(_SUFFIXES)}", f"{first} {last[0]}.",
        f"{first} {last[0]}", f"{first[0]}.{last[0]}.", f"{first} {_family(setting)}-{last}",
    ]  # fmt: skip
    if setting.spanish:
        forms += [f"{first} {last} {_family(setting)}"] * 6 + [f"{first} {_given(setting)} {last}"] * 2
    return _typed(rng.choice(forms), setting)


def provider_name(setting: SpanSetting) -> str:
    """Return the name of a doctor or another provider, without a title."""
    if setting.rng.random() < 0.75:
        return last_name(setting)
    return f"{first_name(setting)} {last_name(setting)}"


def relative_name(setting: SpanSetting) -> str:
    """Return the name of somebody other than the patient."""
    return first_name(setting) if setting.rng.random() < 0.5 else full_name(setting)


def spelled_name(setting: SpanSetting) -> str:
    """Spell the family name that was said last."""
    family = str(setting.said.get("family") or _family(setting))
    return spelled_letters(without_accents(family.split()[-1]), setting.rng)


def _spoken_name(first: str, last: str, setting: SpanSetting) -> str:
    form = setting.rng.randrange(18)
    if form == 0:
        return f"{first} {last}, {spelled_letters(without_accents(last), setting.rng)}"
    if form == 1:
        return f"{first} {last} {spelled_letters(without_accents(last), setting.rng)}"
    if form == 2:
        return f"{last}, {first}"
    if form in (3, 4) and (setting.spanish or form == 3):
        return f"{first} {last} {_family(setting)}"
    if form == 5:
        return f"{first} {_given(setting)} {last}"
    if form == 6:
        return setting.rng.choice((first, last))
    if form == 7:
        return f"{last} {first}"
    return f"{first} {last}"


def _given(setting: SpanSetting) -> str:
    rng, values = setting.rng, setting.values
    if setting.spanish and rng.random() < 0.85:
        return values.pick("first_names", rng, _SPANISH_FIRST)
    if rng.random() < 0.15:
        fake = setting.faker()
        return values.draw(fake.first_name)
    groups = _ENGLISH_FIRST if rng.random() < 0.55 else _OTHER_FIRST
    return values.pick("first_names", rng, groups)


def _family(setting: SpanSetting) -> str:
    rng, values = setting.rng, setting.values
    if setting.spanish and rng.random() < 0.85:
        return values.pick("last_names", rng, _SPANISH_LAST)
    if rng.random() < 0.2:
        fake = setting.faker()
        try:
            return values.draw(fake.last_name)
        except NoValueError:  # a language with few family names may have none that is held out
            return values.pick("last_names", rng)
    name = values.pick("last_names", rng, _ENGLISH_LAST if rng.random() < 0.5 else _OTHER_LAST)
    if rng.random() < 0.04:
        return f"{name}{rng.choice('-- ')}{values.pick('last_names', rng)}"
    return name


def _typed(name: str, setting: SpanSetting) -> str:
    """Write a name the way a phone types it: accents lost, a letter wrong, all in capitals, or in lower case."""
    rng = setting.rng
    if rng.random() < (0.3 if setting.spanish else 0.5):
        name = without_accents(name)
    if not setting.spoken and rng.random() < 0.03:
        name = _misspelled(name, setting)
    if setting.casual and rng.random() < 0.75:
        return name.lower()
    draw = rng.random()
    if setting.spoken:
        return name.lower() if draw < 0.3 else name
    return name.upper() if draw < 0.02 else name.lower() if draw < 0.08 else name


def _misspelled(name: str, setting: SpanSetting) -> str:
    rng = setting.rng
    if len(name) < 4:
        return name
    place = rng.randrange(1, len(name) - 1)
    return rng.choice(
        (
            name[:place] + name[place + 1 :],
            name[:place] + name[place] + name[place:],
            name[:place] + name[place + 1] + name[place] + name[place + 2 :],
            name[:place] + rng.choice(_LETTERS) + name[place + 1 :],
        )
    )
