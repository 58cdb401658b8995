"""A whole text of which is known what stands in it: judged, edited and restored in one step.

`TextChannel` does the same for a text that grows, and comes to the same. What holds, commits and remembers
pieces there is not needed where all characters are there at once and nothing stops.
"""

from .judge import SegmentJudge
from .pieces import edits_of
from .restore import Restorer
from .text_channel import Judged, clusters
from .text_scan import Look
from .types import Action, Edit, Segment, Span
from .vault import PREFIX


def judged_whole(look: Look, judge: SegmentJudge) -> list[Judged] | None:
    """Return what the matches of a whole text come to; None where one of them may stop all.

    No side effects.
    """
    if look.unjudged and judge.stops_unjudged(look.unjudged):
        return None
    judged: list[Judged] = []
    for hit in look.hits:
        decided = judge.decide_once(hit)
        if decided is not None:
            if decided.action is Action.BLOCK:
                return None
            judged.append(Judged(hit, decided))
    return judged if judge.beyond(judged, look.crowded) is None else None


def edits_of_whole(
    segment: Segment, look: Look, judged: list[Judged], judge: SegmentJudge, restorer: Restorer | None
) -> list[Edit]:
    """Record what was found in a whole text, and return its edits.

    Args:
        segment: the text.
        look: what stands in it.
        judged: what that comes to; nothing in it stops.
        judge: keeps the record.
        restorer: puts values back; fresh.
    """
    text, pointer = segment.text, segment.pointer
    if look.unjudged:
        judge.unjudged(look.unjudged)
    for item in judged:
        judge.record(item.decided)
    if restorer is not None and PREFIX not in text:
        restorer = None
    edits: list[Edit] = []
    position = 0
    for cluster in clusters(judged, len(text)) if judged else ():
        first, last = cluster[0].hit.start, max([item.hit.end for item in cluster])
        if restorer is not None:
            edits += _restored(restorer, pointer, text, position, first)
        edits.append(Edit(pointer, Span(first, last), judge.replacement(cluster, text[first:last])))
        position = last
    if restorer is not None:
        edits += _restored(restorer, pointer, text, position, len(text))
    return edits


def _restored(restorer: Restorer, pointer: str, text: str, start: int, end: int) -> list[Edit]:
    """Return what is put back between two offsets."""
    return edits_of(pointer, restorer.feed(text[start:end], final=True), start)
