"""A model folder is used only when every file in it is what its manifest says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifier import INTENTS, Classifier, ModelError
from classifier.network.decoding import Thresholds
from classifier.network.second_intents import PartsWeights, SecondIntentWeights, WholeWeights
from classifier.outputs import ALL_COLUMNS
from tests.classifier import tiny_model

NEEDED = ("model.onnx", "tokenizer.json", "config.json", "calibration.json")


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as refused:
        Classifier.load(folder)
    return str(refused.value)


def test_a_whole_folder_loads_and_describes_itself(model_folder: Path) -> None:
    info = Classifier.load(model_folder).info

    assert (info.name, info.version, info.created) == ("intent", "0123456789ab", "2026-01-31")
    assert info.path == model_folder
    assert info.labels == INTENTS
    assert (info.max_tokens, info.window_overlap) == (18, 4)
    assert list(info.thresholds) == ["en"]
    assert (info.thresholds["en"].temperature, info.review_threshold) == (1.0, 0.6)
    assert info.confidences == {}
    assert info.second_intents is None
    assert info.file_sizes == {name: (model_folder / name).stat().st_size for name in NEEDED}


def test_the_path_may_be_a_string(model_folder: Path) -> None:
    assert Classifier.load(str(model_folder)).info.path == model_folder


def test_labels_may_come_in_any_order(tmp_path: Path) -> None:
    folder = tiny_model.write(tmp_path, labels=list(reversed(INTENTS)))

    (understood,) = Classifier.load(folder).classify(["rude"])

    assert understood.intent == INTENTS[len(INTENTS) - 1 - INTENTS.index("complaint")]


def test_a_folder_gives_each_language_its_thresholds(tmp_path: Path) -> None:
    spanish = {"temperature": 2.0, "review": 0.7, "of_intents": {"complaint": 0.9}, "same_day": 0.4, "mention": 0.8}
    deciles = [number / 10 for number in range(11)]
    languages = {"en": tiny_model.ENGLISH, "es": spanish}
    info = Classifier.load(tiny_model.write(tmp_path, languages=languages, confidences={"es": deciles})).info

    assert info.thresholds == {
        "en": Thresholds(temperature=1.0, review=0.6),
        "es": Thresholds(temperature=2.0, review=0.7, of_intents={"complaint": 0.9}, same_day=0.4, mention=0.8),
    }
    assert info.confidences == {"es": deciles}


def test_a_folder_says_how_second_intents_are_weighed(tmp_path: Path) -> None:
    whole = {"constant": -1.0, "mention": 2.0, "share": -0.5, "first": 0.5}
    alone = tiny_model.write(tmp_path / "alone", second_intents={"whole": whole})
    both = tiny_model.write(
        tmp_path / "both", second_intents={"whole": whole, "parts": whole | {"part": 0.25, "rest": 0.75}}
    )

    weights = WholeWeights(constant=-1.0, mention=2.0, share=-0.5, first=0.5)
    assert Classifier.load(alone).info.second_intents == SecondIntentWeights(weights)
    assert Classifier.load(both).info.second_intents == SecondIntentWeights(
        weights, PartsWeights(constant=-1.0, mention=2.0, share=-0.5, first=0.5, part=0.25, rest=0.75)
    )


def test_a_threshold_that_was_not_calibrated_is_never_reached(model_folder: Path) -> None:
    english = Classifier.load(model_folder).info.thresholds["en"]

    never = (english.acknowledgement, english.person, english.praise, english.emergency, english.same_day)
    assert (*never, english.mention) == (1.0,) * 6
    assert english.emergency_with_sign == 0.0, "without a network's opinion, a sign is enough"


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert str(tmp_path / "nowhere") in refusal(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["manifest.json", *NEEDED])
def test_a_missing_file_is_refused_by_name(model_folder: Path, name: str) -> None:
    (model_folder / name).unlink()

    assert f"{model_folder / name} is missing" in refusal(model_folder)


@pytest.mark.parametrize("name", NEEDED)
def test_one_changed_byte_is_refused_by_name(model_folder: Path, name: str) -> None:
    content = bytearray((model_folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (model_folder / name).write_bytes(content)

    assert f"{model_folder / name} was altered" in refusal(model_folder)


@pytest.mark.parametrize("name", NEEDED)
def test_a_cut_off_file_is_refused_by_name(model_folder: Path, name: str) -> None:
    (model_folder / name).write_bytes((model_folder / name).read_bytes()[:-1])

    assert f"{model_folder / name} was altered" in refusal(model_folder)


def test_a_listed_file_that_loading_does_not_need_is_verified_too(model_folder: Path) -> None:
    (model_folder / "README.md").write_text("A model card.")
    tiny_model.seal(model_folder)
    Classifier.load(model_folder)

    (model_folder / "README.md").write_text("A model liar.")

    assert f"{model_folder / 'README.md'} was altered" in refusal(model_folder)


@pytest.mark.parametrize("name", NEEDED)
def test_a_needed_file_that_the_manifest_does_not_list_is_refused(model_folder: Path, name: str) -> None:
    manifest = json.loads((model_folder / "manifest.json").read_text())
    del manifest["files"][name]
    (model_folder / "manifest.json").write_text(json.dumps(manifest))

    assert f"{model_folder / name} is needed but manifest.json does not list it" in refusal(model_folder)


def test_a_directory_in_place_of_a_file_is_refused(model_folder: Path) -> None:
    (model_folder / "config.json").unlink()
    (model_folder / "config.json").mkdir()

    assert f"{model_folder / 'config.json'} cannot be read" in refusal(model_folder)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "sub/model.onnx", "..", "", "manifest.json"])
def test_a_manifest_that_reaches_outside_its_folder_is_refused(model_folder: Path, name: str) -> None:
    tiny_model.seal(model_folder, files={name: {"sha256": "0" * 64, "bytes": 0}})

    assert "is not the name of a file beside it" in refusal(model_folder)


@pytest.mark.parametrize(
    ("replaced", "complaint"),
    [
        ({"format": 1}, "format is 1, this program reads format 2: install a model made for this version"),
        ({"format": 3}, "format is 3, this program reads format 2"),
        ({"format": None}, "format is None"),
        ({"name": ""}, "name: String should have at least 1 character"),
        ({"version": "1.0"}, "version: must be 12 hexadecimal digits"),
        ({"created": 20260131}, "created: Input should be a valid string"),
        ({"files": []}, "files: Input should be a valid dictionary"),
        ({"files": {"model.onnx": {"bytes": 3}}}, "files.model.onnx.sha256: Field required"),
        ({"files": {"model.onnx": {"sha256": "0" * 64, "bytes": True}}}, "files.model.onnx.bytes: Input should be"),
        (
            {"files": {"model.onnx": {"sha256": "zz", "bytes": 3}}},
            "files.model.onnx.sha256: must be 64 hexadecimal digits",
        ),
        ({"files": {"model.onnx": "abc"}}, "files.model.onnx: Input should be"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(
    model_folder: Path, replaced: dict[str, Any], complaint: str
) -> None:
    tiny_model.seal(model_folder, **replaced)

    message = refusal(model_folder)

    assert str(model_folder / "manifest.json") in message
    assert complaint in message


def test_a_model_of_the_earlier_format_is_refused_before_its_files_are_read(model_folder: Path) -> None:
    """Its calibration has other keys, which would only puzzle whoever has to replace it."""
    (model_folder / "calibration.json").write_text('{"temperature": 1.0, "review_threshold": 0.6}')
    tiny_model.seal(model_folder, format=1)

    assert refusal(model_folder) == (
        f"{model_folder / 'manifest.json'}: format is 1, this program reads format 2: "
        "install a model made for this version"
    )


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '"text"', "[" * 100_000, b"\xff\xfe\x00"])
@pytest.mark.parametrize("name", ["manifest.json", "config.json", "calibration.json"])
def test_anything_but_a_json_object_is_refused_by_name(model_folder: Path, name: str, content: str | bytes) -> None:
    (model_folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    if name != "manifest.json":
        tiny_model.seal(model_folder)

    assert str(model_folder / name) in refusal(model_folder)


@pytest.mark.parametrize(
    ("settings", "name", "complaint"),
    [
        ({"labels": list(INTENTS[:-1])}, "config.json", "labels: must be the intents new_patient_inquiry, "),
        ({"labels": [*INTENTS, "spam"]}, "config.json", "labels: must be the intents new_patient_inquiry, "),
        ({"labels": [*INTENTS[:-1], INTENTS[0]]}, "config.json", "labels: must be the intents new_patient_inquiry, "),
        ({"labels": [*INTENTS[:-1], 7]}, "config.json", "labels.6: Input should be a valid string"),
        (
            {"labels": [*INTENTS, "praise", "praise"]},
            "config.json",
            "labels: must be the intents new_patient_inquiry, ",
        ),
        ({"labels": list(ALL_COLUMNS[:-1])}, "config.json", "labels: must have all of mention:new_patient_inquiry, "),
        ({"labels": None}, "config.json", "labels: Input should be a valid list"),
        ({"max_tokens": "256"}, "config.json", "max_tokens: Input should be a valid integer"),
        ({"max_tokens": 2}, "config.json", "window_overlap must be"),
        ({"window_overlap": 16}, "config.json", "window_overlap must be"),
        ({"window_overlap": -1}, "config.json", "window_overlap must be"),
        ({"base_model": None}, "config.json", "base_model: Input should be a valid string"),
        ({"languages": None}, "calibration.json", "languages: Input should be a valid dictionary"),
        ({"languages": {}}, "calibration.json", "languages must have en"),
        ({"languages": {"es": tiny_model.ENGLISH}}, "calibration.json", "languages must have en"),
        ({"languages": {"fr": tiny_model.ENGLISH}}, "calibration.json", "languages.fr: Input should be 'en', 'es' or "),
        ({"languages": {"en": {"review": 0.6}}}, "calibration.json", "languages.en.temperature: Field required"),
        ({"languages": {"en": {"temperature": 1}}}, "calibration.json", "languages.en.review: Field required"),
        ({"temperature": 0}, "calibration.json", "languages.en.temperature: Input should be greater than 0"),
        ({"temperature": float("nan")}, "calibration.json", "languages.en.temperature: Input should be"),
        ({"temperature": True}, "calibration.json", "languages.en.temperature: Input should be a valid number"),
        ({"review": "high"}, "calibration.json", "languages.en.review: Input should be a valid number"),
        *(
            ({name: value}, "calibration.json", f"languages.en.{name}: Input should be {bound} than or equal to")
            for name in sorted(tiny_model.KNOWING_ENGLISH.keys() - {"temperature"})
            for value, bound in ((1.01, "less"), (-0.01, "greater"))
        ),
        (
            {"of_intents": {"praise": 0.5}},
            "calibration.json",
            "languages.en.of_intents.praise: 'praise' is not an intent",
        ),
        (
            {"of_intents": {"complaint": 2}},
            "calibration.json",
            "languages.en.of_intents.complaint: Input should be less than or equal to 1",
        ),
        (
            {"second_intents": {"whole": {"constant": 1.0, "mention": 1.0, "share": 1.0}}},
            "calibration.json",
            "second_intents.whole.first: Field required",
        ),
        ({"confidences": {"en": [0.5] * 10}}, "calibration.json", "confidences.en: List should have at least 11 items"),
        ({"confidences": {"en": [0.5] * 10 + [2.0]}}, "calibration.json", "confidences.en.10: Input should be less"),
    ],
)
def test_settings_out_of_range_are_refused_by_file_and_key(
    tmp_path: Path, settings: dict[str, Any], name: str, complaint: str
) -> None:
    message = refusal(tiny_model.write(tmp_path, **settings))

    assert str(tmp_path / name) in message
    assert complaint in message


def test_a_file_that_is_no_tokenizer_is_refused_by_name(model_folder: Path) -> None:
    (model_folder / "tokenizer.json").write_text("{}")
    tiny_model.seal(model_folder)

    assert str(model_folder / "tokenizer.json") in refusal(model_folder)


def test_a_tokenizer_without_special_tokens_is_refused(model_folder: Path) -> None:
    bare = json.loads(tiny_model.tokenizer().to_str()) | {"post_processor": None}
    (model_folder / "tokenizer.json").write_text(json.dumps(bare))
    tiny_model.seal(model_folder)

    assert "must put one token before and one after a text" in refusal(model_folder)


def test_a_file_that_is_no_network_is_refused_by_name(model_folder: Path) -> None:
    (model_folder / "model.onnx").write_bytes(b"no network")
    tiny_model.seal(model_folder)

    assert f"{model_folder / 'model.onnx'} cannot be loaded" in refusal(model_folder)


@pytest.mark.parametrize("wrong", [{"outputs": INTENTS[:5]}, {"input_name": "token_ids"}])
def test_a_network_with_another_shape_is_refused(model_folder: Path, wrong: dict[str, Any]) -> None:
    (model_folder / "model.onnx").write_bytes(tiny_model.network(**wrong).SerializeToString())
    tiny_model.seal(model_folder)

    assert f"must take input_ids and attention_mask and give logits for {len(INTENTS)} labels" in refusal(model_folder)
