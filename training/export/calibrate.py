"""Calibrate a network's confidence and choose the thresholds above which no person has to check its answer.

Everything is chosen for each language apart, on messages by writers of whom the network has seen nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier.network.decoding import (
    DANGER_SUSPECTED,
    Outputs,
    Thresholds,
    is_long,
    is_short,
    is_suspected,
    softmax_rows,
)
from classifier.network.second_intents import SecondIntentWeights
from classifier.outputs import INTENTS, Language
from classifier.rules.screen import Screening
from intake.vocabulary import TriageLevel
from training.data.corpus import CorpusMessage
from training.export.second_intents import (
    choose_threshold,
    collect_evidence,
    fit_weights,
    share_found,
    share_imagined,
    weigh_evidence,
)
from training.recipe import CalibrationTargets
from training.statistics import expected_calibration_error

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Flags = NDArray[np.bool_]
Figures = dict[str, float | None]

CALIBRATED: Final[tuple[Language, ...]] = ("en", "es")
LEAST_MESSAGES: Final = 100
"""The fewest messages with an intent on which a language can be calibrated; English is with any number."""

LEAST_SHORT_MESSAGES: Final = 30
"""The fewest short messages of the everyday writers for a threshold of short texts alone."""

LEAST_LONG_MESSAGES: Final = 30
"""The fewest emergencies, and routine messages that could seem urgent, for thresholds of long texts alone."""

_TEMPERATURES = np.geomspace(0.2, 5.0, 2001)
_STRIDE = 20
"""Only every so many temperatures are tried first, then those around the best: the likelihood has one peak."""
_THRESHOLDS = np.arange(1001) / 1000
_FINE_THRESHOLDS = np.arange(10001) / 10000
_SUSPICIONS = (0.01, 0.02, 0.03, 0.05)
# With an ambiguous sign, only a network that is certain of the opposite may overrule it.
_WITH_SIGN = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
_ALONE = np.round(np.arange(2, 200) / 200, 3)
_SHORT_OTHER = 0.3  # a few words about what hurts, which most often are just that
_LEAST_SURE = 0.3
_MARGIN = 0.02
_PRAISE_SPARED = 0.998
_PERSON_SPARED = 0.995
_LIKELY = 0.5
"""A guess that is more likely wrong than right is never acted on."""


@dataclass(frozen=True, slots=True)
class NetworkAnswers:
    """A network's answers to messages.

    Attributes:
        logits: One row per message, from the network that will be served.
        messages: The messages, with what is known about them.
        screenings: The danger signs in the text of each.
        parts: The network's answers to the parts of each message, one row per part; empty if they were not read.
    """

    logits: Floats
    messages: Sequence[CorpusMessage]
    screenings: Sequence[Screening]
    parts: Sequence[Floats] = ()

    def only(self, chosen: Flags) -> NetworkAnswers:
        """Return the answers to the selected messages."""
        places = np.flatnonzero(chosen).tolist()
        return NetworkAnswers(
            self.logits[chosen],
            [self.messages[p] for p in places],
            [self.screenings[p] for p in places],
            [self.parts[p] for p in places] if self.parts else (),
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """The thresholds of each language, with the figures they achieve on the messages they were chosen on.

    Attributes:
        thresholds: The thresholds.
        figures: What they achieve: `routed` and `accuracy_when_routed` of the messages with an intent,
            `out_of_scope_held`, the calibration error `ece_before` and `ece_after`, `urgent_found` of the emergencies
            and `false_alarms` of the routine messages that could seem urgent, `everyday_alarms` of the routine ones
            of the everyday writers, `same_day_found`, `second_found` of the second intents and `second_imagined` of
            the messages with one intent. Shares from 0 to 1; None where there was no such message.
        confidences: The confidence that a tenth, two tenths, and so on of the messages stay below, from the lowest to
            the highest: what `intake calibrate` compares a practice's own messages with.
        second_intents: How a second intent is weighed; None if the network's mentions alone decide.
    """

    thresholds: Mapping[Language, Thresholds]
    figures: Mapping[Language, Figures]
    confidences: Mapping[Language, Sequence[float]]
    second_intents: SecondIntentWeights | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the content of `calibration.json`."""
        return {
            "languages": {language: asdict(chosen) for language, chosen in self.thresholds.items()},
            "validation": {language: dict(figures) for language, figures in self.figures.items()},
            "confidences": {language: list(deciles) for language, deciles in self.confidences.items()},
            "second_intents": None if self.second_intents is None else asdict(self.second_intents),
        }


