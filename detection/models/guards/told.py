"""From one verdict of a guard - so sure, of these kinds - to scores by tag."""

from collections.abc import Iterable

from .passage import ATTACKS, OTHER, Passage, Reading, Unreadable


def unsafe(share: float, named: Iterable[str], passage: Passage) -> Reading:
    """Return the scores of a text that a guard calls unsafe.

    Args:
        share: how sure it is, 0 to 1.
        named: the tags of what it named; `OTHER`, or none at all, for what has no tag.
        passage: what was asked. What nobody asked about is left out.

    Raises:
        Unreadable: it tells no kind, and harmful content was not asked about.
    """
    kinds = frozenset(named) or frozenset((OTHER,))
    asked = passage.asked
    scores = dict.fromkeys(asked, 0.0) | {tag: share for tag in kinds if tag in asked}
    if OTHER in kinds:
        if not _harms(passage):
            raise Unreadable("no kind")
        scores[OTHER] = share
    return scores


def safe(share: float, passage: Passage) -> Reading:
    """Return the scores of a text that a guard calls safe, although not with certainty.

    What little it holds against the text is of no kind, so it counts for attacks and for harm alike.
    """
    scores = dict.fromkeys(passage.asked, 0.0)
    if ATTACKS in passage.tags:
        scores[ATTACKS] = share
    if _harms(passage):
        scores[OTHER] = share
    return scores


def _harms(passage: Passage) -> bool:
    return any(tag != ATTACKS for tag in passage.tags)
