"""Risk of a whole conversation: attacks that are each too doubtful to act on, one after another.

Who probes a model tries again and again. Each turn of a user in which an attack was found adds its
confidence, weighed by level; what lies back counts less with every turn. The window is the conversation
that the request brings along: stateless APIs send all of it.
"""

from collections.abc import Iterable, Sequence

from .pointer import public
from .types import Action, Decided, Direction, Finding, Kind, Level, Role, Segment, Span, Tier

SCANNER = "session"
RULE = "session_risk"
CATEGORY = "prompt_attack.session"
DECAY = 0.85
"""What a turn of the user counts when the next one came."""
MEDIUM, HIGH = 0.75, 1.5
"""Risk from which on the conversation is a finding, and a grave one."""

_WEIGHTS = {Level.LOW: 0.2, Level.MEDIUM: 0.5, Level.HIGH: 1.0}


def session_finding(decided: Iterable[Decided], segments: Sequence[Segment]) -> Finding | None:
    """Return what the attacks found in a conversation's turns come to, told of its last text by a user.

    Args:
        decided: what was found in the prompt.
        segments: the texts of the prompt, in order.
    """
    turns = _by_turn(decided)
    if len(turns) < 2:
        return None
    last = next((segment for segment in reversed(segments) if segment.role is Role.USER), None)
    now = _turn(last.pointer) if last is not None else None
    if last is None or now is None:
        return None
    found = sum(worth * DECAY ** ((now - turn) / 2) for turn, worth in turns.items())
    if found < MEDIUM:
        return None
    return Finding(
        SCANNER,
        RULE,
        CATEGORY,
        Level.HIGH if found >= HIGH else Level.MEDIUM,
        min(0.95, found / 2 + 0.2),
        public(last.pointer),
        Span(0, len(last.text)),
        Role.USER,
        Kind.TEXT,
        Direction.PROMPT,
        digest="",
        editable=False,
        tier=Tier.PATTERNS,
    )


def _by_turn(decided: Iterable[Decided]) -> dict[int, float]:
    """Return what the gravest attack of each turn of the user is worth."""
    turns: dict[int, float] = {}
    for finding, action in decided:
        if action is Action.PASS or finding.role is not Role.USER or finding.family != "prompt_attack":
            continue
        turn = _turn(finding.pointer)
        if turn is not None:
            turns[turn] = max(turns.get(turn, 0.0), finding.score * _WEIGHTS.get(finding.level, 0.0))
    return turns


def _turn(pointer: str) -> int | None:
    """Return the number of a text's turn: the first index of its pointer."""
    return next((int(step) for step in pointer.split("/")[1:3] if step.isdecimal()), None)