def calibrate_network(names: Sequence[str], answers: NetworkAnswers, targets: CalibrationTargets) -> Calibration:
    """Fit the temperatures and choose the thresholds.

    A network that does not know languages is calibrated for English alone, on all messages.

    Args:
        names: The names of the network's columns.
        answers: The network's answers to the validation messages.
        targets: What the thresholds must achieve.
    """
    outputs = Outputs(names)
    spoken = np.array([message.language for message in answers.messages], dtype=object)
    thresholds: dict[Language, Thresholds] = {}
    figures: dict[Language, Figures] = {}
    confidences: dict[Language, Sequence[float]] = {}
    knows_languages = outputs.languages(answers.logits) is not None
    for language in CALIBRATED if knows_languages else ("en",):
        chosen = answers.only(spoken == language) if knows_languages else answers
        intents = sum(message.label in INTENTS for message in chosen.messages)
        if language == "en" or intents >= LEAST_MESSAGES:
            thresholds[language], figures[language] = _calibrate_language(outputs, chosen, targets)
            confidences[language] = _deciles(outputs, chosen.logits, thresholds[language].temperature)
    return _with_second_intents(outputs, answers, Calibration(thresholds, figures, confidences))


def _with_second_intents(outputs: Outputs, answers: NetworkAnswers, calibration: Calibration) -> Calibration:
    """Fit how second intents are weighed, and choose each language's threshold.

    Urgent messages count, too: the team of their second intent is notified as well.
    """
    if outputs.mentions(answers.logits) is None:
        return calibration
    spoken = np.array([message.language for message in answers.messages], dtype=object)
    has_intent = np.array([message.label in INTENTS for message in answers.messages], dtype=bool)
    chosen = has_intent & np.isin(spoken, list(calibration.thresholds))
    known, spoken = answers.only(chosen), spoken[chosen]
    evidence = collect_evidence(
        outputs,
        known.messages,
        known.logits,
        known.parts or [known.logits[:0]] * len(known.messages),
        [calibration.thresholds[language].temperature for language in spoken],
    )
    weights = fit_weights(evidence)
    thresholds, figures = dict(calibration.thresholds), dict(calibration.figures)
    for language, found in calibration.thresholds.items():
        own = evidence.only(spoken == language)
        mention, chances = choose_threshold(own, weights), weigh_evidence(own, weights)
        thresholds[language] = replace(found, mention=mention)
        figures[language] = figures[language] | {
            "second_found": share_found(own, chances, mention),
            "second_imagined": share_imagined(own, chances, mention),
        }
    return replace(calibration, thresholds=thresholds, figures=figures, second_intents=weights)


def _deciles(outputs: Outputs, logits: Floats, temperature: float) -> list[float]:
    probabilities = outputs.probabilities(logits, temperature)
    confidence = [outputs.intent_shares(row).max() for row in probabilities] or [0.0]
    return [round(float(found), 4) for found in np.quantile(confidence, np.linspace(0, 1, 11))]


