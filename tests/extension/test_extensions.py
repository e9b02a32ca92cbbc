"""A new channel is one name, one row and one module, beside its registration, its limit and its description.

An eighth intent is a line of vocabulary, a row of routing, a reply in two languages, and two lines of guidance.
"""

from __future__ import annotations

import pytest

from tests.extension.house import ROOT, House

WEBHOOK = ROOT / "tests" / "extension" / "kiosk" / "webhook.py"
CHANNEL = '    VOICEMAIL = "voicemail"\n'
CHANNELS = "CHANNELS: dict[Channel, ChannelTraits] = {\n"
KIOSK = '    Channel.KIOSK: ChannelTraits("Kiosk", "keyboard", Medium.SMS, proves_address=False),\n'
REGISTERED = "    app.register_blueprint(forms.blueprint)\n"
LIMITS = "    limits = {\n"
LIMIT = '        "kiosk.receive": [limiter.limit(FORM_BY_ADDRESS)],\n'
PATHS = '        "paths": {\n'
PATH = (
    '            "/kiosk/{slug}": {"post": {"summary": "A message from the kiosk",'
    ' "responses": {"202": {"description": "stored"}}}},\n'
)

INTENT = '    PRICE_SHOPPER = "price_shopper", "Price question"\n'
ROUTE = "    Intent.PRICE_SHOPPER: (Team.DIGEST, Priority.LOW),\n"
GUIDE = '    "price_shopper": "asks what something costs, or compares prices, before committing to anything",\n'
NEIGHBORS = '    "price_shopper": ("billing_inquiry", "new_patient_inquiry"),\n'
VOTE = '    "price": "price_shopper",\n'


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A copy with both, whose tests of either were run once."""
    house = House(tmp_path_factory.mktemp("extended") / "house")
    with house.extend("kiosk"):
        house.edit("intake/vocabulary.py", CHANNEL, CHANNEL + '    KIOSK = "kiosk"\n')
        house.edit("intake/channels.py", CHANNELS, CHANNELS + KIOSK)
        house.add_file("webhooks/browser/kiosk.py", WEBHOOK.read_text())
        house.edit("app/edges.py", "import chat, demo, forms\n", "import chat, demo, forms, kiosk\n")
        house.edit("app/edges.py", REGISTERED, REGISTERED + "    app.register_blueprint(kiosk.blueprint)\n")
        house.edit("app/rate_limits.py", LIMITS, LIMITS + LIMIT)
        house.edit("web/openapi.py", PATHS, PATHS + PATH)
    with house.extend("records", "tests.training.data.test_labels", "tests.training.generation.test_plan"):
        house.edit(
            "intake/vocabulary.py", INTENT, INTENT + '    RECORDS_REQUEST = "records_request", "Records request"\n'
        )
        house.edit(
            "tasks/routing/table.py", ROUTE, ROUTE + "    Intent.RECORDS_REQUEST: (Team.FRONT_DESK, Priority.NORMAL),\n"
        )
        house.add_file(
            "templates/replies/records_request.txt",
            "{{ practice.name }}: we got your request for records. We will send them within 10 days.\n",
        )
        house.add_file(
            "templates/replies/records_request_es.txt",
            "{{ practice.name }}: recibimos su solicitud de documentos. Se los vamos a mandar en 10 días.\n",
        )
        house.edit("training/data/labels.py", GUIDE, GUIDE + '    "records_request": "asks for medical records",\n')
        house.edit(
            "training/data/labels.py",
            NEIGHBORS,
            NEIGHBORS + '    "records_request": ("existing_patient_question", "billing_inquiry"),\n',
        )
        # its data: a model that tells the eighth intent apart, here by a single word
        house.edit("tests/classifier/tiny_model.py", VOTE, VOTE + '    "records": "records_request",\n')
    house.run_tests()
    return house


@pytest.mark.parametrize(
    ("extension", "files"), [("kiosk", 6), ("records", 5)], ids=["a fictional channel", "an eighth intent"]
)
def test_an_extension_takes_few_files_and_carries_a_message(house: House, extension: str, files: int) -> None:
    assert house.failures(extension) == []
    assert len(house.touched[extension]) == files
