"""How recall grows with the share of texts that the linear model puts to the transformer.

Run as ``python scripts/escalation.py --attacks FILE... --benign FILE...``; files as of ``sluicegate eval``.
Prints a table: from which score of the linear model on a text is escalated, the share of benign texts that
are, the mean recall of the files of attacks, and the share of benign texts that are flagged. A text that is
not escalated is flagged where the linear model alone would. Rules are not asked.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from random import Random
from statistics import mean
from typing import NamedTuple

from sluicegate.appliance.evaluation.rows import read_row
from sluicegate.appliance.evaluation.sources import data_files, pieces
from sluicegate.detection.models.encoder import Encoder
from sluicegate.detection.models.linear import LinearModel
from sluicegate.detection.models.stacker import combine
from sluicegate.detection.models.thresholds import thresholds

FROM = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 2.0)
"""Scores of the linear model from which on a text is escalated; the last is never reached."""


class Scored(NamedTuple):
    """What the linear model says of a text, and both together."""

    linear: float
    both: float


def sampled(path: Path, label: bool, most: int) -> list[str]:
    """Return at most so many texts of a label, the same ones each time."""
    (file,) = data_files([path])
    rows = (read_row(line, f"{file.name}:{number}") for piece in pieces(file) for number, line in piece.lines)
    texts = [row.text for row in rows if row.label is label]
    return Random(0).sample(texts, min(most, len(texts)))  # noqa: S311 - a sample that can be drawn again


def scored(texts: Iterable[str], linear: LinearModel, encoder: Encoder) -> list[Scored]:
    """Let both models read texts; only how far they attack a model counts."""
    found = []
    for text in texts:
        first = linear.score(text)
        (second,) = encoder.score([text])
        found.append(Scored(first.attack, combine(first, second).attack))
    return found


def flagged(texts: Iterable[Scored], start: float) -> list[bool]:
    """Say of each text whether it is flagged where those from `start` on are escalated."""
    alone, deep = thresholds("linear")[0].at_1_percent, thresholds("both")[0].at_1_percent
    return [text.both >= deep if text.linear >= start else text.linear >= alone for text in texts]


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--attacks", nargs="+", type=Path, required=True)
    options.add_argument("--benign", nargs="+", type=Path, required=True)
    options.add_argument("--most", type=int, default=150, help="texts of a file")
    given = options.parse_args()
    linear, encoder = LinearModel.load(), Encoder.load()
    attacks = [scored(sampled(path, True, given.most), linear, encoder) for path in given.attacks]
    benign = [
        text for path in given.benign for text in scored(sampled(path, False, given.most), linear, encoder)
    ]
    print("| escalated from | benign texts escalated | mean recall | benign texts flagged |")
    print("| ---: | ---: | ---: | ---: |")
    for start in FROM:
        share = mean(text.linear >= start for text in benign)
        recall = mean(mean(flagged(file, start)) for file in attacks)
        wrong = mean(flagged(benign, start))
        name = "never" if start > 1 else f"{start:g}"
        print(f"| {name} | {share:.1%} | {recall:.1%} | {wrong:.1%} |")


if __name__ == "__main__":
    main()
