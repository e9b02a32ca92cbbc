from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from classifier import ModelError
from classifier.entities.entity import MODEL, Entity
from classifier.entities.tagger import EntityTagger, cut_pieces
from intake.vocabulary import EntityKind
from tests.classifier import tiny_model
from tests.classifier.entities import tiny_tagger
from tests.classifier.hostile import HOSTILE_TEXTS


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> EntityTagger:
    return EntityTagger.load(tiny_tagger.write(tmp_path_factory.mktemp("tagger")))


def values(text: str, tagger: EntityTagger) -> list[tuple[str, str]]:
    return [(text[entity.start : entity.end], entity.kind.value) for entity in tagger.find(text)]


def test_each_value_has_its_kind_its_place_and_a_confidence(tagger: EntityTagger) -> None:
    text = "filler Maria Lopez on 4 12 with Aetna"
    assert values(text, tagger) == [("Maria Lopez", "NAME"), ("4 12", "DATE"), ("Aetna", "CARRIER")]
    name = tagger.find(text)[0]
    assert (name.kind, name.source) == (EntityKind.NAME, MODEL)
    assert 0.9 < name.confidence <= 1.0


def test_a_text_without_values_has_none(tagger: EntityTagger) -> None:
    assert tagger.find("filler filler") == ()
    assert tagger.find("") == ()


def test_places_are_those_of_the_original_text_whatever_it_holds(tagger: EntityTagger) -> None:
    for text in ("😭 Maria", "\ud83d Maria", "\ufdfa\u0301 Maria", "a\u0000 \u202e Maria", "\n\n\tMaria.\n"):
        assert values(text, tagger) == [("Maria", "NAME")]


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_any_string_is_read(tagger: EntityTagger, text: str) -> None:
    for entity in tagger.find(text):
        assert 0 <= entity.start < entity.end <= len(text)


def test_a_possessive_and_punctuation_do_not_belong_to_a_name(tagger: EntityTagger) -> None:
    assert values("(Maria Lopez's) filler", tagger) == [("Maria Lopez", "NAME")]
    assert values("“Maria”, Aetna!", tagger) == [("Maria", "NAME"), ("Aetna", "CARRIER")]


def test_a_long_text_is_read_to_its_end_and_a_value_at_the_edge_of_a_window_is_found_whole(
    tagger: EntityTagger,
) -> None:
    for before in range(40):
        text = "filler " * before + "Maria Lopez " + "filler " * 30
        assert values(text, tagger) == [("Maria Lopez", "NAME")]


def test_the_time_grows_no_faster_than_the_text(tagger: EntityTagger) -> None:
    def seconds(count: int) -> float:
        text = " ".join(f"filler Maria w{number % 97}" for number in range(count))
        start = time.process_time()
        assert len(tagger.find(text)) == count
        return time.process_time() - start

    seconds(100)
    # 20 times the text takes 20 times as long, or 400 times if it were compared with itself
    assert seconds(8000) < 150 * max(seconds(400), 0.01)


def test_a_penalty_on_what_is_outside_finds_more(tmp_path: Path) -> None:
    unsure = tiny_tagger.write(tmp_path, words={"filler": "B-ID"}, outside_penalty=20.0)
    assert values("Maria", EntityTagger.load(unsure)) != []


def test_a_long_text_is_cut_into_tokens_between_words() -> None:
    text = "word " * 9_000
    pieces = cut_pieces(text)
    assert "".join(text[start:end] for start, end in pieces) == text
    assert all(text[end : end + 1] in (" ", "") for _, end in pieces)
    assert cut_pieces("a" * 45_000) == [(0, 20_000), (20_000, 40_000), (40_000, 45_000)]


def test_a_folder_of_another_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds the model 'intent', expected 'entities'"):
        EntityTagger.load(tiny_model.write(tmp_path))


def test_labels_of_another_version_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config.json: labels must be those of this program"):
        EntityTagger.load(tiny_tagger.write(tmp_path, labels=["O", "B-SHOE"]))


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    home = tiny_tagger.write(tmp_path)
    (home / "calibration.json").write_text(json.dumps({"outside_penalty": 9.0}))
    with pytest.raises(ModelError, match=r"calibration\.json was altered"):
        EntityTagger.load(home)


def test_a_network_without_logits_for_each_token_is_refused(tmp_path: Path) -> None:
    home = tiny_tagger.write(tmp_path)
    (home / "model.onnx").write_bytes(tiny_model.network().SerializeToString())
    tiny_model.seal(home, name="entities")
    with pytest.raises(ModelError, match="logits for 33 labels of each token"):
        EntityTagger.load(home)


def test_an_entity_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Entity(EntityKind.NAME, 0, 1, 1.0, MODEL).end = 2  # type: ignore[misc]
