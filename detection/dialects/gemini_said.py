"""What Gemini answers: candidates and what stands around them, whole or a frame of a stream."""

from typing import Any

from ..pointer import step
from ..types import Role
from .collect import Collector, words_only
from .gemini_parts import read_parts

CONTROL = frozenset(("modelVersion", "responseId", "createTime"))
"""Members of an answer that the upstream's machinery writes."""
_COUNTS = frozenset(("usageMetadata", "modelStatus"))
_CANDIDATE = frozenset(("index", "finishReason", "tokenCount", "avgLogprobs"))


def read_response(collector: Collector, answer: dict[str, Any], pointer: str) -> dict[str, str]:
    """Collect from a whole answer.

    Returns:
        As the second of `Dialect.parse_answer`.
    """
    repeats: dict[str, str] = {}
    candidates = answer.get("candidates")
    if isinstance(candidates, list):
        for index, candidate in enumerate(candidates):
            where = f"{pointer}/candidates/{index}"
            if isinstance(candidate, dict):
                repeats |= _read_candidate(collector, candidate, where)
            else:
                collector.walk(candidate, where, Role.ASSISTANT)
    elif candidates is not None:
        collector.walk(candidates, f"{pointer}/candidates", Role.ASSISTANT)
    read_around(collector, answer, pointer)
    return repeats


def read_around(collector: Collector, answer: dict[str, Any], pointer: str) -> None:
    """Collect from the members of an answer beside its candidates."""
    skip = CONTROL | {"candidates"} | {name for name in _COUNTS if words_only(answer.get(name))}
    collector.members(answer, pointer, Role.ASSISTANT, skip=skip)


def read_beside(collector: Collector, candidate: dict[str, Any], pointer: str) -> None:
    """Collect from the members of a candidate beside its content: grounding, citations, messages."""
    skip = {name for name in _CANDIDATE if words_only(candidate.get(name))} | {"content", "logprobsResult"}
    if words_only(candidate.get("safetyRatings")):
        skip.add("safetyRatings")
    collector.members(candidate, pointer, Role.ASSISTANT, skip=frozenset(skip))


def _read_candidate(collector: Collector, candidate: dict[str, Any], pointer: str) -> dict[str, str]:
    content = candidate.get("content")
    where = f"{pointer}/content"
    if isinstance(content, dict):
        read_parts(collector, content.get("parts"), f"{where}/parts", Role.ASSISTANT)
        skip = {"parts", "role"} if words_only(content.get("role")) else {"parts"}
        collector.members(content, where, Role.ASSISTANT, skip=frozenset(skip))
    else:
        collector.walk(content, where, Role.ASSISTANT)
    read_beside(collector, candidate, pointer)
    return dict.fromkeys(_repeating(candidate, pointer), where)


def _repeating(candidate: dict[str, Any], pointer: str) -> list[str]:
    """Return the places of what repeats a candidate's text in other forms."""
    places = []
    if candidate.get("logprobsResult") is not None:
        places.append(f"{pointer}/logprobsResult")
    grounding = candidate.get("groundingMetadata")
    if isinstance(grounding, dict) and grounding.get("groundingSupports") is not None:
        places.append(step(f"{pointer}/groundingMetadata", "groundingSupports"))
    return places