def _calibrate_language(
    outputs: Outputs, answers: NetworkAnswers, targets: CalibrationTargets
) -> tuple[Thresholds, Figures]:
    triage = _Triage(outputs, answers, targets)
    # Messages that triage sends to staff aren't routed by their intent, which is often doubtful.
    answers = answers.only(np.array([message.level in (None, TriageLevel.ROUTINE) for message in answers.messages]))
    names = [message.label for message in answers.messages]
    labels = np.array([outputs.labels.index(name) if name in outputs.labels else -1 for name in names])
    columns = [outputs.names.index(label) for label in outputs.labels]
    in_scope = np.array([name in INTENTS for name in names])
    own_columns = [outputs.labels.index(intent) for intent in outputs.intents]
    temperature = round(fit_temperature(answers.logits[in_scope][:, columns], own_columns, labels[in_scope]), 4)
    probabilities = outputs.probabilities(answers.logits, temperature)
    confidence, correct = intent_confidence(outputs, probabilities, names)
    # Acknowledgements need no answer, so the thresholds need not block them.
    blocked = (labels >= 0) & ~in_scope & np.array([name != "acknowledgement" for name in names])
    predicted = best_intents(outputs, probabilities)
    fitting = np.array([outputs.intent_shares(row).sum() for row in probabilities])
    review = review_threshold(confidence[in_scope], correct[in_scope], targets.accuracy)
    own = {
        intent: _drawn_to(review, review_threshold(confidence[mine], correct[mine], targets.accuracy))
        for intent in INTENTS
        for mine in [in_scope & (predicted == intent)]
    }
    sure = confidence >= np.array([own[intent] for intent in predicted])
    # What the intents' own thresholds already hold back need not be held back again.
    scope = _blocking_threshold(np.where(sure, fitting, 0.0)[blocked], targets.out_of_scope_held)
    sure &= fitting >= scope
    routed = in_scope & sure
    plain = outputs.probabilities(answers.logits, 1.0)
    found = Thresholds(
        temperature=temperature,
        review=review,
        of_intents=own,
        scope=scope,
        acknowledgement=_sure_threshold(outputs, probabilities, names, "acknowledgement", 1.0),
        person=_sure_threshold(outputs, probabilities, names, "person", _PERSON_SPARED),
        praise=_sure_threshold(outputs, probabilities, names, "praise", _PRAISE_SPARED),
        emergency=triage.emergency,
        emergency_with_sign=triage.emergency_with_sign,
        suspicion=triage.suspicion,
        other_emergency=triage.other_emergency,
        short_emergency=triage.short_emergency,
        short_other_emergency=triage.short_other_emergency,
        long_emergency=triage.long_emergency,
        long_emergency_with_sign=triage.long_emergency_with_sign,
        same_day=triage.same_day,
    )
    figures: Figures = {
        "messages": len(names),
        "routed": _share(routed[in_scope]),
        "accuracy_when_routed": _share(correct[routed]),
        "out_of_scope_held": _share(~sure[blocked]),
        "ece_before": _error(*intent_confidence(outputs, plain, names, in_scope)),
        "ece_after": _error(confidence[in_scope], correct[in_scope]),
        **triage.figures,
    }
    return found, figures


def _drawn_to(review: float, own: float) -> float:
    """Return an intent's threshold, drawn halfway from its own messages' to that of the whole language.

    Thresholds that each fit a few hundred messages fit strangers worse: with each writer held out in turn, Spanish was
    95.2% right with them alone, 95.9% drawn halfway, at the same share routed.
    """
    return own if own == 1.0 else max(_LIKELY, round((own + review) / 2, 4))


def _share(flags: Flags) -> float | None:
    return round(float(flags.mean()), 4) if len(flags) else None


def _error(confidence: Floats, correct: Flags) -> float | None:
    return round(expected_calibration_error(confidence, correct), 4) if len(confidence) else None


def intent_confidence(
    outputs: Outputs, probabilities: Floats, labels: Sequence[str | None], chosen: Flags | None = None
) -> tuple[Floats, Flags]:
    """Return the confidence in the most probable intent of each message, and whether that intent is correct."""
    correct = best_intents(outputs, probabilities) == np.array(labels, dtype=object)
    confidence = np.array([outputs.intent_shares(row).max() for row in probabilities])
    return (confidence, correct) if chosen is None else (confidence[chosen], correct[chosen])


