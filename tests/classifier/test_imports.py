"""The classifier can be used alone: of the product only the vocabulary comes with it, no framework, no telemetry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ALONE = """
import json, sys, sysconfig
from classifier import Classifier
import classifier.network.check
Classifier.load().classify(["hello"])
places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
third_party = {
    name.partition(".")[0]
    for name, module in sys.modules.items()
    if any((getattr(module, "__file__", None) or "").startswith(place) for place in places)
}
print(json.dumps({"all": sorted(sys.modules), "third": sorted(third_party)}))
"""
ROOMS = {"app", "inbox", "intake", "staff", "tasks", "templates", "training", "web", "webhooks"}
FRAMEWORKS = {"flask", "huggingface_hub", "optimum", "redis", "rq", "sqlalchemy", "torch", "transformers"}
NEEDS = {"numpy", "onnxruntime", "pydantic", "tokenizers"}
PYDANTIC_NEEDS = {"annotated_types", "pydantic_core", "typing_extensions", "typing_inspection"}
# Hooks of an editable installation, loaded by Python itself.
INSTALLATION = ("__editable__", "_distutils_hack", "_virtualenv", "distutils")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of whoever uses it."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def answer(home: Path) -> subprocess.CompletedProcess[str]:
    """What a process that uses it prints, which nobody has told to be silent."""
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    return subprocess.run(
        [sys.executable, "-c", ALONE],
        env=environment | {"HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )


def test_only_the_vocabulary_the_runtime_the_tokenizer_numpy_and_pydantic_are_imported(
    answer: subprocess.CompletedProcess[str],
) -> None:
    imported = json.loads(answer.stdout)

    of_rooms = {name for name in imported["all"] if name.partition(".")[0] in ROOMS}
    assert of_rooms == {"intake", "intake.vocabulary"}
    assert not {name.partition(".")[0] for name in imported["all"]} & FRAMEWORKS
    third_party = {name for name in imported["third"] if not name.startswith(INSTALLATION)}
    assert third_party <= NEEDS | PYDANTIC_NEEDS | {"classifier", "intake"}
    assert answer.stderr == ""


@pytest.mark.usefixtures("answer")
def test_using_the_classifier_starts_no_telemetry(home: Path) -> None:
    """ONNX Runtime would write a device id below the home folder and start a thread that can send it."""
    assert not list(home.rglob(".onnxruntime"))
