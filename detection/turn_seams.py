"""Attacks that are cut in two: the words of one user, read on from one text to the next.

A model reads the turns of a user, and the parts of a message, one after another; a rule that looks at
each by itself misses what begins in one and ends in the next. The last texts of the user are read as
one here, and only matches over a seam count: what stands in a text alone was found there.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from .encoded import Encoded
from .judge import SCANNER
from .pointer import public
from .ruleset import Ruleset
from .types import Direction, Finding, Kind, Role, Segment, Span, Tier
from .vault import value_digest

TEXTS = 3
"""Texts of the user that are read on, the newest last."""
REACH = 300
"""Characters on each side of a seam."""
VIEW = "turns"

_FAMILY = "prompt_attack."


def seam_findings(
    segments: Sequence[Segment], ruleset: Ruleset, digest_key: Callable[[], bytes]
) -> Iterator[Finding]:
    """Yield the attacks that begin in one text of the user and end in a later one, told of that one.

    Args:
        segments: the texts of a prompt, in order.
        ruleset: the rules for prompts.
        digest_key: gives the key that digests what was found; asked only then.
    """
    texts = _last_of_user(segments)
    if len(texts) < 2:
        return
    parts = _parts([text.text for text in texts])
    joined = "\n" + " ".join(parts)
    starts = [1, *(1 + end + number for number, end in enumerate(accumulate(map(len, parts)), 1))]
    encoded = Encoded(joined)
    for rule, start, end in ruleset.matches(encoded, 1, ruleset.hits(encoded)):
        place = max(index for index in range(len(texts)) if starts[index] < end)
        fits = rule.category.startswith(_FAMILY) and (not rule.kinds or Kind.TEXT in rule.kinds)
        if fits and start < starts[place]:
            segment = texts[place]
            yield Finding(
                SCANNER,
                rule.id,
                rule.category,
                rule.level,
                rule.score,
                public(segment.pointer),
                Span(0, min(end - starts[place], len(segment.text))),
                Role.USER,
                Kind.TEXT,
                Direction.PROMPT,
                value_digest(digest_key(), joined[start:end]),
                VIEW,
                editable=False,
                tier=Tier.PATTERNS,
            )


def stands_over_seam(said: Sequence[str], ruleset: Ruleset) -> bool:
    """Say whether an attack may stand over a seam of what a user said, in order; no is certain."""
    return bool(ruleset.hits(Encoded("\n" + " ".join(_parts(said[-TEXTS:])))).anchored)


def _parts(texts: Sequence[str]) -> list[str]:
    """Return what of each text lies near a seam."""
    newest = len(texts) - 1
    return [_around(text, first=index == 0, last=index == newest) for index, text in enumerate(texts)]


def _last_of_user(segments: Sequence[Segment]) -> list[Segment]:
    found: list[Segment] = []
    for segment in reversed(segments):
        if segment.role is Role.USER and segment.kind is Kind.TEXT and not segment.encoded:
            found.append(segment)
            if len(found) == TEXTS:
                break
    return found[::-1]


def _around(text: str, *, first: bool, last: bool) -> str:
    """Return what of a text lies near a seam; the middle of a long one is cut out at a line's end."""
    if first:
        return text[-REACH:]
    if last:
        return text[:REACH]
    return text if len(text) <= 2 * REACH else f"{text[:REACH]}\n\n\n\n{text[-REACH:]}"