def best_intents(outputs: Outputs, probabilities: Floats) -> NDArray[np.object_]:
    """Return the most probable intent of each row of label probabilities."""
    best = [outputs.intents[int(outputs.intent_shares(row).argmax())] for row in probabilities]
    return np.array(best, dtype=object)


def _blocking_threshold(probability: Floats, share: float) -> float:
    """Return the lowest threshold, in ten-thousandths, that keeps the given share of messages below it."""
    if not len(probability):
        return 0.0
    blocked = (len(probability) - _count_from(probability, _FINE_THRESHOLDS)) / len(probability) >= share
    return float(_FINE_THRESHOLDS[blocked.argmax()]) if blocked.any() else 1.0


def _sure_threshold(
    outputs: Outputs, probabilities: Floats, names: Sequence[str | None], label: str, spared: float
) -> float:
    """Return the lowest probability of a label that the given share of all other messages stays below."""
    if label not in outputs.labels:
        return 1.0
    others = np.array([name != label for name in names])
    column = probabilities[others, outputs.labels.index(label)]
    highest = float(np.quantile(column, spared, method="higher")) if len(column) else 0.0
    return round(min(max(highest + _MARGIN, _LEAST_SURE), 1.0), 3)


@dataclass(frozen=True, slots=True)
class _Bars:
    """The probabilities of an emergency that raise the alarm: with a suspicion, without one, and with a danger sign.

    Attributes:
        cost: The false alarms among the messages that they were chosen for, and what the missed emergencies are worth.
    """

    suspected: float
    other: float
    with_sign: float
    cost: float = 0.0


