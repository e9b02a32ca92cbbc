"""Turn a network's output into probabilities and decisions: pure arithmetic, shared by serving and calibration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from classifier.outputs import (
    DANGER_COLUMNS,
    INTENTS,
    LABELS,
    LANGUAGE_COLUMNS,
    LANGUAGES,
    LEVEL_COLUMNS,
    MENTION_COLUMNS,
    Language,
    check_columns,
)
from classifier.rules.cries import plea_language
from classifier.rules.denials import denial_language, denies_on_form
from classifier.rules.details import is_detail
from classifier.rules.errands import is_errand, is_visit_log, was_seen
from classifier.rules.losses import find_loss
from classifier.rules.minor_complaints import is_minor
from classifier.rules.plain_words import (
    kind_of_threat,
    needs_today,
    speaks_of_dying,
    tells_of_injury,
    tells_of_mistaken_dose,
    tells_of_swallowing,
    tells_of_violence,
)
from classifier.rules.praise import is_praise
from classifier.rules.pressing import is_pressing
from classifier.rules.remarks import needs_surer_alarm
from classifier.rules.screen import Screening
from intake.vocabulary import DangerKind, TriageLevel

Floats = NDArray[np.float64]

SELF_HARM_SUSPECTED = 0.3
"""The probability from which an emergency counts as self-harm: naming a helpline too many does no harm."""
SELF_HARM_SURE = 0.9
"""The same where the words tell of violence, or for certain of another danger: that reply must not be about suicide."""
UNREACHABLE = 1.01
"""A bar above every probability."""
INGESTION_SUSPECTED = 0.5
SURE_OF_ENGLISH = 0.9
"""The probability of English from which Spanish words that tell of a danger do not make the reply Spanish."""
LONG_WORDS = 60
"""Texts of more words have alarm thresholds of their own: much in them sounds like danger, and danger takes words."""

DANGER_SUSPECTED = 0.01
"""The probability from which the network suspects self-harm, or that something was swallowed, if none was chosen."""

MINOR_IF_UNDER = 0.1
"""The probability of self-harm or of something swallowed from which no everyday complaint is a mere one."""

LOSS_ALARM = 0.35
"""The least probability of an emergency that raises an alarm by itself where a message reports a death or a loss.

