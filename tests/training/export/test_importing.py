"""Checkpoints of several kinds, small and really trained, become model folders that answer as they did."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import sentencepiece
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from app.cli import main
from classifier import INTENTS, Classifier
from tests.training import tiny_deberta
from tests.training.conftest import RECIPES, WRITERS, large_imports
from training.data.corpus import CorpusError
from training.export.checkpoint_source import ImportRefusedError
from training.recipe import load_recipe

if TYPE_CHECKING:
    import torch
    from transformers import (
        AutoModelForSequenceClassification,
        BertConfig,
        BertForSequenceClassification,
        DebertaV2ForSequenceClassification,
        PreTrainedModel,
    )

    from training.data.dataset import load_tokenizer
    from training.export.importing import MOST_COMPARED, import_model

pytestmark = [
    # optimum exports through TorchScript.
    pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]

COMMIT = "0123456789abcdef" * 2 + "01234567"
SHUFFLED = tuple(Random(4).sample(INTENTS, len(INTENTS)))
TEXTS = [f"{intent} {words}" for words in ("", "to dental by sms", "by voicemail, please") for intent in INTENTS]
SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[UNK]")
WORDS = sorted({word for text in TEXTS for word in text.replace("_", " _ ").replace(",", " , ").split()})


@pytest.fixture(scope="session", autouse=True)
def libraries() -> None:
    """Import these where the tests run: they take seconds, and every test process collects this module."""
    global \
        torch, \
        AutoModelForSequenceClassification, \
        BertConfig, \
        BertForSequenceClassification, \
        load_tokenizer, \
        DebertaV2ForSequenceClassification, \
        MOST_COMPARED, \
        import_model
    with large_imports():
        import torch
        from transformers import (
            AutoModelForSequenceClassification,
            BertConfig,
            BertForSequenceClassification,
            DebertaV2ForSequenceClassification,
        )

        from training.data.dataset import load_tokenizer
        from training.export.importing import MOST_COMPARED, import_model


def wordpiece() -> Tokenizer:
    vocabulary = {word: number for number, word in enumerate((*SPECIAL, *WORDS))}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(token, vocabulary[token]) for token in ("[CLS]", "[SEP]")]
    )
    return tokenizer


def write_sentencepiece(folder: Path) -> None:
    """Write `spm.model` as microsoft/deberta-v3-base has it, and no tokenizer.json."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS * 4),
        model_prefix=str(folder / "spm"),
        vocab_size=90,
        pad_id=0, bos_id=1, eos_id=2, unk_id=3,
        pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]",
        hard_vocab_limit=False,
        minloglevel=2,
    )  # fmt: skip
    (folder / "spm.vocab").unlink()
    settings = {"tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": False, "vocab_type": "spm"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def write_trained(folder: Path, model: PreTrainedModel, labels: Sequence[str] = INTENTS) -> Path:
    """Teach a model, whose tokenizer is in the folder, to name the intent that a text begins with."""
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {label: column for column, label in enumerate(labels)}
    tokenizer = load_tokenizer(folder)
    tokenizer.enable_padding()
    encodings = tokenizer.encode_batch(TEXTS)
    ids = torch.tensor([encoding.ids for encoding in encodings])
    mask = torch.tensor([encoding.attention_mask for encoding in encodings])
    right = torch.tensor([labels.index(text.split()[0]) for text in TEXTS])
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(60):
        optimiser.zero_grad()
        model(input_ids=ids, attention_mask=mask, labels=right).loss.backward()
        optimiser.step()
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def deberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DeBERTa-v3 as it comes: sentencepiece alone, its labels in an order of their own."""
    folder = tmp_path_factory.mktemp("deberta")
    write_sentencepiece(folder)
    torch.manual_seed(0)
    config = tiny_deberta.config(**(tiny_deberta.V3 | {"initializer_range": 0.1}))
    return write_trained(folder, DebertaV2ForSequenceClassification(config), SHUFFLED)


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bert")
    wordpiece().save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(SPECIAL) + len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        num_labels=len(INTENTS),
    )
    return write_trained(folder, BertForSequenceClassification(config))


@pytest.fixture
def checkpoint(deberta: Path, tmp_path: Path) -> Path:
    """A checkpoint to spoil."""
    return Path(shutil.copytree(deberta, tmp_path / "checkpoint"))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def imported(source: Path, models: Path, **options: Any) -> Path:
    corpus = models.parent / "corpus"
    if not corpus.exists():
        write_messages(corpus)
    texts = models.parent / "texts.txt"
    texts.write_text("\n".join(TEXTS), encoding="utf-8")
    return import_model(str(source), models, texts=texts, corpus=corpus, **options)


def write_messages(corpus: Path, repeated: int = 1) -> None:
    """Write a corpus in which each writer that the shipped recipe validates on has messages of each intent."""
    writers = load_recipe(RECIPES / "accurate.toml").data.validation_writers
    files = {writer: WRITERS[writer][0] for writer in writers}
    for writer, file in files.items():
        rows = [
            f"routine\t{intent}\tdental\tsms\t{intent} by sms {writer} {number}\n"
            for intent in INTENTS
            for number in range(repeated)
        ]
        (corpus / file).parent.mkdir(parents=True, exist_ok=True)
        (corpus / file).write_text("".join(rows), encoding="utf-8")
    table = [f'{writer} = ["{file}"]\n' for writer, file in files.items()]
    (corpus / "writers.toml").write_text("[writers]\n" + "".join(table), encoding="utf-8")


def spoil_when_rounded(model: Any) -> None:
    """Make one value so large that every other is rounded to nothing; it meets weights of 0, so it is no matter."""
    with torch.no_grad():
        for layer in model.deberta.encoder.layer:
            for before, after in (
                (layer.attention.self.value_proj, layer.attention.output.dense),
                (layer.intermediate.dense, layer.output.dense),
            ):
                before.weight[0], before.bias[0], after.weight[:, 0] = 0.0, 1e6, 0.0


def refusal(source: Path, models: Path) -> str:
    """Return why a checkpoint is refused, after making sure that nothing of it is left."""
    with pytest.raises(ImportRefusedError) as refused:
        imported(source, models)
    assert not models.exists() or list(models.iterdir()) == []
    return str(refused.value)


def intents_of_original(folder: Path) -> list[str]:
    tokenizer = load_tokenizer(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        best = [int(model(torch.tensor([tokenizer.encode(text).ids])).logits.argmax()) for text in TEXTS]
    return [model.config.id2label[column] for column in best]


@dataclass(frozen=True)
class Import:
    """A model that was imported, which tests only read, what it was made of, and what was said meanwhile."""

    source: Path
    folder: Path
    said: list[str]

    @property
    def models(self) -> Path:
        """The folder that it was imported into, before which there was none."""
        return self.folder.parent


@pytest.fixture(scope="session")
def from_deberta(deberta: Path, tmp_path_factory: pytest.TempPathFactory) -> Import:
    said: list[str] = []
    return Import(deberta, imported(deberta, tmp_path_factory.mktemp("import") / "models", report=said.append), said)


@pytest.fixture(scope="session")
def from_bert(bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Import:
    """A model from the hub."""
    folder = tmp_path_factory.mktemp("import")
    downloaded = folder / "models--maple--intents" / "snapshots" / COMMIT
    shutil.copytree(bert, downloaded)
    return Import(downloaded, imported(downloaded, folder / "models"), [])


@pytest.mark.parametrize("kind", ["from_deberta", "from_bert"])
def test_an_imported_model_names_the_intents_that_the_original_names(kind: str, request: pytest.FixtureRequest) -> None:
    model: Import = request.getfixturevalue(kind)
    classifier = Classifier.load(model.folder)
    expected = intents_of_original(model.source)
    assert [understanding.intent for understanding in classifier.classify(TEXTS)] == expected
    assert set(expected) == set(INTENTS)
    assert model.folder == model.models / classifier.info.version
    assert list(model.models.iterdir()) == [model.folder]


def test_the_commit_of_a_model_from_the_hub_is_kept_with_it(from_bert: Import) -> None:
    info = Classifier.load(from_bert.folder).info

    assert (info.base_model, info.base_revision) == ("maple/intents", COMMIT)


def test_the_folder_says_what_it_was_made_of_and_reads_no_more_than_the_model_can(from_deberta: Import) -> None:
    info = Classifier.load(from_deberta.folder).info
    assert (info.base_model, info.base_revision) == (from_deberta.source.name, None)
    assert info.labels == SHUFFLED
    assert (info.max_tokens, info.window_overlap) == (48, 12)


def test_it_is_calibrated_for_english_which_is_what_it_takes_everything_for(from_deberta: Import) -> None:
    info = Classifier.load(from_deberta.folder).info
    assert list(info.thresholds) == list(info.confidences) == ["en"]
    calibration = json.loads((from_deberta.folder / "calibration.json").read_text(encoding="utf-8"))
    assert calibration["validation"]["en"]["messages"] == 7 * len(INTENTS)


def test_it_goes_where_it_is_told_to(deberta: Path, models: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "mine"
    assert imported(deberta, models, target=target) == target
    assert Classifier.load(target).info.labels == SHUFFLED
    assert list(target.parent.iterdir()) == [target]


def test_it_says_how_far_the_original_agrees(from_deberta: Import) -> None:
    assert from_deberta.said[-1] == f"100.0% of {len(TEXTS)} messages get the same intent as from the original"


def test_a_model_that_is_there_already_is_left_alone(from_deberta: Import) -> None:
    folder, models = from_deberta.folder, from_deberta.models
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    with pytest.raises(ImportRefusedError, match="already exists"):
        imported(from_deberta.source, models)
    with pytest.raises(ImportRefusedError, match="already exists"):
        imported(from_deberta.source, models, target=folder)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert list(models.iterdir()) == [folder]


def test_labels_that_are_not_the_seven_intents_are_named(checkpoint: Path, models: Path) -> None:
    change_config(checkpoint, id2label={str(n): label for n, label in enumerate((*INTENTS[:5], "spam", "complaint"))})
    assert "id2label lacks price_shopper and also has spam" in refusal(checkpoint, models)


def test_an_intent_that_is_named_twice_is_refused(checkpoint: Path, models: Path) -> None:
    change_config(checkpoint, id2label={str(n): label for n, label in enumerate((*INTENTS, INTENTS[0]))})
    assert "id2label has an intent twice" in refusal(checkpoint, models)


def test_labels_are_never_guessed(checkpoint: Path, models: Path) -> None:
    change_config(checkpoint, id2label=None)
    assert "has no id2label" in refusal(checkpoint, models)


def test_damaged_weights_are_refused(checkpoint: Path, models: Path) -> None:
    weights = checkpoint / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    assert "cannot be loaded" in refusal(checkpoint, models)


def test_an_encoder_without_a_head_is_refused(checkpoint: Path, models: Path) -> None:
    model = DebertaV2ForSequenceClassification.from_pretrained(checkpoint)
    model.deberta.save_pretrained(checkpoint)
    change_config(checkpoint, id2label=dict(enumerate(INTENTS)))
    assert "lack classifier.bias, classifier.weight, pooler.dense.bias" in refusal(checkpoint, models)


def test_weights_that_are_no_numbers_are_refused(checkpoint: Path, models: Path) -> None:
    model = DebertaV2ForSequenceClassification.from_pretrained(checkpoint)
    torch.nn.init.constant_(model.classifier.weight, float("nan"))
    model.save_pretrained(checkpoint)
    assert "their results are not numbers" in refusal(checkpoint, models)


def test_a_model_that_does_not_bear_8_bits_is_refused_as_soon_as_too_many_answers_differ(
    checkpoint: Path, models: Path
) -> None:
    model = DebertaV2ForSequenceClassification.from_pretrained(checkpoint)
    spoil_when_rounded(model)
    model.save_pretrained(checkpoint)
    message = refusal(checkpoint, models)
    assert "at most 2% may differ" in message
    found = re.search(r"on (\d+) of (\d+) messages", message)
    assert found
    differing, read = map(int, found.groups())
    assert differing == int(len(TEXTS) * 0.02) + 1
    assert read < len(TEXTS)


def test_a_large_corpus_is_compared_on_a_sample(deberta: Path, models: Path) -> None:
    corpus = models.parent / "corpus"
    write_messages(corpus, repeated=12)
    said: list[str] = []
    import_model(str(deberta), models, corpus=corpus, report=said.append)
    assert any(f"of {MOST_COMPARED} messages get the same intent" in line for line in said)


def test_pickled_weights_are_never_read(checkpoint: Path, models: Path) -> None:
    model = DebertaV2ForSequenceClassification.from_pretrained(checkpoint)
    torch.save(model.state_dict(), checkpoint / "pytorch_model.bin")
    (checkpoint / "model.safetensors").unlink()
    assert "expected model.safetensors" in refusal(checkpoint, models)


def test_a_tokenizer_of_another_kind_is_refused(bert: Path, models: Path, tmp_path: Path) -> None:
    checkpoint = Path(shutil.copytree(bert, tmp_path / "checkpoint"))
    path = checkpoint / "tokenizer.json"
    path.write_text(path.read_text(encoding="utf-8").replace("[PAD]", "<pad>"), encoding="utf-8")
    assert "must add one token before and one after a text and have [UNK] and [PAD]" in refusal(checkpoint, models)


def test_a_checkpoint_without_a_tokenizer_is_refused(checkpoint: Path, models: Path) -> None:
    (checkpoint / "spm.model").unlink()
    assert "has no usable tokenizer" in refusal(checkpoint, models)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"id2label": {}}'])
def test_a_configuration_that_is_none_is_refused(checkpoint: Path, models: Path, content: str) -> None:
    (checkpoint / "config.json").write_text(content, encoding="utf-8")
    assert str(checkpoint / "config.json") in refusal(checkpoint, models)


def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path: Path, models: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "has no config.json" in refusal(tmp_path / "empty", models)
    assert "is not a folder" in refusal(tmp_path / "missing", models)


def test_the_command_needs_the_training_libraries_and_says_so(deberta: Path, tmp_path: Path) -> None:
    """On a machine without torch, which this process is made to be."""
    without = "import sys; sys.modules['torch'] = None; from app.cli import main; main()"
    command = [sys.executable, "-c", without, "model", "import", str(deberta), "--data-dir", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        "Error: torch is missing, and importing needs the training libraries: "
        "in a checkout of the repository, run pip install --editable '.[training]'.\n"
    )


def test_the_command_refuses_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["intake", "model", "import", str(tmp_path), "--data-dir", str(tmp_path / "var")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    expected = f"Error: {tmp_path} has no config.json: give the folder of a Hugging Face checkpoint.\n"
    assert capsys.readouterr().err == expected


def test_a_corpus_without_validation_messages_is_refused(deberta: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    write_messages(corpus)
    for path in corpus.rglob("*.tsv"):
        path.write_text("routine\tout_of_scope\t-\tsms\tan offer\n", encoding="utf-8")

    with pytest.raises(CorpusError, match=f"^{re.escape(str(corpus))} leaves no message with an intent for validation"):
        import_model(str(deberta), tmp_path / "models", corpus=corpus)
    assert not (tmp_path / "models").exists()


def change_config(checkpoint: Path, **changes: object) -> None:
    path = checkpoint / "config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | changes
    kept = {key: value for key, value in config.items() if value is not None}
    path.write_text(json.dumps(kept), encoding="utf-8")