class _Triage:
    """The thresholds of the triage levels, and what they achieve."""

    def __init__(self, outputs: Outputs, answers: NetworkAnswers, targets: CalibrationTargets) -> None:
        self.emergency, self.emergency_with_sign, self.same_day = 1.0, 0.0, 1.0
        self.suspicion = DANGER_SUSPECTED
        self.other_emergency: float | None = None
        self.short_emergency: float | None = None
        self.short_other_emergency: float | None = None
        self.long_emergency: float | None = None
        self.long_emergency_with_sign: float | None = None
        self.figures: Figures = dict.fromkeys(("urgent_found", "false_alarms", "everyday_alarms", "same_day_found"))
        levels, dangers = outputs.levels(answers.logits), outputs.dangers(answers.logits)
        known = np.array([message.level is not None for message in answers.messages], dtype=bool)
        urgent = np.array([message.level is TriageLevel.EMERGENCY for message in answers.messages], dtype=bool)
        # Without emergencies there is nothing to calibrate on: only the danger signs decide.
        if levels is None or not urgent.any():
            return
        doubtful = np.array([message.could_seem_urgent for message in answers.messages], dtype=bool)
        soon = np.array([message.level is TriageLevel.SAME_DAY for message in answers.messages], dtype=bool)
        self._calm = known & ~urgent & ~soon
        routine = self._calm & doubtful
        self._certain = np.array([screening.certain is not None for screening in answers.screenings], dtype=bool)
        self._signed = np.array([screening != Screening() for screening in answers.screenings], dtype=bool)
        self._suspected = np.ones(len(levels), dtype=bool)
        self._dangers = dangers
        self._levels = levels
        everyday = np.array([message.writer in targets.everyday_writers for message in answers.messages], dtype=bool)
        self._everyday = self._calm & everyday
        self._targets = targets
        self._choose_emergency(urgent, routine, answers)
        self._choose_same_day(soon, routine, targets.false_alarms)

    def _alarms(self, bars: _Bars) -> Flags:
        alone = np.where(self._suspected, bars.suspected, bars.other)
        raised: Flags = self._certain | (self._levels[:, 0] >= np.where(self._signed, bars.with_sign, alone))
        return raised

    def _choose_emergency(self, urgent: Flags, routine: Flags, answers: NetworkAnswers) -> None:
        """Choose thresholds for short and for long texts, if there are enough to choose on, and for the others."""
        brief = np.array([is_short(message.text) for message in answers.messages], dtype=bool)
        lengthy = np.array([is_long(message.text) for message in answers.messages], dtype=bool)
        if min(int((lengthy & urgent).sum()), int((lengthy & routine).sum())) < LEAST_LONG_MESSAGES:
            lengthy[:] = False
        if (brief & self._everyday).sum() < LEAST_SHORT_MESSAGES:
            brief[:] = False
        common = self._common_bars(urgent, routine, ~brief & ~lengthy)
        self.emergency, self.emergency_with_sign = common.suspected, common.with_sign
        self.other_emergency = None if common.other == common.suspected else common.other
        raised = self._alarms(common)
        if lengthy.any():
            # What a letter suspects between its lines would say too little: these have one bar.
            long = self._best_bars(urgent, routine, lengthy, np.ones(len(lengthy), dtype=bool))
            self.long_emergency, self.long_emergency_with_sign = long.suspected, long.with_sign
            raised = np.where(lengthy, self._alarms(replace(long, other=long.suspected)), raised)
        if brief.any():
            short = self._short_bars(brief & self._everyday, common)
            self.short_emergency = short.suspected
            self.short_other_emergency = None if short.other == short.suspected else short.other
            raised = np.where(brief, self._alarms(short), raised)
        self.figures |= {
            "urgent_found": _share(raised[urgent]),
            "false_alarms": _share(raised[routine]),
            "everyday_alarms": _share(raised[self._everyday]),
        }

    def _common_bars(self, urgent: Flags, routine: Flags, among: Flags) -> _Bars:
        """Choose from what probability the network suspects something worse; return the best bars with it."""
        if self._dangers is None:
            return self._best_bars(urgent, routine, among, self._suspected)
        suspicions = _SUSPICIONS if self._targets.worth is not None else (DANGER_SUSPECTED,)
        suspected = {suspicion: is_suspected(self._dangers, suspicion) for suspicion in suspicions}
        bars = {suspicion: self._best_bars(urgent, routine, among, suspected[suspicion]) for suspicion in suspicions}
        self.suspicion = min(suspicions, key=lambda suspicion: bars[suspicion].cost)
        self._suspected = suspected[self.suspicion]
        return bars[self.suspicion]

    def _short_bars(self, week: Flags, common: _Bars) -> _Bars:
        """Return the lowest bars of short texts, none below the others', that keep to the allowed everyday alarms.

        Args:
            week: The short routine messages of the everyday writers.
            common: The bars of longer texts.
        """
        allowed = self._targets.everyday_alarms
        plain = self._levels[week & ~self._signed & ~self._suspected, 0]
        other = max(common.other, _SHORT_OTHER, _blocking_threshold(plain, 1 - allowed))
        bars = [replace(common, suspected=float(bar), other=max(float(bar), other)) for bar in _ALONE]
        fitting = (
            choice
            for choice in bars
            if choice.suspected >= common.suspected and self._alarms(choice)[week].mean() <= allowed
        )
        return next(fitting, bars[-1])

    def _best_bars(self, urgent: Flags, routine: Flags, among: Flags, suspected: Flags) -> _Bars:
        """Return the bars that cost least, or find the most emergencies, with no more false alarms than allowed.

        Of those that cost and find as much with as few alarms, the highest are taken, but for a suspicion the lowest.

        Args:
            urgent: The emergencies.
            routine: The routine messages that could seem urgent.
            among: The messages that are looked at.
            suspected: Those that have the lower bar.
        """
        found, false, daily = (self._shares(group & among, suspected) for group in (urgent, routine, self._everyday))
        over = np.maximum(false - self._targets.false_alarms, 0) + np.maximum(daily - self._targets.everyday_alarms, 0)
        low, high, sign = np.meshgrid(_ALONE, _ALONE, _WITH_SIGN, indexing="ij")
        possible = (low <= high) & (sign <= low)
        is_divided = not suspected[among].all()
        if not is_divided:
            possible &= low == high
        cost = np.zeros_like(found)
        if self._targets.worth is not None:
            missed, calm = (1 - found) * (urgent & among).sum(), self._calm & among
            cost = np.round(self._targets.worth * missed + self._shares(calm, suspected) * calm.sum(), 6)
        over = np.where(possible, over, np.inf)
        keys = (high, -low if is_divided else low, -(false + daily), found, -cost, -over)
        best = np.lexsort([key.ravel() for key in keys])[-1]  # the last key comes first
        return _Bars(float(low.flat[best]), float(high.flat[best]), float(sign.flat[best]), float(cost.flat[best]))

    def _shares(self, among: Flags, suspected: Flags) -> Floats:
        """Return the share of some messages that raise the alarm: by bar with a suspicion, without, and with a sign."""
        unsigned = among & ~self._certain & ~self._signed
        counts = [
            _count_from(self._levels[chosen, 0], bars)
            for chosen, bars in (
                (unsigned & suspected, _ALONE),
                (unsigned & ~suspected, _ALONE),
                (among & ~self._certain & self._signed, np.array(_WITH_SIGN)),
            )
        ]
        by_suspicion, by_other, by_sign = np.ix_(*counts)
        shares: Floats = ((among & self._certain).sum() + by_suspicion + by_other + by_sign) / max(int(among.sum()), 1)
        return shares

    def _choose_same_day(self, soon: Flags, routine: Flags, allowed: float) -> None:
        """Choose the lowest threshold at which no more routine messages than allowed count as same-day ones."""
        pressing = self._levels[:, :2].sum(axis=1)
        self.same_day = _blocking_threshold(pressing[routine], 1 - allowed) if routine.any() else 0.5
        self.figures["same_day_found"] = _share(pressing[soon] >= self.same_day)