Of 132 training messages that do, the network gives 22 that tell of a danger at least 0.69, and all but one of the
others less than 0.3.
"""

SURER_ALARM = 0.6
"""The same where a message asks that nobody learn of a visit, or jokes about eating; below it is no danger at all."""

ERRAND_ALARM = 0.8
"""The same where a message has an errand or good news in the words of a danger, and nothing that may be worse."""

WEAK_ALARM = 0.5
"""The probability of an emergency below which the words alone may make a same-day matter of it."""
HIDES_DANGER = 0.2
"""The probability of self-harm or of something swallowed from which they may not: people hide both in plain words."""

SHORT_WORDS = 8
"""Texts of no more words have a bar of their own for an alarm without a sign: they say too little for less."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The probabilities at which the service acts on what the network says about messages in one language.

    Attributes:
        temperature: The number that the labels' logits are divided by before the softmax; above 0.
        review: The least confidence, 0–1, at which an intent is acted on without a person.
        of_intents: The same for intents that have a threshold of their own.
        scope: The least probability, 0–1, that any intent fits, at which one is acted on without a person.
        acknowledgement: The least probability, 0–1, at which a message counts as one that needs no answer, if no
            label is more probable.
        person: The same for a message that only asks for a person.
        praise: The same for a message that only praises the practice.
        emergency: The least probability of an emergency, 0–1, that raises the alarm by itself.
        emergency_with_sign: The least probability that raises it together with an ambiguous danger sign.
        suspicion: The least probability of self-harm, or that something was swallowed, 0–1, at which the network
            suspects it.
        other_emergency: The same as `emergency` where the network suspects neither self-harm nor that something was
            swallowed; None if it is the same.
        short_emergency: The same as `emergency` for short texts; None if it is the same.
        short_other_emergency: The same as `other_emergency` for short texts; None if it is `short_emergency`.
        long_emergency: The same as `emergency` for long texts; None if it is the same.
        long_emergency_with_sign: The same as `emergency_with_sign` for long texts; None if it is the same.
        same_day: The least probability of an emergency or a same-day matter, 0–1, that makes a message a same-day one.
        mention: The least probability, 0–1, at which a second intent is reported.
    """

    temperature: float
    review: float
    of_intents: Mapping[str, float] = field(default_factory=dict)
    scope: float = 0.0
    acknowledgement: float = 1.0
    person: float = 1.0
    praise: float = 1.0
    emergency: float = 1.0
    emergency_with_sign: float = 0.0
    suspicion: float = DANGER_SUSPECTED
    other_emergency: float | None = None
    short_emergency: float | None = None
    short_other_emergency: float | None = None
    long_emergency: float | None = None
    long_emergency_with_sign: float | None = None
    same_day: float = 1.0
    mention: float = 1.0

    def review_of(self, intent: str) -> float:
        """Return the least confidence, 0–1, at which an intent is acted on without a person."""
        return self.of_intents.get(intent, self.review)

    def alarm_at(self, signed: bool, text: str, *, suspected: bool = True) -> float:
        """Return the least probability of an emergency, 0–1, that raises the alarm.

        People hide self-harm and belittle what a child swallowed, and name what hurts: less must do for the former.

        Args:
            signed: Whether there is an ambiguous danger sign, which never makes an alarm less likely.
            text: The message, whose length counts.
            suspected: Whether the network suspects self-harm, or that something was swallowed.
        """
        alone, with_sign = self.emergency, self.emergency_with_sign
        if not suspected and self.other_emergency is not None:
            alone = self.other_emergency
        if is_short(text):
            short = (None if suspected else self.short_other_emergency) or self.short_emergency
            alone = alone if short is None else short
        if is_long(text):
            alone = alone if self.long_emergency is None else self.long_emergency
            with_sign = with_sign if self.long_emergency_with_sign is None else self.long_emergency_with_sign
        return min(alone, with_sign) if signed else alone


class Outputs:
    """The columns of a network's output, by name."""

    def __init__(self, names: Sequence[str]) -> None:
        """Take the columns' names, as `classifier.outputs.check_columns` wants them.

        Raises:
            ValueError: The names are not those of a network that can be served.
        """
        check_columns(names)
        self.names = tuple(names)
        self.labels = tuple(name for name in names if name in LABELS)
        self.intents = tuple(name for name in names if name in INTENTS)
        self._label_columns = self._places(self.labels)
        self._intent_places = [self.labels.index(intent) for intent in self.intents]
        self._ordered_places = [self.labels.index(intent) for intent in INTENTS]
        self._language_columns, self._level_columns, self._danger_columns, self._mention_columns = (
            self._places(group) if group[0] in names else None
            for group in (LANGUAGE_COLUMNS, LEVEL_COLUMNS, DANGER_COLUMNS, MENTION_COLUMNS)
        )

    def _places(self, group: Sequence[str]) -> list[int]:
        return [self.names.index(name) for name in group]

    def probabilities(self, logits: Floats, temperature: float) -> Floats:
        """Return the probability of every label, rows summing to 1, of rows of logits."""
        return softmax_rows(logits[:, self._label_columns] / temperature)

    def languages(self, logits: Floats) -> Floats | None:
        """Return the probabilities of `LANGUAGES` in rows of logits, or None if the network does not know them."""
        return None if self._language_columns is None else softmax_rows(logits[:, self._language_columns])

    def levels(self, logits: Floats) -> Floats | None:
        """Return the probability of each triage level in rows of logits, or None if the network does not know them."""
        return None if self._level_columns is None else softmax_rows(logits[:, self._level_columns])

    def dangers(self, logits: Floats) -> Floats | None:
        """Return the probability of each of `DANGERS` in rows of logits, or None if the network does not know them."""
        return None if self._danger_columns is None else _sigmoid(logits[:, self._danger_columns])

    def mentions(self, logits: Floats) -> Floats | None:
        """Return the probability that each of `INTENTS` is asked for, or None if the network does not know."""
        return None if self._mention_columns is None else _sigmoid(logits[:, self._mention_columns])

    def intent_shares(self, probabilities: Floats) -> Floats:
        """Return the intents' probabilities from a row of label probabilities, in the order of `intents`."""
        shares: Floats = probabilities[self._intent_places]
        return shares

    def ordered_shares(self, probabilities: Floats) -> Floats:
        """Return the intents' probabilities from rows of label probabilities, in the order of `INTENTS`."""
        shares: Floats = probabilities[:, self._ordered_places]
        return shares

    def given_an_intent(self, shares: Floats) -> Floats:
        """Return the intents' probabilities, given that one of the intents fits."""
        # If there are only intents, their sum is 1 but for rounding, and dividing would change the last digits.
        return shares if self.labels == self.intents else shares / shares.sum()


