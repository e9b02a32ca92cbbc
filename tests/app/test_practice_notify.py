"""`intake practice check --notify`: every address of every team is tried, and none is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.command import complete, intake
from tests.standins.hook import HookReceiver
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioStandIn
from tests.world import DEMO_NUMBER, PRACTICES_TOML

DESK = "+12025550112"


@pytest.fixture
def hook() -> Iterator[HookReceiver]:
    with HookReceiver() as receiver:
        yield receiver


def write(folder: Path, *addresses: str) -> None:
    teams = f"teams = {{ on_call = {{ notify = {list(addresses)} }} }}\n"
    (folder / "practices.toml").write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{teams}', 1))


def test_every_address_gets_a_test_notice(tmp_path: Path, hook: HookReceiver, twilio: TwilioStandIn) -> None:
    write(tmp_path, f"json://user:swordfish@127.0.0.1:{hook.port}/", f"sms:{DESK}")
    environment = complete(
        tmp_path,
        TWILIO_ACCOUNT_SID=ACCOUNT_SID,
        TWILIO_AUTH_TOKEN=AUTH_TOKEN,
        TWILIO_API_BASE_URL=twilio.url,
    )

    lines = intake("practice", "check", "practices.toml", "--notify", folder=tmp_path, environment=environment).lines

    assert lines[-2:] == ["  demo.teams.on_call.notify[1] (json): sent", "  demo.teams.on_call.notify[2] (sms): sent"]
    [notice] = hook.notifications
    assert notice.body["title"] == "[test] Maple Street: this is where on call is told"
    [text] = twilio.messages
    assert (text.to, text.from_) == (DESK, DEMO_NUMBER)


def test_those_that_were_not_taken_are_named_by_their_keys(tmp_path: Path, hook: HookReceiver) -> None:
    write(tmp_path, f"json://user:swordfish@127.0.0.1:{hook.port}/", f"sms:{DESK}")
    hook.fail_next(1)

    done = intake("practice", "check", "practices.toml", "--notify", folder=tmp_path, environment=complete(tmp_path))

    assert "demo.teams.on_call.notify[1] (json): not sent (the carrier is busy or out of reach)" in done.out
    assert "demo.teams.on_call.notify[2] (sms): not sent (no carrier is set up)" in done.out
    assert done.error == "Error: 2 test notices were not taken; see above."
    assert "swordfish" not in done.out + done.err


def test_without_the_flag_nobody_is_told_and_no_settings_are_needed(tmp_path: Path, hook: HookReceiver) -> None:
    write(tmp_path, hook.apprise_url())

    assert intake("practice", "check", "practices.toml", folder=tmp_path).lines
    assert hook.notifications == []


def test_an_address_that_cannot_be_one_is_refused_by_its_key(tmp_path: Path) -> None:
    write(tmp_path, "slack://swordfish")

    error = intake("practice", "check", "practices.toml", folder=tmp_path).error

    assert "practice[demo].teams.on_call.notify[1]: apprise cannot use this slack:// address" in error
    assert "swordfish" not in error
