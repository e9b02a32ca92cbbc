from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_loading_the_classifier_starts_no_telemetry(tmp_path: Path) -> None:
    """ONNX Runtime would write a device id below the home folder and start a thread that can send it."""
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    code = "from classifier import Classifier; Classifier.load()"
    subprocess.run([sys.executable, "-c", code], env=environment | {"HOME": str(tmp_path)}, check=True, timeout=120)
    assert not list(tmp_path.rglob(".onnxruntime"))
