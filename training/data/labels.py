"""Definitions of the intents, the rules for choosing between them, and the other attributes of a message."""

from __future__ import annotations

from collections.abc import Mapping

from intake.vocabulary import Channel

DEFINITIONS: Mapping[str, str] = {
    "new_patient_inquiry": "someone who is not yet a patient wants to become one: whether new patients are taken, how "
    "to register, whether their insurance is accepted, a first appointment",
    "existing_patient_question": "an established patient asks something that is neither scheduling, nor money, nor "
    "about symptoms: records, refills, forms, referrals, portal access, results, preparation, hours",
    "appointment_request": "an established patient books, moves, confirms or cancels an appointment",
    "billing_inquiry": "about money for services already received: bills, statements, claims, payments, refunds, codes",
    "clinical_concern": "symptoms, side effects, pain, a wound, a reaction: something that needs clinical judgement",
    "complaint": "dissatisfaction with care, staff, waiting, communication or charges, with or without a demand",
    "price_shopper": "asks what something costs, or compares prices, before committing to anything",
}
RULES: tuple[str, ...] = (
    "A new patient's request for a first appointment is new_patient_inquiry; appointment_request is for established "
    "patients.",
    "Where there is both a complaint and a clinical concern, it is complaint.",
    "Money for services already received is billing_inquiry; a price asked before any commitment is price_shopper.",
    "Scheduling by an established patient is appointment_request, whatever the visit is for, unless the symptoms are "
    "what the message is about: then it is clinical_concern.",
)
NEIGHBORS: Mapping[str, tuple[str, ...]] = {
    "new_patient_inquiry": ("appointment_request", "price_shopper", "existing_patient_question"),
    "existing_patient_question": ("appointment_request", "clinical_concern", "billing_inquiry"),
    "appointment_request": ("new_patient_inquiry", "existing_patient_question", "clinical_concern"),
    "billing_inquiry": ("price_shopper", "complaint", "existing_patient_question"),
    "clinical_concern": ("complaint", "appointment_request", "existing_patient_question"),
    "complaint": ("clinical_concern", "billing_inquiry", "appointment_request"),
    "price_shopper": ("billing_inquiry", "new_patient_inquiry"),
}
"""For each intent, the intents it is often confused with."""

PRACTICES: tuple[str, ...] = (
    "chiropractic", "cosmetic_surgery", "dental", "dermatology", "fertility", "mental_health", "ophthalmology",
    "orthodontics", "physical_therapy", "primary_care",
)  # fmt: skip
CHANNELS: tuple[str, ...] = tuple(channel.value for channel in Channel)
TONES: tuple[str, ...] = ("neutral", "polite", "rushed", "confused", "terse", "anxious", "frustrated", "chatty")
AGES: tuple[str, ...] = ("teen", "young_adult", "middle_aged", "senior", "parent")


def labeling_guide() -> str:
    """Return the definitions and rules as text for a prompt."""
    definitions = [f"- {intent}: {meaning}." for intent, meaning in DEFINITIONS.items()]
    rules = [f"- {rule}" for rule in RULES]
    return "\n".join(["The intents:", *definitions, "The rules between them:", *rules])