def softmax_rows(scores: Floats) -> Floats:
    """Return the softmax of each row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: Floats = powers / powers.sum(axis=1, keepdims=True)
    return result


def _sigmoid(scores: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(-scores))
    return result


def is_long(text: str) -> bool:
    """Return whether a text has the alarm thresholds of long ones."""
    return len(text.split()) > LONG_WORDS


def is_short(text: str) -> bool:
    """Return whether a text has the alarm threshold of short ones."""
    return len(text.split()) <= SHORT_WORDS


def triage_level(
    levels: Floats | None,
    screening: Screening,
    thresholds: Thresholds,
    text: str,
    dangers: Floats | None = None,
    is_harmless: Callable[[str], bool] | None = None,
) -> TriageLevel:
    """Return how soon a person must see a message.

    A certain danger sign is an emergency whatever the network says; an ambiguous one needs its agreement. Without a
    sign, a message that only denies symptoms, praises care, or gives details is neither an emergency nor a same-day
    matter, and one that only begs for help is at least a same-day matter. So is one about a medicine that must not be
    interrupted and runs out or was stopped, about a dose that a pharmacist doubts, or about contact with a contagious
    disease. A weak alarm that the words of the message doubt is a same-day matter.

    Args:
        levels: The network's probabilities of the three levels, one row per window of the message; None if it has no
            such output, and then the signs decide alone.
        screening: The danger signs in the words.
        thresholds: The calibrated thresholds of the message's language.
        text: The message, whose length and plain words count.
        dangers: The network's probabilities of self-harm and ingestion, one row per window; None if it has no such
            output, and then both are suspected.
        is_harmless: What says whether the words of a message are those of a harmless one; None if nothing does.
    """
    signed = screening != Screening()
    if screening.certain or (levels is None and signed):
        return TriageLevel.EMERGENCY
    if not signed and (denial_language(text) or denies_on_form(text) or is_praise(text) or is_detail(text)):
        return TriageLevel.ROUTINE
    seen = was_seen(text)
    cannot_wait = seen or needs_today(text) or plea_language(text) or is_pressing(text)
    least = TriageLevel.SAME_DAY if cannot_wait else TriageLevel.ROUTINE
    if levels is None:
        return least
    # One dangerous window is enough.
    emergency, pressing = levels[:, 0].max(), levels[:, :2].sum(axis=1).max()
    suspected = dangers is None or bool(is_suspected(dangers, thresholds.suspicion).any())
    if not signed and (seen or is_visit_log(text)):
        return least
    if not signed and emergency < ERRAND_ALARM and is_errand(text) and not is_pressing(text):
        return least
    if not signed and emergency < SURER_ALARM and needs_surer_alarm(text):
        emergency, pressing = 0.0, levels[:, 1].max()
    if emergency >= thresholds.alarm_at(signed, text, suspected=suspected) and (
        signed or emergency >= LOSS_ALARM or not find_loss(text)
    ):
        is_plain = dangers is not None and dangers.max() < MINOR_IF_UNDER and is_minor(text)
        if signed or not is_plain:
            is_weak = not signed and emergency < WEAK_ALARM and dangers is not None and dangers.max() < HIDES_DANGER
            is_doubted = is_weak and is_harmless is not None and is_harmless(text)
            return TriageLevel.SAME_DAY if is_doubted else TriageLevel.EMERGENCY
    return TriageLevel.SAME_DAY if pressing >= thresholds.same_day else least


def is_suspected(dangers: Floats, suspicion: float) -> NDArray[np.bool_]:
    """Return which rows of the network's probabilities of self-harm and ingestion reach a suspicion, 0–1."""
    suspected: NDArray[np.bool_] = dangers.max(axis=1) >= suspicion
    return suspected


def danger_language(languages: Floats | None, screening: Screening, text: str) -> Language | None:
    """Return the language in which the words tell of a danger, deny one or beg for help; None if the network decides.

    Args:
        languages: The network's probabilities of `LANGUAGES`; None if it does not know them.
        screening: The danger signs in the words.
        text: The message.
    """
    if found := denial_language(text) or plea_language(text):
        return found
    if screening.language != "es":
        return None
    # Of a few words, of which some are a certain sign, the words know better than the network.
    is_plain = screening.certain is not None and is_short(text)
    is_english = languages is not None and languages[LANGUAGES.index("en")] >= SURE_OF_ENGLISH
    return None if is_english and not is_plain else "es"


def danger_kind(dangers: Floats | None, screening: Screening, text: str) -> DangerKind:
    """Return the kind of danger of an emergency.

    Args:
        dangers: The network's probabilities of self-harm and ingestion in the most dangerous window; None if it has
            no such output.
        screening: The danger signs in the words.
        text: The message, which may tell plainly that something was swallowed, of violence, or of a threat.
    """
    named = screening.certain or screening.possible
    threatened = kind_of_threat(text)
    if named != DangerKind.SELF_HARM and tells_of_mistaken_dose(text):
        return DangerKind.INGESTION
    if named == DangerKind.INGESTION or (named == DangerKind.SELF_HARM and threatened is None):
        return named
    if threatened is not None:
        return threatened
    self_harm, ingestion = (0.0, 0.0) if dangers is None else dangers
    if self_harm >= _self_harm_bar(screening, text):
        return DangerKind.SELF_HARM
    is_swallowed = ingestion >= INGESTION_SUSPECTED or tells_of_swallowing(text)
    return DangerKind.INGESTION if is_swallowed else DangerKind.OTHER


def _self_harm_bar(screening: Screening, text: str) -> float:
    """Return the least probability of self-harm that makes an emergency one of that kind.

    Without words of dying, a fall or a lack of breath is what it says. Its reply names 988, too.
    """
    if tells_of_violence(text):
        return SELF_HARM_SURE
    if speaks_of_dying(text):
        return SELF_HARM_SUSPECTED
    if tells_of_injury(text):
        return UNREACHABLE
    return SELF_HARM_SUSPECTED if screening == Screening() else SELF_HARM_SURE
