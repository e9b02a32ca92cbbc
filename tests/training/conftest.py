from __future__ import annotations

import gc
import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sentencepiece

from classifier import INTENTS
from intake.vocabulary import TriageLevel
from training.fit.base_checkpoints import locate_checkpoint
from training.recipe import Recipe, load_recipe

RECIPES = Path(__file__).parents[2] / "training" / "recipes"
PRACTICES = ("dental", "dermatology")
CHANNELS = ("sms", "voicemail")
KINDS = ("spam", "vendor", "acknowledgement", "non_english")
WRITERS = {
    "recipe": [f"{practice}/*.tsv" for practice in PRACTICES],
    "contrast": ["extra/*.tsv"],
    "scope": ["out_of_scope.tsv", "out_of_scope/written.tsv"],
    "urgency": ["urgency.tsv", "urgency/*.tsv"],
    "spanish": ["spanish.tsv", "spanish/written_a.tsv"],
    "triage": ["triage/triples_a.tsv", "triage/crisis.tsv", "triage/symptoms.tsv"],
    "everyday": ["everyday/*.tsv"],
    "harbor": ["writers/harbor.tsv"],
    "quarry": ["writers/quarry.tsv"],
    "plaza": ["writers/plaza.tsv"],
    "ribera": ["spanish/ribera.tsv"],
    "depot": ["writers/depot.tsv"],
    "crossing": ["writers/crossing.tsv", "spanish/crossing.tsv"],
    "vega": ["spanish/vega.tsv"],
}
"""Who wrote which files of the small corpus."""
VALIDATION_WRITERS = load_recipe(RECIPES / "accurate.toml").data.validation_writers
THIRD_PARTY = (
    # transformers scripts its DeBERTa module on import, and optimum exports through TorchScript.
    ("`torch.jit.script` is deprecated", DeprecationWarning),
    ("You are using the legacy TorchScript-based ONNX export", DeprecationWarning),
    ("The feature will be removed", DeprecationWarning),
    # Two checkpoints within a second or so are ordered by their numbers.
    ("mtime may not be reliable on this filesystem", UserWarning),
)


@contextmanager
def third_party_warnings_ignored() -> Iterator[None]:
    with warnings.catch_warnings():
        for message, category in THIRD_PARTY:
            warnings.filterwarnings("ignore", message, category)
        yield


@contextmanager
def large_imports() -> Iterator[None]:
    """Import PyTorch and what needs it without its warnings, and keep its million objects from being collected.

    The Trainer and the import of a model ask for a collection each time, which would look at all of them.
    """
    with third_party_warnings_ignored():
        yield
    gc.freeze()


@pytest.fixture(scope="session")
def compact() -> Recipe:
    return load_recipe(RECIPES / "compact.toml")


@pytest.fixture(scope="session")
def accurate() -> Recipe:
    return load_recipe(RECIPES / "accurate.toml")


@pytest.fixture(scope="session")
def compact_base(compact: Recipe) -> Path:
    """The checkpoint that the compact recipe starts from."""
    return locate_checkpoint(compact.base)


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory, compact_base: Path) -> Path:
    """An importable package with a random BERT of two narrow layers and the real tokenizer in `model/`."""
    with large_imports():
        import torch
        from transformers import BertConfig, BertModel

    # What an untrained model says of everything, such as that it is Spanish, must not depend on the tests before.
    torch.manual_seed(0)
    package = tmp_path_factory.mktemp("packages") / "tiny_bert"
    checkpoint = package / "model"
    checkpoint.mkdir(parents=True)
    (package / "__init__.py").touch()
    config = BertConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        layer_norm_eps=1e-12,
    )
    BertModel(config).save_pretrained(checkpoint)
    shutil.copy(compact_base / "tokenizer.json", checkpoint)
    return checkpoint


