"""Probabilities and thresholds for the models that were trained, from texts that trained nothing."""

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from sluicegate.detection.models import calibration, thresholds
from sluicegate.detection.models.encoder import Encoder
from sluicegate.detection.models.linear import LinearModel
from sluicegate.detection.models.stacker import combine

from .examples import corpus_rows, whole
from .ordinary import ordinary
from .rows import HEADS, UNKNOWN, Example, held_out, read_file
from .tone import tone

MOST = 350
"""Texts of a source and label that calibrate."""
ORDINARY = ("benign_writingbench", "benign_mtbench_multilingual")
"""Files of everyday requests that thresholds are fixed on."""
STACKER = {
    "attack": [0.0, 0.35, 0.0, 0.0, 0.75, 0.0, 0.0],
    "harmful": [0.0, 0.0, 0.35, 0.0, 0.0, 0.75, 0.0],
    "toxic": [0.0, 0.0, 0.0, 0.35, 0.0, 0.0, 0.75],
}
"""Offset, then slopes of the log-odds of tier 1 and tier 2. Not fitted: what is held out comes from the same
sources as what was trained on, where either model alone is all but perfect."""


def main(data: Path, corpus: Path, models: Path) -> None:
    """Write calibration and thresholds beside the weights."""
    texts = sample(data, corpus)
    _write(models / "weights" / calibration.FILE, {name: [(1.0, 0.0)] * 3 for name in ("linear", "encoder")})
    linear, encoder = LinearModel.load(), Encoder.load()
    raws = {
        "linear": np.array([linear.raw(item.text) or [0.0] * 3 for item in texts]),
        "encoder": np.array([encoder.raw(item.text) or [0.0] * 3 for item in texts]),
    }
    lines = {name: [_line(raw[:, head], texts, head) for head in range(3)] for name, raw in raws.items()}
    _write(models / "weights" / calibration.FILE, lines)
    write_thresholds(models / thresholds.FILE.name, data)


def sample(data: Path, corpus: Path) -> list[Example]:
    """Return texts that were held out, some of each source and label."""
    found = [*whole(data / "train"), *corpus_rows(corpus), *tone(1), *ordinary(1)]
    found = [item for item in found if held_out(item.key)]
    random.Random(1).shuffle(found)
    groups: dict[tuple[object, ...], int] = {}
    kept = []
    for item in found:
        group = (item.source, *item[1:4])
        groups[group] = groups.get(group, 0) + 1
        if groups[group] <= MOST:
            kept.append(item)
    return kept


def _line(raw: npt.NDArray[np.float64], texts: Sequence[Example], head: int) -> tuple[float, float]:
    labels = np.array([item[1 + head] for item in texts])
    known = labels != UNKNOWN
    size = float(raw[known].std()) or 1.0
    model = LogisticRegression(C=1.0, class_weight="balanced")
    model.fit(raw[known, None] / size, labels[known])
    return float(model.coef_[0, 0]) / size, float(model.intercept_[0])


def _write(path: Path, lines: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    said = ["# Written by scripts/training: log-odds of each head are slope * raw + offset."]
    for model, by_head in lines.items():
        said += ["", f"[{model}]"]
        said += [
            f"{head} = {json.dumps([round(value, 8) for value in line])}"
            for head, line in zip(HEADS, by_head, strict=True)
        ]
    said += ["", "# Offset, then a slope for each log-odds: the heads of tier 1, then those of tier 2."]
    said += ["[stacker]", *(f"{head} = {json.dumps(own)}" for head, own in STACKER.items())]
    path.write_text("\n".join(said) + "\n")


def write_thresholds(path: Path, data: Path) -> None:
    """Write at which scores 1 % and 2 % of everyday requests are flagged."""
    texts = [row["text"] for name in ORDINARY for row in read_file(data / "eval" / f"{name}.jsonl.gz")]
    linear, encoder = LinearModel.load(), Encoder.load()
    first = [linear.score(text) for text in texts]
    second = encoder.score(texts)
    both = [combine(*pair) for pair in zip(first, second, strict=True)]
    said = ["# Written by scripts/training: scores from which to act, and between which tier 1 leaves doubt."]
    for name, scores in (("linear", first), ("encoder", second), ("both", both)):
        said += ["", f"[{name}]"]
        said += [f"{head} = {_limits([item[place] for item in scores])}" for place, head in enumerate(HEADS)]
    path.write_text("\n".join(said) + "\n")


def _limits(scores: Sequence[float]) -> str:
    at_1, at_2 = (round(float(np.quantile(scores, 1 - rate)), 5) for rate in (0.01, 0.02))
    return f"{{ at_1_percent = {at_1}, at_2_percent = {at_2}, doubt = {at_1}, certain = 1.0 }}"
