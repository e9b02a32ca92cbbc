"""Whatever Twilio signs, however odd, is answered or refused, and is never an error of the server."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.edges import build_app
from tests.security.conftest import EXAMPLES
from tests.service import Service
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN
from tests.standins.twilio.webhooks import post_form
from tests.world import DEMO_NUMBER, PATIENT, SERVICE_SID
from web.openapi import description

ROUTES = sorted(path for path in description()["paths"] if path.startswith("/twilio/"))
CALL, RECORDING, TEXT = "CA" + "1" * 32, "RE" + "2" * 32, "SM" + "3" * 32
# a request that each route takes, of which some parameters are then replaced
GENUINE = {
    "AccountSid": ACCOUNT_SID,
    "MessageSid": TEXT,
    "MessageStatus": "delivered",
    "ErrorCode": "30003",
    "MessagingServiceSid": SERVICE_SID,
    "From": PATIENT,
    "To": DEMO_NUMBER,
    "Body": "Do you have parking?",
    "OptOutType": "HELP",
    "NumMedia": "1",
    "MediaUrl0": f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{TEXT}/Media/ME{'4' * 32}",
    "MediaContentType0": "image/jpeg",
    "CallSid": CALL,
    "RecordingSid": RECORDING,
    "RecordingStatus": "completed",
    "RecordingUrl": f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/{RECORDING}",
    "RecordingDuration": "12",
    "TranscriptionStatus": "completed",
    "TranscriptionText": "please call me back",
}
ODD = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="0123456789", min_size=1, max_size=70),
    st.integers(min_value=4000, max_value=6000).map(lambda digits: "7" * digits),
    st.sampled_from(["", " ", "0", "-1", "1e9", "NaN", "\x00", "٣", "+", "+1", "+" + "9" * 40, "A" * 20000, "😀"]),
    st.text(alphabet="0123456789abcdef", min_size=32, max_size=32).flatmap(
        lambda digits: st.sampled_from(["SM", "CA", "RE", "MG", "ZZ"]).map(lambda kind: kind + digits)
    ),
    st.sampled_from(sorted(GENUINE.values())),
)
CHANGES = st.dictionaries(st.sampled_from(sorted(GENUINE)), st.none() | ODD, max_size=5)
FURTHER = st.dictionaries(st.text(min_size=1, max_size=20), ODD, max_size=2)


@pytest.mark.parametrize("route", ROUTES)
def test_a_signed_request_is_never_an_error_of_the_server(
    route: str, service: Service, record_property: Callable[[str, object], None]
) -> None:
    asked, errors = 0, []

    @hypothesis_settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(changes=CHANGES, further=FURTHER)
    def attack(changes: dict[str, str | None], further: dict[str, str]) -> None:
        nonlocal asked
        asked += 1
        form = further | {name: value for name, value in (GENUINE | changes).items() if value is not None}
        answer = post_form(service.url + route, service.settings.public_url + route, form, AUTH_TOKEN)
        if answer.status >= 500:
            errors.append(form)
        assert answer.status < 500, answer.body

    try:
        attack()
    finally:
        record_property("requests", asked)
        record_property("hits", len(errors))


@pytest.mark.parametrize("route", ROUTES)
def test_a_request_that_twilio_did_not_sign_changes_nothing(route: str, service: Service) -> None:
    for token in ("another account's token", ""):
        answer = post_form(service.url + route, service.settings.public_url + route, GENUINE, token)
        assert answer.status == 403
    elsewhere = post_form(service.url + route, "https://elsewhere.example" + route, GENUINE, AUTH_TOKEN)

    assert elsewhere.status == 403
    with service.database.read() as session:
        for name in ("messages", "voicemails", "conversations", "opt_outs"):
            assert session.connection().exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() == 0


def test_every_route_for_twilio_is_attacked(service: Service) -> None:
    routes = {str(rule) for rule in build_app(service.settings).url_map.iter_rules() if str(rule).startswith("/twilio")}

    assert routes == set(ROUTES)
