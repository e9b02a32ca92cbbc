"""Average the weights that a run started from with those that it reached.

The average keeps more of what the earlier weights knew of messages unlike the new ones, and most of what was learned
(Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022).
"""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save_file

_WEIGHTS = "model.safetensors"


def average_checkpoints(earlier: Path, later: Path, share: float) -> None:
    """Replace a checkpoint's weights with an average.

    Args:
        earlier: Folder of the weights that the run started from.
        later: Folder of the weights that it reached, which is changed.
        share: What the later weights count, from 0 to 1; the earlier ones count the rest.
    """
    start, end = load_file(earlier / _WEIGHTS), load_file(later / _WEIGHTS)
    average = {name: (1 - share) * start[name] + share * weight for name, weight in end.items()}
    arriving = later / f"{_WEIGHTS}.arriving"
    save_file(average, arriving, metadata={"format": "pt"})
    arriving.replace(later / _WEIGHTS)