@pytest.fixture(scope="session")
def tiny_deberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random DeBERTa-v3 of two narrow layers, in the files that the hub has of it: a sentencepiece model alone."""
    checkpoint = tmp_path_factory.mktemp("tiny_deberta")
    with large_imports():
        from transformers import DebertaV2Model

        from tests.training.tiny_deberta import V3, config

    narrow = config(
        **V3,
        vocab_size=400,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=512,
    )
    DebertaV2Model(narrow).save_pretrained(checkpoint)
    _write_sentencepiece(checkpoint)
    (checkpoint / "tokenizer_config.json").write_text('{"do_lower_case": false, "vocab_type": "spm"}')
    return checkpoint


def _write_sentencepiece(checkpoint: Path) -> None:
    text = checkpoint / "text.txt"
    text.write_text("\n".join(f"{intent.replace('_', ' ')} to {p}, by sms!" for intent in INTENTS for p in PRACTICES))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(checkpoint / "spm"),
        vocab_size=200,
        hard_vocab_limit=False,
        pad_id=0,
        pad_piece="[PAD]",
        bos_id=1,
        bos_piece="[CLS]",
        eos_id=2,
        eos_piece="[SEP]",
        unk_id=3,
        unk_piece="[UNK]",
        minloglevel=2,
    )
    text.unlink()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus")


def write_corpus(folder: Path) -> Path:
    """Write a few messages of everything, in the real layout, and say who wrote them.

    The last seven of `WRITERS` are the ones that the accurate recipe validates on.
    """
    for practice in PRACTICES:
        for intent in INTENTS:
            rows = [f"{c}\tpolite\tsenior\t{intent} to {practice} by {c}, {{full_name}}" for c in CHANNELS]
            _write(folder / practice / f"{intent}.tsv", rows)
    contrast = [f"{intent}\tdental\tchat\ttopic {topic} as {intent}" for topic in range(3) for intent in INTENTS]
    _write(folder / "extra" / "contrast.tsv", contrast)
    _write(folder / "out_of_scope.tsv", [f"sms\t{kind}\t{kind} {number}" for kind in KINDS for number in range(2)])
    _write(folder / "out_of_scope" / "written.tsv", [f"chat\t{kind}\tmore {kind}" for kind in KINDS])
    _write(folder / "spanish.txt", ["more non_english"])
    urgency = [f"{urgent}\tdental\tsms\t{urgent} {n} {{first_name}}" for urgent in (0, 1) for n in range(3)]
    _write(folder / "urgency.tsv", urgency)
    _write(folder / "urgency" / "written.tsv", ["1\tdental\tsms\tcannot breathe", "0\tdental\tsms\ta sore gum"])
    _write(folder / "spanish.tsv", ["1\tsms\tno puedo respirar", "0\tsms\tme duele una muela"])
    _write_triage(folder / "triage")
    _write_everyday(folder / "everyday")
    _write(
        folder / "spanish" / "written_a.tsv",
        [
            "emergency\tappointment_request\tdental\tsms\tuna cita, no puedo tragar",
            "routine\tappointment_request\tdental\tsms\tuna cita, ya puedo tragar",
            "routine\tacknowledgement\t-\tsms\tmuchas gracias",
        ],
    )
    _write(folder / "spanish" / "pairs.txt", ["una cita, no puedo tragar\tuna cita, ya puedo tragar"])
    _write_strangers(folder)
    _write(
        folder / "writers.toml", ["[writers]", *(f"{name} = {json.dumps(files)}" for name, files in WRITERS.items())]
    )
    return folder


def _write_triage(folder: Path) -> None:
    scenario = [f"1\t{level}\tbilling_inquiry\tdental\tsms\ta bill, {level}" for level in TriageLevel]
    _write(folder / "triples_a.tsv", scenario)
    crisis = [
        "emergency\tappointment_request\tmental_health\tsms\tcancel everything, goodbye",
        "emergency\tclinical_concern\tdental\tchat\tshe drank it\\nall of it",
        "routine\tout_of_scope:personal\t-\tsms\tgoodbye old car",
    ]
    _write(folder / "crisis.tsv", crisis)
    _write(folder / "symptoms.tsv", ["same_day\tclinical_concern\tdental\temail\tswollen since {date}"])
    _write(folder / "levels.tsv", ["same_day\tclinical_concern to dental by sms, {full_name}", "routine\ta sore gum"])
    _write(folder / "kinds.tsv", ["self_harm\tcancel everything, goodbye", "ingestion\tcannot breathe"])


def _write_everyday(folder: Path) -> None:
    _write(
        folder / "out_of_scope.tsv", ["sms\tpraise\tbest dentist ever", "sms\thealth_knowledge\tson buenas las uvas"]
    )
    _write(folder / "spanish.txt", ["son buenas las uvas"])
    twins = [f"{intent}\tdental\tsms\tthe visit, {intent}" for intent in ("existing_patient_question", "complaint")]
    _write(folder / "established.tsv", twins)
    _write(folder / "complaints.tsv", [f"{intent}\tdental\tsms\tthe fee, {intent}" for intent in INTENTS[-2:]])
    _write(folder / "talk_to_a_person.tsv", ["sms\ta human please", "voicemail\tcall me, {phone}"])
    _write(folder / "faq.tsv", ["holiday_hours\tchat\topen on {date}?"])


def _write_strangers(folder: Path) -> None:
    harbor = [f"routine\t{intent}\tdental\tsms\tharbor on {intent}, {{first_name}}" for intent in INTENTS]
    _write(folder / "writers" / "harbor.tsv", [*harbor, "emergency\tclinical_concern\tdental\tsms\tharbor chokes"])
    quarry = [f"routine\t{label}\t-\tchat\tquarry on {label}" for label in ("person", "out_of_scope:spam", "praise")]
    _write(folder / "writers" / "quarry.tsv", quarry)
    _write(folder / "writers" / "plaza.tsv", ["same_day\tclinical_concern\tdental\tsms\tplaza is sore"])
    _write(folder / "spanish" / "ribera.tsv", ["routine\tbilling_inquiry\tdental\tsms\tribera y la cuenta"])
    _write(folder / "writers" / "depot.tsv", ["routine\tacknowledgement\tdental\tsms\tdepot, thanks"])
    for language in ("writers", "spanish"):
        double = f"routine\tcomplaint+billing_inquiry\tdental\tsms\tcrossing of {language}"
        _write(folder / language / "crossing.tsv", [double])
    _write(folder / "spanish" / "vega.tsv", ["routine\tprice_shopper\tdental\tsms\tvega, cuanto es"])


def write_unseen(corpus: Path) -> None:
    """Write what only an evaluation reads: a cross-style test, held-back messages and those by strangers."""
    rows = [
        {"text": f"other words for {i}", "intent": i, "practice": p, "channel": "sms"}
        for i in INTENTS
        for p in PRACTICES
    ]
    _write(corpus / "test" / "crossstyle.jsonl", [json.dumps(row) for row in rows])
    held_back = corpus / "held_back"
    _write(held_back / "out_of_scope.tsv", ["sms\tspam\twin {amount}", "chat\tspanish\thola", "chat\tvendor\tbuy us"])
    _write(held_back / "urgency.tsv", ["1\tdental\tsms\ti cannot breathe", "0\tdental\tsms\tmy gum is sore"])
    _write(held_back / "in_scope.tsv", [f"{i}\tdental\temail\theld back words for {i}, {{dob}}" for i in INTENTS])
    strangers = held_back / "strangers"
    triage = [
        "emergency\tself_harm\tappointment_request\tsms\tstranger leaves for good",
        "emergency\tother\tclinical_concern\tsms\tstranger, i cannot breathe",
        "same_day\tnone\tclinical_concern\tchat\tstranger swells",
        "routine\tnone\tclinical_concern\tchat\tstranger itches",
    ]
    _write(strangers / "triage.tsv", triage)
    _write(strangers / "letters.tsv", ["emergency\tingestion\tcomplaint\temail\tstranger writes\\n\\nat length"])
    scope = [f"{label}\tdental\tsms\tstranger on {label}" for label in ("out_of_scope:spam", "person", "complaint")]
    _write(strangers / "scope.tsv", scope)
    spanish = ["emergency\tclinical_concern", "routine\tbilling_inquiry"]
    _write(strangers / "spanish.tsv", [f"{known}\tdental\tsms\tstranger en {known[:3]}" for known in spanish])
    doubles = [f"complaint\t{second}\tsms\tstranger has {second}" for second in ("billing_inquiry", "-")]
    _write(strangers / "two_intents.tsv", doubles)
    everyday = ["en\tappointment_request", "es\tacknowledgement"]
    _write(strangers / "everyday.tsv", [f"{known}\tdental\tsms\tstranger in {known[:2]}" for known in everyday])


def _write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
