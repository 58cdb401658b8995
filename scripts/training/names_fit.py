"""The tagger of names: a softmax over hashed features of words and their neighbours, fitted by Adagrad."""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from sluicegate.detection.models.name import KINDS as NAMES
from sluicegate.detection.models.name_features import (
    AGAIN,
    BITS,
    KINDS,
    MARGIN,
    WORDY,
    Token,
    again,
    buckets,
    own,
    tokens,
    written,
)
from sluicegate.detection.models.names import ROW, STEP, TAGS, WEIGHTS

from .names_texts import Marked

Said = tuple[str, npt.NDArray[np.float32]]
"""A text, and how probable a teacher holds each tag of each token, shape (tokens, `TAGS`)."""

_EPOCHS = 4
_TEXTS = 192
_RATE = 0.15
_DECAY = 1e-6
_DROPPED = 0.1
"""Share of the features that a token is shown without."""
_STRANGERS = 0.35
"""Share of the tokens that are shown without all that tells the word itself."""
_SOFT = 0.03


def fit(texts: Iterable[Marked], said: Iterable[Said], seed: int) -> npt.NDArray[np.float32]:
    """Return weights, shape (buckets, `TAGS`), learned from known names and from what a teacher says."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    weights = torch.nn.EmbeddingBag(1 << BITS, TAGS, mode="sum", sparse=True)
    torch.nn.init.zeros_(weights.weight)
    bias = torch.zeros(TAGS, requires_grad=True)
    optimizer = torch.optim.Adagrad([*weights.parameters(), bias], lr=_RATE)
    shown = [item for item in (*map(_shown, texts), *map(_heard, said)) if len(item[1])]
    for epoch in range(_EPOCHS):
        rng.shuffle(shown)
        total = 0.0
        for at in range(0, len(shown), _TEXTS):
            part = shown[at : at + _TEXTS]
            # Between two texts stand the margins of both, which no feature reaches across.
            seen = np.concatenate([item[0] for item in part], axis=1)
            inside = np.concatenate([np.pad(np.ones(len(item[1]), bool), MARGIN) for item in part])[
                MARGIN:-MARGIN
            ]
            wanted = torch.from_numpy(np.concatenate([item[1] for item in part]))
            kept = _kept(len(wanted))
            first = weights(_rows(buckets(seen)[:, inside]), per_sample_weights=kept) + bias
            guess = np.full(len(inside), -1)
            guess[inside] = first.argmax(1).numpy()
            second = weights(_rows(again(seen, guess)[:, inside]), per_sample_weights=_some(len(wanted)))
            loss = sum(
                torch.nn.functional.cross_entropy(odds, wanted) for odds in (first, first.detach() + second)
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"names: epoch {epoch + 1}, loss {total * _TEXTS / len(shown):.4f}", flush=True)
    # What every token has counts for each of its features alike.
    found: npt.NDArray[np.float32] = (weights.weight + bias / KINDS).detach().numpy()
    return found


def _kept(count: int) -> torch.Tensor:
    """Return which features of each token are shown: what is left out makes the others learn."""
    kept = (torch.rand(count, KINDS) >= _DROPPED).float()
    strangers = torch.rand(count) < _STRANGERS
    for index in WORDY:
        kept[strangers, index] = 0
    return kept


def _some(count: int) -> torch.Tensor:
    return (torch.rand(count, AGAIN) >= _DROPPED).float()


def _rows(found: npt.NDArray[np.uint32]) -> torch.Tensor:
    return torch.from_numpy(found.T.astype(np.int64))


def _shown(item: Marked) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
    found = tokens(item.text)
    wanted = np.full((len(found), TAGS), _SOFT / TAGS, np.float32)
    wanted[np.arange(len(found)), labels_of(found, item.names)] += 1 - _SOFT
    return own(item.text, found, written(item.text)), wanted


def _heard(item: Said) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
    text, probable = item
    return own(text, tokens(text), written(text)), probable


def labels_of(found: Sequence[Token], names: Sequence[tuple[str, int, int]]) -> npt.NDArray[np.int64]:
    """Return the tag of each token: one that reaches into a name is part of it."""
    labels = np.zeros(len(found), np.int64)
    for kind, start, end in names:
        inside = [place for place, token in enumerate(found) if token.start < end and token.end > start]
        for place in inside:
            labels[place] = 2 + 2 * NAMES.index(kind)
        if inside:
            labels[inside[0]] -= 1
    return labels


def write(folder: Path, weights: npt.NDArray[np.float32]) -> None:
    """Write the weights as they ship."""
    table = np.zeros((1 << BITS, ROW), np.int8)
    table[:, :TAGS] = np.clip(np.rint(weights / STEP), -127, 127)
    (folder / WEIGHTS).write_bytes(table.tobytes())
