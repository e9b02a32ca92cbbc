"""Account credentials go to Twilio's hosts and to no other."""

from __future__ import annotations

import pytest

from intake.twilio_hosts import is_twilio_address


@pytest.mark.parametrize(
    "address",
    [
        "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1",
        "https://api.ie1.twilio.com/RE1",
        "https://API.TWILIO.COM:443/RE1",
    ],
)
def test_twilios_hosts_are_known(address: str) -> None:
    assert is_twilio_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "RE1",
        "http://api.twilio.com/RE1",
        "https://api.twilio.com:8443/RE1",
        "https://twilio.com.evil.example/RE1",
        "https://eviltwilio.com/RE1",
        "https://api.twilio.com@evil.example/RE1",
        "https://evil.example/api.twilio.com",
        "https://evil.example\\@api.twilio.com/",
        "https://api.twilio.com:port/RE1",
        "https://[api.twilio.com/RE1",
        "ftp://api.twilio.com/RE1",
    ],
)
def test_every_other_address_is_not_twilios(address: str) -> None:
    assert not is_twilio_address(address)
