"""Tier 1: a logistic regression over hashed runs of bytes and words for each head."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier

from sluicegate.detection.models.ngrams import BITS, features
from sluicegate.detection.models.plain import plain

from .rows import UNKNOWN, Example

ALPHA = 4e-6
EPOCHS = 6
_WORTH = {
    ("corpus", 0): 2.0,
    ("corpus", 1): 1.5,
    ("tone", 0): 3.0,
    ("tone", 1): 3.0,
    ("benign_persona_prompts", 0): 2.0,
    ("benign_self_instruct", 0): 3.0,
    ("ordinary", 0): 2.0,
    ("brief", 0): 3.0,
    ("abroad", 0): 4.0,
    ("scenes_fair", 0): 4.0,
    ("scenes_foul", 1): 1.5,
    ("harm", 0): 3.0,
    ("harm", 1): 3.0,
}
"""Sources that count for more than their size, by label: few texts, made to be hard."""


def matrix(texts: Iterable[str]) -> csr_matrix:
    """Return one row a text: how often each bucket occurs, over the root of the number of features."""
    indices, counts, pointers = [], [], [0]
    for text in texts:
        found, times = np.unique(features(plain(text).encode()).buckets, return_counts=True)
        indices.append(found.astype(np.int32))
        counts.append((times / np.sqrt(max(int(times.sum()), 1))).astype(np.float32))
        pointers.append(pointers[-1] + len(found))
    return csr_matrix(
        (np.concatenate(counts), np.concatenate(indices), np.array(pointers)),
        shape=(len(pointers) - 1, 1 << BITS),
    )


def weighting(examples: Sequence[Example], labels: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
    """Return how much each example counts: sources by the root of their size, both sides alike."""
    weights = np.ones(len(examples))
    groups: dict[tuple[str, int], list[int]] = {}
    for place, item in enumerate(examples):
        groups.setdefault((item.source, int(labels[place])), []).append(place)
    for group, places in groups.items():
        weights[places] = _WORTH.get(group, 1.0) / np.sqrt(len(places))
    for side in (0, 1):
        chosen = labels == side
        if chosen.any():
            weights[chosen] *= len(examples) / 2 / weights[chosen].sum()
    return weights


def fit(rows: csr_matrix, examples: Sequence[Example], head: int, seed: int) -> npt.NDArray[np.float64]:
    """Return the weights of one head."""
    labels = np.array([item[1 + head] for item in examples], np.int8)
    known = np.flatnonzero(labels != UNKNOWN)
    weights = weighting([examples[place] for place in known.tolist()], labels[known])
    model = SGDClassifier(
        loss="log_loss", alpha=ALPHA, max_iter=EPOCHS, tol=None, average=True, random_state=seed
    )
    model.fit(rows[known], labels[known], sample_weight=weights)
    found: npt.NDArray[np.float64] = model.coef_[0]
    return found