def fit_temperature(logits: Floats, intents: Sequence[int], labels: Labels) -> float:
    """Return the temperature, from 0.2 to 5, at which the confidence in the best intent says how often it is right.

    It has the lowest negative log-likelihood of "right" and "wrong" on messages with an intent, which are those whose
    confidence staff see. A likelihood of all labels would also be about messages without an intent, whose share among
    the messages says nothing about a practice's.

    Temperature scaling: Guo et al., On Calibration of Modern Neural Networks, ICML 2017.

    Args:
        logits: One row per message, one column per label.
        intents: The columns that are intents.
        labels: The column that is right for each message.

    Returns:
        The temperature; 1 without messages.
    """
    if not len(labels):
        return 1.0
    columns = list(intents)
    correct = np.array(columns)[logits[:, columns].argmax(axis=1)] == labels

    def loss(place: int) -> float:
        return _log_loss(softmax_rows(logits / _TEMPERATURES[place])[:, columns].max(axis=1), correct)

    near = min(range(0, len(_TEMPERATURES), _STRIDE), key=loss)
    around = range(max(near - _STRIDE, 0), min(near + _STRIDE + 1, len(_TEMPERATURES)))
    return float(_TEMPERATURES[min(around, key=loss)])


def _log_loss(confidence: Floats, correct: Flags) -> float:
    sure = np.clip(confidence, 1e-9, 1 - 1e-9)
    return float(-np.log(np.where(correct, sure, 1 - sure)).mean())


def review_threshold(confidence: Floats, correct: NDArray[np.bool_], target_accuracy: float) -> float:
    """Return the lowest threshold, in thousandths, at which the accuracy reaches the target.

    Return 1.0, which sends almost every message to a person, if no threshold reaches it.
    """
    routed, right = _count_from(confidence, _THRESHOLDS), _count_from(confidence[correct], _THRESHOLDS)
    reached = (routed > 0) & (right / np.maximum(routed, 1) >= target_accuracy)
    return float(_THRESHOLDS[reached.argmax()]) if reached.any() else 1.0


def _count_from(values: Floats, thresholds: Floats) -> Labels:
    """Count the values that reach each threshold."""
    counts: Labels = len(values) - np.searchsorted(np.sort(values), thresholds)
    return counts
