"""Makes the small models: the same numbers in give the same weights out, on the same processor.

python -m scripts.training.train --data DATA --corpus CORPUS

DATA holds `train` (read), `eval` and `eval-only` (own examples that stand there are dropped). CORPUS is what
`scripts.training.corpus.generate` wrote.
"""

import argparse
import os
import random
from collections.abc import Sequence
from pathlib import Path

from . import calibrate
from .examples import examples
from .rows import HEADS, Example, held_out

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "detection" / "models"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is asked for and write it where it ships from."""
    parser = argparse.ArgumentParser(description="Train the small models.")
    parser.add_argument("--data", type=Path, required=True, help="folder with train, eval and eval-only")
    parser.add_argument("--corpus", type=Path, required=True, help="JSON lines of our own corpus")
    parser.add_argument(
        "--only", choices=["linear", "encoder", "calibrate", "names"], help="one step instead of all"
    )
    parser.add_argument("--seed", type=int, default=1, help="the source of chance")
    parser.add_argument("--seconds", type=float, default=1800, help="the longest that the encoder is trained")
    parser.add_argument("--draws", type=int, default=120_000, help="examples that the encoder is shown")
    parser.add_argument("--begin", type=Path, help="checkpoint that the encoder goes on from")
    parser.add_argument("--mean", action="store_true", help="ship the mean of these weights and the new ones")
    parser.add_argument("--threads", type=int, default=2, help="threads to train on")
    parser.add_argument(
        "--state", type=Path, default=ROOT / "var" / "training", help="folder for checkpoints"
    )
    asked = parser.parse_args(arguments)
    asked.state.mkdir(parents=True, exist_ok=True)
    if asked.only in (None, "linear", "encoder"):
        shown = examples(asked.data, asked.corpus, asked.seed)
        shown = [item for item in shown if not held_out(item.key)]
        print(f"{len(shown)} examples", flush=True)
        if asked.only != "encoder":
            linear(shown, asked.seed)
        if asked.only != "linear":
            encoder(shown, asked)
    if asked.only in (None, "calibrate"):
        calibrate.main(asked.data, MODELS)
    if asked.only in (None, "names"):
        names(asked)


def linear(shown: Sequence[Example], seed: int) -> None:
    """Train tier 1."""
    from . import linear_fit, ship_linear  # noqa: PLC0415 - each step needs other libraries

    rows = linear_fit.matrix(item.text for item in shown)
    heads = [linear_fit.fit(rows, shown, head, seed) for head in range(len(HEADS))]
    ship_linear.write(MODELS / "weights", heads)


def encoder(shown: Sequence[Example], asked: argparse.Namespace) -> None:
    """Train tier 2."""
    # Threads that wait spin by default and take the processor from those that work.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import torch  # noqa: PLC0415 - as above

    from . import encoder_fit, ship_encoder  # noqa: PLC0415 - as above

    network = encoder_fit.train(
        shown,
        seconds=asked.seconds,
        draws=asked.draws,
        seed=asked.seed,
        threads=asked.threads,
        share=encoder_fit.SHARE,
        begin=asked.begin,
    )
    if asked.mean and asked.begin:
        # The mean of two ends of one way errs less than either (Wortsman et al., 2022: robust fine-tuning).
        before, after = torch.load(asked.begin), network.state_dict()
        network.load_state_dict({name: (before[name] + after[name]) / 2 for name in after})
    torch.save(network.state_dict(), asked.state / "encoder.pt")
    ship_encoder.write(MODELS / "weights", network)


def names(asked: argparse.Namespace) -> None:
    """Train the tagger of names: a teacher on templates, the tagger on these and on what the teacher says."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from . import names_fit, names_teacher, names_texts  # noqa: PLC0415 - each step needs other libraries

    templates = list(names_texts.filled(asked.seed))
    random.Random(asked.seed).shuffle(templates)
    teacher = names_teacher.teach(templates, seconds=asked.seconds, seed=asked.seed, threads=asked.threads)
    said = list(names_teacher.said(teacher, list(names_teacher.life(asked.data, asked.seed))))
    weights = names_fit.fit([*templates, *names_texts.without(asked.data, asked.seed)], said, asked.seed)
    names_fit.write(MODELS / "weights", weights)


if __name__ == "__main__":
    main()
