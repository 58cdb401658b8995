"""Tier 1: a logistic regression over hashed runs of bytes and words for each head."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier

from sluicegate.detection.models.hashing import BITS
from sluicegate.detection.models.ngrams import features
from sluicegate.detection.models.plain import plain

from .rows import UNKNOWN, Example
from .weighting import weighting

ALPHA = 4e-6
EPOCHS = 6


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
