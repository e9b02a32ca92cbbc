"""A new channel is one name, one row and one module, beside its registration, its limit and its description."""

from __future__ import annotations

from pathlib import Path

from tests.extension.house import ROOT, House

WEBHOOK = ROOT / "tests" / "extension" / "kiosk" / "webhook.py"
NAME = '    VOICEMAIL = "voicemail"\n'
ROWS = "CHANNELS: dict[Channel, ChannelTraits] = {\n"
ROW = '    Channel.KIOSK: ChannelTraits("Kiosk", Medium.SMS, proves_address=False),\n'
REGISTERED = "    app.register_blueprint(forms.blueprint)\n"
LIMITS = "    limits = {\n"
LIMIT = '        "kiosk.receive": [limiter.limit(FORM_BY_ADDRESS)],\n'
PATHS = '        "paths": {\n'
PATH = (
    '            "/kiosk/{slug}": {"post": {"summary": "A message from the kiosk",'
    ' "responses": {"202": {"description": "stored"}}}},\n'
)


def test_a_fictional_channel_takes_six_files_and_carries_a_message(tmp_path: Path) -> None:
    house = House(tmp_path / "house")
    house.edit("intake/vocabulary.py", NAME, NAME + '    KIOSK = "kiosk"\n')
    house.edit("intake/channels.py", ROWS, ROWS + ROW)
    house.add_file("webhooks/browser/kiosk.py", WEBHOOK.read_text())
    house.edit("app/edges.py", "import chat, demo, forms\n", "import chat, demo, forms, kiosk\n")
    house.edit("app/edges.py", REGISTERED, REGISTERED + "    app.register_blueprint(kiosk.blueprint)\n")
    house.edit("app/rate_limits.py", LIMITS, LIMITS + LIMIT)
    house.edit("web/openapi.py", PATHS, PATHS + PATH)

    house.run_test("tests/extension/kiosk/driven.py")
    assert len(house.touched) == 6
