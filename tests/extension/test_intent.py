"""An eighth intent is a line of vocabulary, a row of routing, a reply in two languages, and a line of guidance."""

from __future__ import annotations

from pathlib import Path

from tests.extension.house import House

NAME = '    PRICE_SHOPPER = "price_shopper", "Price question"\n'
ROW = "    Intent.PRICE_SHOPPER: (Team.DIGEST, Priority.LOW),\n"
GUIDE = '    "price_shopper": "asks what something costs, or compares prices, before committing to anything",\n'
VOTE = '    "price": "price_shopper",\n'


def test_an_eighth_intent_takes_five_files_and_routes_a_message(tmp_path: Path) -> None:
    house = House(tmp_path / "house")
    house.edit("intake/vocabulary.py", NAME, NAME + '    RECORDS_REQUEST = "records_request", "Records request"\n')
    house.edit("tasks/routing_table.py", ROW, ROW + "    Intent.RECORDS_REQUEST: (Team.FRONT_DESK, Priority.NORMAL),\n")
    house.add_file(
        "templates/replies/records_request.txt",
        "{{ practice.name }}: we got your request for records. We will send them within 10 days.\n",
    )
    house.add_file(
        "templates/replies/records_request_es.txt",
        "{{ practice.name }}: recibimos su solicitud de documentos. Se los vamos a mandar en 10 días.\n",
    )
    house.edit("training/data/labels.py", GUIDE, GUIDE + '    "records_request": "asks for medical records",\n')
    # its data: a model that tells the eighth intent apart, here by a single word
    house.edit("tests/classifier/tiny_model.py", VOTE, VOTE + '    "records": "records_request",\n')

    house.run_test("tests/extension/records/driven.py")
    assert len(house.touched) == 5
