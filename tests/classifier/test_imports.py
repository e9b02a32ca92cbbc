"""The classifier can be used alone: nothing of the product, and no framework, comes with it."""

from __future__ import annotations

import json
import subprocess
import sys

ALONE = """
import json, sys, sysconfig
from classifier import Classifier
import classifier.check
Classifier.load().classify(["hello"])
places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
third_party = {
    name.partition(".")[0]
    for name, module in sys.modules.items()
    if any((getattr(module, "__file__", None) or "").startswith(place) for place in places)
}
print(json.dumps({"all": sorted({name.partition(".")[0] for name in sys.modules}), "third": sorted(third_party)}))
"""
OTHER_ROOMS = {"inbox", "intake", "staff", "tasks", "templates", "training", "webhooks"}
FRAMEWORKS = {"flask", "huggingface_hub", "optimum", "pydantic", "redis", "rq", "sqlalchemy", "torch", "transformers"}
NEEDS = {"numpy", "onnxruntime", "tokenizers"}
# Hooks of an editable installation, loaded by Python itself.
INSTALLATION = ("__editable__", "_distutils_hack", "_virtualenv", "distutils")


def test_only_the_runtime_the_tokenizer_and_numpy_are_imported() -> None:
    answer = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True, timeout=120)
    imported = json.loads(answer.stdout)

    assert not set(imported["all"]) & (OTHER_ROOMS | FRAMEWORKS)
    third_party = {name for name in imported["third"] if not name.startswith(INSTALLATION)}
    assert third_party <= NEEDS | {"classifier"}
    assert answer.stderr == ""
