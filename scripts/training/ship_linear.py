"""The linear model as it is shipped: one byte a weight."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sluicegate.detection.models.linear import WEIGHTS

_EXTREME = 127
_CUT = 0.9995
"""Share of the weights that keep their size; the rest are as large as the largest of those."""


def write(folder: Path, heads: Sequence[npt.NDArray[np.float64]]) -> None:
    """Write the weights of each head, scaled to a byte. What a byte is worth is for calibration to find."""
    rounded = []
    for weights in heads:
        scale = float(np.quantile(np.abs(weights[weights != 0]), _CUT)) / _EXTREME
        rounded.append(np.clip(np.rint(weights / scale), -_EXTREME, _EXTREME).astype(np.int8))
    (folder / WEIGHTS).write_bytes(np.stack(rounded).tobytes())
