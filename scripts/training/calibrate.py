"""Scores that mean the same for both models, from what everyday requests score.

A model's own log-odds say little: on texts like those it learned from it is all but certain, elsewhere it
is not. What is known everywhere is how everyday requests score. So log-odds are stretched and moved until one
request in a hundred reaches `ACT`, and the one in the middle stands about `DISTANCE` below it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from math import log
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sluicegate.detection.models import calibration, thresholds
from sluicegate.detection.models.calibration import Line
from sluicegate.detection.models.encoder import Encoder
from sluicegate.detection.models.linear import LinearModel

from .examples import whole
from .ordinary import briefs, ordinary
from .rows import HEADS, held_out, read_file

MEASURED = ("benign_writingbench", "benign_mtbench_multilingual")
"""Files of everyday requests that are measured and never trained on."""
EVERYDAY = frozenset({"benign_self_instruct", "benign_clinc150", "benign_banking77", "benign_taskmaster"})
"""Files of which what was held out is an everyday request."""
MOST = 250
"""Held out texts of a source."""
ACT, DISTANCE = 0.6, 5.0
DOUBT = 0.05
"""The share of everyday requests that tier 1 is in doubt about. Chosen on attacks that trained nothing:
with 5 % both tiers caught nine tenths of what they catch of all texts, with 1 % less than tier 1 alone."""
SLOPES = {
    "attack": [0.5, 0.0, 0.0, 0.65, 0.0, 0.0],
    "harmful": [0.0, 0.35, 0.0, 0.0, 0.75, 0.0],
    "toxic": [0.0, 0.0, 0.35, 0.0, 0.0, 0.75],
}
"""What the log-odds of tier 1 and tier 2 count for both together. Chosen, not fitted: on texts held out of
the sources that were trained on either model alone is all but perfect."""
_ACT_ODDS = log(ACT / (1 - ACT))
_NONE = [[0.0]] * 3
_Array = npt.NDArray[np.float64]


def main(data: Path, models: Path) -> None:
    """Write calibration and thresholds beside the weights that lie there."""
    texts = list(everyday(data))
    path = models / "weights" / calibration.FILE
    _write(path, dict.fromkeys(("linear", "encoder"), [(1.0, 0.0)] * 3), [0.0] * 3)
    lines: dict[str, list[tuple[float, float]]] = {}
    odds: dict[str, _Array] = {}
    for name, model in (("linear", LinearModel.load()), ("encoder", Encoder.load())):
        raws = [model.raw(text) or _NONE for text in texts]
        slopes = [_slope([max(raw[at]) for raw in raws]) for at in range(len(HEADS))]
        found = np.array([_odds(slopes, raw) for raw in raws])
        offsets = _ACT_ODDS - np.quantile(found, 0.99, axis=0)
        lines[name] = list(zip(slopes, offsets.tolist(), strict=True))
        odds[name] = found + offsets
    both = np.concatenate((odds["linear"], odds["encoder"]), 1) @ np.array(list(SLOPES.values())).T
    moves = _ACT_ODDS - np.quantile(both, 0.99, axis=0)
    odds["both"] = both + moves
    _write(path, lines, moves.tolist())
    _write_thresholds(models / thresholds.FILE.name, odds)


def everyday(data: Path) -> Iterator[str]:
    """Yield everyday requests that trained nothing."""
    for name in MEASURED:
        yield from (row["text"] for row in read_file(data / "eval" / f"{name}.jsonl.gz"))
    seen: dict[str, int] = {}
    for item in (*whole(data / "train", EVERYDAY), *ordinary(1), *briefs(1)):
        seen[item.source] = seen.get(item.source, 0) + held_out(item.key)
        if held_out(item.key) and seen[item.source] <= MOST:
            yield item.text


def _odds(slopes: Sequence[float], raw: Sequence[Sequence[float]]) -> list[float]:
    return [Line(slope, 0.0).odds(windows) for slope, windows in zip(slopes, raw, strict=True)]


def _slope(usual: Sequence[float]) -> float:
    middle, high = np.quantile(usual, (0.5, 0.99))
    return float(DISTANCE / (high - middle))


def _write(path: Path, lines: Mapping[str, Sequence[tuple[float, float]]], moves: Sequence[float]) -> None:
    said = ["# Written by scripts/training: log-odds of a text are slope * raw of its windows, and offset."]
    for model, by_head in lines.items():
        said += ["", f"[{model}]"]
        said += [f"{head} = {_numbers(line)}" for head, line in zip(HEADS, by_head, strict=True)]
    said += [
        "",
        "# Offset, then a slope for each log-odds: the heads of tier 1, then those of tier 2.",
        "[stacker]",
    ]
    said += [f"{head} = {_numbers([move, *SLOPES[head]])}" for head, move in zip(HEADS, moves, strict=True)]
    path.write_text("\n".join(said) + "\n")


def _numbers(values: Sequence[float]) -> str:
    return json.dumps([round(value, 8) for value in values])


def _write_thresholds(path: Path, odds: Mapping[str, _Array]) -> None:
    said = ["# Written by scripts/training: scores to act on, and between which tier 1 leaves doubt."]
    for name, usual in odds.items():
        scores = 1 / (1 + np.exp(-usual))
        share = DOUBT if name == "linear" else 0.01
        limits = [f"{head} = {_limits(scores[:, at], share)}" for at, head in enumerate(HEADS)]
        said += ["", f"[{name}]", *limits]
    path.write_text("\n".join(said) + "\n")


def _limits(scores: _Array, share: float) -> str:
    at_1, at_2, doubt, most = (
        round(float(np.quantile(scores, 1 - rate)), 4) for rate in (0.01, 0.02, share, 0)
    )
    # Beyond every everyday request tier 1 needs no second opinion.
    certain = min(max(most, at_1 + 0.05), 0.9999)
    return f"{{ at_1_percent = {at_1}, at_2_percent = {at_2}, doubt = {doubt}, certain = {certain} }}"
