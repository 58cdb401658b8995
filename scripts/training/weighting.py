"""How much each text counts while a head is trained."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .rows import Example

WORTH = {
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
FAIR = 2.0
"""What the harmless texts of a language weigh at least, as a multiple of the others: its sound is no sign.
English, of which there is most of either, and texts whose language nobody said are left as they are."""
_SAME = {"vietnamese": "vi", "turkish": "tr", "bengali": "bn", "indonesian": "id", "filipino/tagalog": "tl"}


def weighting(examples: Sequence[Example], labels: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
    """Return how much each example counts: sources by the root of their size, both sides alike."""
    weights = np.ones(len(examples))
    groups: dict[tuple[str, int], list[int]] = {}
    for place, item in enumerate(examples):
        groups.setdefault((item.source, int(labels[place])), []).append(place)
    for group, places in groups.items():
        weights[places] = WORTH.get(group, 1.0) / np.sqrt(len(places))
    _balance(examples, labels, weights)
    for side in (0, 1):
        chosen = labels == side
        if chosen.any():
            weights[chosen] *= len(examples) / 2 / weights[chosen].sum()
    return weights


def _balance(
    examples: Sequence[Example], labels: npt.NDArray[np.int8], weights: npt.NDArray[np.float64]
) -> None:
    langs = np.array([_SAME.get(item.lang, item.lang) for item in examples])
    for lang in set(langs.tolist()) - {"", "en"}:
        there = langs == lang
        fair, other = weights[there & (labels == 0)].sum(), weights[there & (labels == 1)].sum()
        if 0 < fair < FAIR * other:
            weights[there & (labels == 0)] *= FAIR * other / fair
