"""A worker that runs goes by what managers changed from the next message on."""

from __future__ import annotations

from inbox.accounts.members import add_member
from inbox.models import Delivery, Role
from inbox.practices.setting_versions import Standing, add_version
from intake.practice_settings import Override, Value
from tests.service import Service

PRICES = "How much is a first visit without insurance?"


def change(service: Service, version: int, **values: Value) -> None:
    overrides = {name.replace("__", "."): Override(value, None) for name, value in values.items()}
    with service.edit() as session:
        if version == 1:
            add_member(session, "mira@maple.example", "Mira", Role.MANAGER, ["demo"], "correct horse battery")
        add_version(session, "demo", Standing(version, overrides), {}, staff_id=1)


def test_the_next_message_gets_the_new_words_and_is_judged_by_the_new_threshold(service: Service) -> None:
    service.text(PRICES)
    service.work()
    change(service, 1, replies__price_shopper="A visit is $150.")
    service.text(PRICES, from_="+12025550124")
    service.work()
    change(service, 2, review_threshold=1.0, replies__review="A person answers.")
    service.text(PRICES, from_="+12025550125")
    service.work()

    bodies = [row.body for row in service.rows(Delivery)]
    assert bodies[0].startswith("Maple Street: Thank you for asking about prices.")
    assert bodies[1:] == ["A visit is $150. Reply STOP to opt out.", "A person answers. Reply STOP to opt out."]


def test_a_message_that_waited_is_answered_by_what_holds_when_it_is_handled(service: Service) -> None:
    service.text(PRICES)
    change(service, 1, replies__price_shopper="A visit is $150.")
    service.work()

    assert service.rows(Delivery)[0].body == "A visit is $150. Reply STOP to opt out."
