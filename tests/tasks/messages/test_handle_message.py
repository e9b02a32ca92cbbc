"""From a stored message to one reply and the right people told, and nothing where nothing is wanted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

import pytest
from sqlalchemy import select

from inbox.models import (
    Classification,
    Conversation,
    Decision,
    Delivery,
    Escalation,
    Message,
    Notification,
    OptOut,
    now,
)
from inbox.practices.live import LivePractices
from intake.practices import Practices
from intake.vocabulary import DangerKind
from tasks import jobs
from tasks.context import use
from tasks.messages.marked_emergencies import mark_emergency
from tests.service import Service
from tests.standins.twilio import TwilioStandIn
from tests.tasks.conftest import StartService
from tests.told_classifier import EMERGENCY, OUT_OF_SCOPE, sure_of, tell
from tests.world import DEMO_NUMBER, PATIENT

EVERYTHING_TO_REVIEW = "review_threshold = 1.0"
OTHER_PATIENT = "+12025550124"
REVIEW_WORDS = "a person will answer you"

INTENTS = [
    (
        "new_patient_inquiry",
        "Hi, I'm new to the area and looking for a dermatologist. Are you accepting new patients?",
        "Thank you for asking about our practice",
        "front_desk",
    ),
    (
        "existing_patient_question",
        "I'm a patient of Dr. Lee. Can you send my immunization records to my son's school?",
        "We received your question",
        "front_desk",
    ),
    (
        "appointment_request",
        "I need to reschedule my appointment of next month to an afternoon",
        "We received your scheduling request",
        "scheduling",
    ),
    (
        "billing_inquiry",
        "got a bill for $382 for my visit on 4/12 but my copay should only be $35, what's the rest?",
        "We received your billing question",
        "billing",
    ),
    (
        "clinical_concern",
        "my gums bleed a little when i floss, should i worry",
        "a nurse will see it",
        "clinical",
    ),
    (
        "complaint",
        "I waited two hours past my appointment and your receptionist was rude to me. I want to file a complaint.",
        "We take this seriously, and a manager will call you",
        "manager",
    ),
    (
        "price_shopper",
        "How much do you charge for a teeth cleaning without insurance? Just comparing prices around town.",
        "Thank you for asking about prices",
        "digest",
    ),
]


# ---- each intent, from webhook to reply


@pytest.mark.parametrize(("intent", "text", "words", "team"), INTENTS, ids=[row[0] for row in INTENTS])
def test_a_text_gets_one_reply_in_its_intents_words_and_its_team_is_told(
    service: Service, twilio: TwilioStandIn, intent: str, text: str, words: str, team: str
) -> None:
    service.text(text)
    service.work()

    [classification] = service.rows(Classification)
    [decision] = service.rows(Decision)
    assert (classification.intent, decision.route, decision.team) == (intent, intent, team)
    [reply] = twilio.messages
    assert (reply.to, reply.from_) == (PATIENT, DEMO_NUMBER)
    assert reply.body.startswith("Maple Street: ")
    assert words in reply.body
    assert [(row.team, row.reason, row.state) for row in service.rows(Notification)] == [(team, intent, "sent")]


def test_the_first_reply_says_how_to_opt_out_and_the_next_does_not(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = start_service(f"{EVERYTHING_TO_REVIEW}\nlimits = {{ cool_down_minutes = 0 }}")
    _exchange(service, "Do you have parking?", "And a lift?")

    first, second = (message.body for message in twilio.messages)
    assert first.endswith("Reply STOP to opt out.")
    assert "STOP" not in second


def test_who_texts_is_known_to_have_a_number(start_service: StartService, twilio: TwilioStandIn) -> None:
    own = "{% if has_phone %}We will call your number.{% else %}Write your number here.{% endif %}"
    service = start_service(f"{EVERYTHING_TO_REVIEW}\nreplies = {{ review = '{own}' }}")
    service.text("Do you have parking?")
    service.work()

    assert twilio.messages[0].body.startswith("We will call your number.")


def test_a_reply_goes_out_from_the_number_that_was_texted(service: Service, twilio: TwilioStandIn) -> None:
    service.text("Are you open on Saturdays?", to="+12025550180")
    service.work()

    [reply] = twilio.messages
    assert reply.from_ == "+12025550180"
    assert reply.body.startswith("Harbor Dental: ")


def test_after_an_emergency_nobody_is_told_to_wait_until_the_office_opens(
    service: Service, twilio: TwilioStandIn
) -> None:
    _exchange(service, "My husband has crushing chest pain and can't breathe", "should I drive him or wait?")

    first, second = (message.body for message in twilio.messages)
    assert "go to the nearest emergency room now" in first
    assert "don't wait for us" in second
    assert "call 911" in second
    assert "after we open" not in second


def test_an_unsure_message_is_reviewed_and_answered_neutrally(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = start_service(EVERYTHING_TO_REVIEW)
    _exchange(service, "The thing from last time, is it still on?")

    [decision] = service.rows(Decision)
    assert (decision.route, decision.team) == ("review", "review")
    [reply] = twilio.messages
    assert REVIEW_WORDS in reply.body


def test_a_threshold_of_one_intent_holds_for_that_one(start_service: StartService) -> None:
    service = start_service("review_threshold = 0.0\nthresholds = { complaint = 1.0 }")
    _exchange(service, INTENTS[5][1], INTENTS[6][1])

    assert [decision.route for decision in service.rows(Decision)] == ["review", "price_shopper"]


def test_an_urgent_message_gets_the_emergency_wording_and_on_call_is_told(
    service: Service, twilio: TwilioStandIn
) -> None:
    service.text("My husband has crushing chest pain and can't breathe")
    service.work()

    [reply] = twilio.messages
    assert "call 911" in reply.body
    assert "(202) 555-0111" in reply.body
    [told] = service.rows(Notification)
    assert (told.team, told.priority, told.state) == ("on_call", "urgent", "sent")


@pytest.mark.parametrize("text", ["ok thanks", "👍", "Great, see you then!"])
def test_an_acknowledgement_gets_no_reply_and_nobody_is_told(
    service: Service, twilio: TwilioStandIn, text: str
) -> None:
    service.text(text)
    service.work()

    assert [decision.route for decision in service.rows(Decision)] == ["acknowledgement"]
    assert twilio.messages == []
    assert service.rows(Notification) == []


def test_a_picture_with_thanks_is_a_message_all_the_same(service: Service, twilio: TwilioStandIn) -> None:
    service.text("thanks", media=[("https://api.twilio.com/picture", "image/jpeg")])
    service.work()

    assert service.rows(Decision)[0].route != "acknowledgement"
    assert len(twilio.messages) == 1
    assert len(service.rows(Notification)) == 1


def test_a_picture_without_words_is_reviewed(service: Service) -> None:
    service.text("", media=[("https://api.twilio.com/picture", "image/jpeg")])
    service.work()

    assert service.rows(Decision)[0].route == "review"


def test_a_short_code_is_not_answered_and_staff_are_told(service: Service, twilio: TwilioStandIn) -> None:
    service.text("Your parcel is at the pharmacy", From="262966")
    service.work()

    assert twilio.messages == []
    assert len(service.rows(Notification)) == 1


def test_the_database_remembers_what_was_decided_and_why(service: Service) -> None:
    service.text(INTENTS[3][1])
    service.work()

    [message], [classification] = service.rows(Message), service.rows(Classification)
    [decision] = service.rows(Decision)
    assert message.handled_at is not None
    assert classification.model_version == service.context.classifier.info.version
    assert sum(classification.probabilities.values()) == pytest.approx(1, abs=1e-4)
    assert decision.why.startswith("confidence")


# ---- keywords


def test_stop_is_confirmed_once_and_nothing_is_sent_after_it(service: Service, twilio: TwilioStandIn) -> None:
    _exchange(service, "STOP", "STOP", "Are you open today?", "My chest hurts and I can't breathe", "HELP")

    [confirmation] = twilio.messages
    assert "You will get no more texts from us" in confirmation.body
    assert "Text START" in confirmation.body


def test_after_stop_staff_still_hear_what_the_patient_says(service: Service) -> None:
    _exchange(service, "STOP", "My husband has crushing chest pain and can't breathe")

    [told] = service.rows(Notification)
    assert (told.team, told.priority) == ("on_call", "urgent")


def test_start_is_confirmed_and_replies_go_out_again(start_service: StartService, twilio: TwilioStandIn) -> None:
    service = start_service(EVERYTHING_TO_REVIEW)
    _exchange(service, "STOP", "START", "Is there a bus stop near you?")

    bodies = [message.body for message in twilio.messages]
    assert len(bodies) == 3
    assert "You will get our texts again" in bodies[1]
    assert REVIEW_WORDS in bodies[2]


def test_start_without_an_opt_out_changes_nothing(service: Service, twilio: TwilioStandIn) -> None:
    _exchange(service, "START")

    assert twilio.messages == []
    assert service.rows(OptOut) == []


def test_help_is_answered_with_who_we_are_and_how_to_stop(service: Service, twilio: TwilioStandIn) -> None:
    _exchange(service, "HELP", "help")

    [reply] = twilio.messages
    assert "Maple Street" in reply.body
    assert "(202) 555-0100" in reply.body
    assert "Reply STOP to opt out" in reply.body


def test_a_keyword_is_not_shown_to_the_model(service: Service) -> None:
    _exchange(service, "STOP", "START", "HELP")

    assert service.rows(Classification) == []


@pytest.mark.parametrize("keyword", ["STOP", "START", "HELP"])
def test_what_advanced_opt_out_answered_is_not_answered_again(
    service: Service, twilio: TwilioStandIn, keyword: str
) -> None:
    service.text(keyword, OptOutType=keyword)
    service.work()

    assert twilio.messages == []


def test_cancel_opts_out_and_scheduling_asks_what_was_meant(service: Service, twilio: TwilioStandIn) -> None:
    _exchange(service, "Cancel")

    assert "change or cancel an appointment, call (202) 555-0100" in twilio.messages[0].body
    [told] = service.rows(Notification)
    assert (told.team, told.reason) == ("scheduling", "opt_out")


def test_an_opt_out_between_decision_and_sending_is_honoured(service: Service, twilio: TwilioStandIn) -> None:
    service.text("Do you have parking?")
    use(service.context)
    jobs.handle_message(1)
    service.text("STOP")
    service.work()

    assert ["no more texts" in message.body for message in twilio.messages] == [True]
    assert [(row.reply == "opt_out", row.state) for row in service.rows(Delivery)] == [
        (False, "suppressed"),
        (True, "sent"),
    ]


def test_a_welcome_back_is_not_sent_after_a_later_stop(service: Service, twilio: TwilioStandIn) -> None:
    _exchange(service, "STOP")
    service.text("START")
    use(service.context)
    jobs.handle_message(2)
    service.text("STOP")
    service.work()

    assert ["no more texts" in message.body for message in twilio.messages] == [True, True]
    assert [(row.reply, row.state) for row in service.rows(Delivery)] == [
        ("opt_out", "sent"),
        ("opt_in", "suppressed"),
        ("opt_out", "sent"),
    ]


def test_a_start_that_a_later_stop_took_back_is_not_confirmed(service: Service, twilio: TwilioStandIn) -> None:
    for word in ("STOP", "START", "STOP"):
        service.text(word)
    service.work()

    assert all("no more texts" in message.body for message in twilio.messages)
    assert "opt_in" not in {row.reply for row in service.rows(Delivery)}


# ---- not too often, and not over staff


def test_unsure_messages_get_each_reply_once_in_a_cool_down_and_staff_are_told_each_time(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = start_service(EVERYTHING_TO_REVIEW)
    _exchange(service, "Do you have parking?", "Where exactly is it?", "Do you have parking?")

    first, second = (message.body for message in twilio.messages)
    assert REVIEW_WORDS in first
    assert "We have all your messages" in second
    assert [row.message_id for row in service.rows(Notification)] == [1, 2, 3]


def test_after_the_cool_down_the_reply_is_sent_again(start_service: StartService, twilio: TwilioStandIn) -> None:
    service = start_service(EVERYTHING_TO_REVIEW)
    _exchange(service, "Do you have parking?")
    _age_replies(service, timedelta(minutes=61))
    _exchange(service, "Do you have parking?")

    assert len(twilio.messages) == 2


def test_a_cool_down_holds_for_one_patient(start_service: StartService, twilio: TwilioStandIn) -> None:
    service = start_service(EVERYTHING_TO_REVIEW)
    service.text("Do you have parking?")
    service.text("Do you have parking?", from_=OTHER_PATIENT)
    service.work()

    assert {message.to for message in twilio.messages} == {PATIENT, OTHER_PATIENT}


def test_two_texts_handled_by_two_workers_at_once_do_not_get_one_reply_twice(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = start_service(EVERYTHING_TO_REVIEW)
    service.text("Do you have parking?")
    service.text("Where exactly is it?")
    use(service.context)
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(jobs.handle_message, [1, 2]))
    service.work()

    assert sorted(row.reply for row in service.rows(Delivery)) == ["review", "review_again"]
    assert len(twilio.messages) == 2


def test_no_number_gets_more_than_the_hourly_cap_even_when_urgent(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = start_service("limits = { replies_per_hour = 2 }")
    _exchange(service, *["I can't breathe, my chest hurts"] * 4)

    assert len(twilio.messages) == 2
    assert len(service.rows(Notification)) == 4


def test_an_hour_later_there_is_room_again(start_service: StartService, twilio: TwilioStandIn) -> None:
    service = start_service("limits = { replies_per_hour = 1 }")
    _exchange(service, "I can't breathe, my chest hurts")
    _age_replies(service, timedelta(minutes=61))
    _exchange(service, "I can't breathe, my chest hurts")

    assert len(twilio.messages) == 2


def test_the_robot_is_silent_once_staff_took_over(service: Service, twilio: TwilioStandIn) -> None:
    service.text("Do you have parking?")
    with service.edit() as session:
        service.last_message(session).conversation.staff_took_over_at = now()
    service.work()

    assert twilio.messages == []
    assert len(service.rows(Notification)) == 1


def test_a_text_about_an_emergency_is_answered_also_once_staff_took_over(service: Service) -> None:
    tell(service, {"bad crushing chest pain right now": EMERGENCY})
    service.text("What are your prices?")
    service.work()
    with service.edit() as session:
        service.last_message(session).conversation.staff_took_over_at = now()

    service.text("bad crushing chest pain right now")
    service.work()

    assert "call 911" in service.twilio.messages[-1].body


def test_what_is_unclear_leaves_a_conversation_with_the_team_whose_member_took_over(service: Service) -> None:
    tell(service, {"Can I come on Friday?": sure_of("appointment_request"), "yes perfect!": OUT_OF_SCOPE})
    _exchange(service, "Can I come on Friday?")
    with service.edit() as session:
        service.last_message(session).conversation.staff_took_over_at = now()
    _exchange(service, "yes perfect!")

    [conversation] = service.rows(Conversation)
    assert conversation.team == "scheduling"
    assert conversation.waiting_since is not None


# ---- jobs may come twice, late, or for nothing


def test_a_job_that_comes_twice_does_nothing_the_second_time(service: Service, twilio: TwilioStandIn) -> None:
    service.text("Do you have parking?")
    service.work()
    for job in ("handle_message", "deliver", "notify", "settle"):
        service.context.queue.put(job, 1)
    service.work()

    assert len(twilio.messages) == 1
    assert len(service.rows(Classification)) == len(service.rows(Delivery)) == 1
    assert [row.state for row in service.rows(Notification)] == ["sent"]


def test_one_message_in_two_workers_at_once_is_handled_once(service: Service, twilio: TwilioStandIn) -> None:
    service.text("Do you have parking?")
    use(service.context)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(jobs.handle_message, [1] * 4))
    service.work()

    assert len(service.rows(Decision)) == len(service.rows(Delivery)) == len(twilio.messages) == 1


def test_a_job_for_a_row_that_is_gone_does_nothing(service: Service) -> None:
    use(service.context)
    for job in (jobs.handle_message, jobs.deliver, jobs.settle, jobs.notify):
        job(404)


# ---- handling that fails


class BrokenModel:
    """A model that understands nothing."""

    def classify(self, texts: list[str]) -> NoReturn:
        raise RuntimeError("broken")


def with_broken_model(service: Service) -> Service:
    service.context = replace(service.context, classifier=BrokenModel())  # type: ignore[arg-type]
    return service


def test_a_message_that_cannot_be_handled_is_tried_again_later(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = with_broken_model(start_service(""))
    _exchange(service, "Do you have parking?")

    [message] = service.rows(Message)
    assert (message.failures, message.handled_at) == (1, None)
    assert timedelta(0) < message.next_attempt_at - now() <= timedelta(seconds=5)
    assert service.rows(Classification) == service.rows(Decision) == service.rows(Delivery) == []


def test_a_message_that_keeps_failing_is_handed_to_a_person_after_the_fifth_time(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = with_broken_model(start_service(""))
    _exchange(service, "Do you have parking?")
    for _ in range(6):
        _make_due(service)
        service.reconcile()

    [message] = service.rows(Message)
    assert message.failures == 5
    assert message.handled_at is not None
    assert [(row.route, row.reply) for row in service.rows(Decision)] == [("review", None)]
    [told] = service.rows(Notification)
    assert (told.team, told.reason, told.priority, told.state) == ("on_call", "unprocessed", "urgent", "sent")
    assert twilio.messages == []


def test_a_message_that_failed_once_is_answered_once_the_cause_is_gone(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = with_broken_model(start_service(""))
    _exchange(service, "Do you have parking?")

    repaired = start_service(EVERYTHING_TO_REVIEW)
    _make_due(repaired)
    repaired.reconcile()

    [reply] = twilio.messages
    assert REVIEW_WORDS in reply.body


def test_messages_of_a_practice_that_left_the_file_wait_for_its_return(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = start_service("")
    service.text("Do you have parking?", to="+12025550180")
    practices = service.settings.practices_file
    full = practices.read_text()
    practices.write_text(full.replace('slug = "other"', 'slug = "renamed"'))
    without = Service(service.settings, service.context.classifier, twilio)
    with without:
        without.work()
        for _ in range(10):
            _make_due(without)
            without.reconcile()
            [message] = without.rows(Message)
            assert (message.handled_at, message.failures) == (None, 0)
            assert timedelta(0) < message.next_attempt_at - now() <= timedelta(hours=1)
    assert twilio.messages == []

    _make_due(service)
    service.reconcile()

    assert len(twilio.messages) == 1


def _exchange(service: Service, *texts: str) -> None:
    for text in texts:
        service.text(text)
        service.work()


def _age_replies(service: Service, age: timedelta) -> None:
    with service.edit() as session:
        for delivery in session.scalars(select(Delivery)):
            delivery.created_at -= age


def _make_due(service: Service) -> None:
    with service.edit() as session:
        for message in session.scalars(select(Message)):
            message.next_attempt_at = now() - timedelta(seconds=1)


def test_words_that_fail_for_one_message_alone_are_replaced_and_the_front_desk_is_told(
    start_service: StartService,
) -> None:
    service = start_service("")
    demo = service.context.practices.require("demo")
    broken = demo.model_copy(update={"replies": {"complaint": "{{ practice.nickname }}"}})
    service.context = replace(service.context, live=LivePractices(service.database, Practices([broken])))
    service.text("I waited two hours past my appointment and your receptionist was rude to me. I want to complain.")
    service.work()

    [delivery] = service.rows(Delivery)
    assert "We take this seriously" in delivery.body
    assert [(row.reason, row.team) for row in service.rows(Notification)] == [
        ("broken_reply", "front_desk"),
        ("complaint", "manager"),
    ]


def test_a_second_reply_that_fails_does_not_keep_an_emergency_from_paging(start_service: StartService) -> None:
    service = start_service('teams = { on_call = { notify = ["sms:+12025550112"] } }')
    demo = service.context.practices.require("demo")
    words = dict.fromkeys(("complaint", "urgent"), "{{ practice.nickname }}")
    broken = demo.model_copy(update={"replies": words})
    service.context = replace(service.context, live=LivePractices(service.database, Practices([broken])))
    service.text("I waited two hours past my appointment and your receptionist was rude to me. I want to complain.")
    service.work()

    with service.edit() as session:
        message = session.get_one(Message, 1)
        mark_emergency(session, message, broken, DangerKind.OTHER, now(), answers=True, can_page=True)

    assert len(service.rows(Escalation)) == 1
    assert "call 911" in service.rows(Delivery)[-1].body
    assert [row.reason for row in service.rows(Notification) if row.target != "console"] == ["marked_urgent"]
    assert [row.reason for row in service.rows(Notification)].count("broken_reply") == 1
