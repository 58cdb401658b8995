"""Plain contents of Gemini at a glance, see `glance`. Names in camelCase, as the SDKs send them."""

from functools import lru_cache
from typing import Any

from ..errors import BadInput
from ..json_read import is_spelled_once
from .base import Addressed, Asked
from .collect import is_plain, words_only
from .gemini_common import asked
from .glance import MOST_PARTS, Glance, keys_of_counts, take_machinery, take_parameters, tree_of

_REQUEST = frozenset(("contents", "systemInstruction", "generationConfig", "model"))
_SETTINGS = {
    **dict.fromkeys(
        (
            "candidateCount", "frequencyPenalty", "logprobs", "maxOutputTokens", "presencePenalty",
            "responseLogprobs", "responseMimeType", "temperature", "topK", "topP",
        ),
        True,
    ),
    "seed": False,
}  # fmt: skip
_ROLES = (None, "user", "model")
_MACHINERY = frozenset(("createTime", "modelVersion", "responseId"))
_DETAILS = frozenset(("cacheTokensDetails", "candidatesTokensDetails", "promptTokensDetails"))
_DETAIL = frozenset(("modality", "tokenCount"))


def request(body: bytes, addressed: Addressed) -> Glance | None:
    """Read a request; None where it is not plain."""
    tree = tree_of(body)
    contents = tree.get("contents") if tree is not None else None
    if tree is None or type(contents) is not list or not 0 < len(contents) <= MOST_PARTS:
        return None
    texts: list[str] = []
    said: list[str] = []
    keys = len(tree)
    if not tree.keys() <= _REQUEST:
        return None
    if (instruction := tree.get("systemInstruction")) is not None:
        below = _take_content(instruction, texts)
        if below < 0:
            return None
        keys += below
    for content in contents:
        before = len(texts)
        below = _take_content(content, texts)
        if below < 0:
            return None
        keys += below
        if content.get("role") != "model":
            said += texts[before:]
    if (settings := tree.get("generationConfig")) is not None:
        if not _take_settings(settings, texts):
            return None
        keys += len(settings)
    model = tree.get("model")
    if model is not None and type(model) is not str:
        return None
    if model:
        texts.append(model)
    wanted = _asked(model, addressed) if is_spelled_once(body, tree, keys) else None
    return None if wanted is None else Glance(wanted, texts, said)


def answer(body: bytes) -> list[str] | None:
    """Read the texts of an answer; None where it is not plain."""
    tree = tree_of(body)
    candidates = tree.get("candidates") if tree is not None else None
    if tree is None or type(candidates) is not list or len(candidates) > MOST_PARTS:
        return None
    texts: list[str] = []
    machinery: list[str] = []
    keys = len(tree)
    for candidate in candidates:
        below = _take_candidate(candidate, texts) if type(candidate) is dict else -1
        if below < 0:
            return None
        keys += below
    for name, value in tree.items():
        if name in _MACHINERY:
            if not take_machinery(value, machinery):
                return None
        elif name == "usageMetadata":
            below = _keys_of_usage(value)
            if below < 0:
                return None
            keys += below
        elif name != "candidates":
            return None
    return texts + machinery if is_spelled_once(body, tree, keys) else None


def _take_content(content: Any, texts: list[str]) -> int:
    """Take the texts of a turn and count its keys; -1 where it holds anything else."""
    if type(content) is not dict or len(content) > 1 + ("role" in content):
        return -1
    parts, role = content.get("parts"), content.get("role")
    if type(parts) is not list or len(parts) > MOST_PARTS or (role is not None and type(role) is not str):
        return -1
    if role not in _ROLES:
        return -1
    for part in parts:
        text = part.get("text") if type(part) is dict and len(part) == 1 else None
        if type(text) is not str:
            return -1
        if text:
            texts.append(text)
    return len(content) + len(parts)


def _take_settings(settings: Any, texts: list[str]) -> bool:
    """Take how content is to be generated; say whether it is plain, for one candidate."""
    if type(settings) is not dict:
        return False
    count, seed = settings.get("candidateCount"), settings.get("seed")
    if not (count is None or (type(count) is int and count == 1)) or not (seed is None or type(seed) is int):
        return False
    return take_parameters(settings, _SETTINGS, texts)


def _take_candidate(candidate: dict[str, Any], texts: list[str]) -> int:
    """Take the texts of a candidate and count its keys; -1 where it is not plain."""
    content = candidate.get("content")
    below = _take_content(content, texts)
    if below < 0 or content is None or content.get("role") == "user":
        return -1
    for name, value in candidate.items():
        if name == "finishReason":
            if type(value) is not str or not words_only(value) or not is_plain(value):
                return -1
        elif name == "index":
            if type(value) is not int or not words_only(value):
                return -1
        elif name != "content" and (name != "avgLogprobs" or type(value) is not float):
            return -1
    return len(candidate) + below


def _keys_of_usage(usage: Any) -> int:
    """Count the keys of what reports usage; -1 where it holds anything else."""
    if type(usage) is not dict:
        return -1
    details = usage.keys() & _DETAILS
    keys = keys_of_counts({name: usage[name] for name in usage if name not in details})
    if keys < 0:
        return -1
    for name in details:
        items = usage[name]
        if type(items) is not list or not words_only(items):
            return -1
        for item in items:
            if type(item) is not dict or not item.keys() <= _DETAIL:
                return -1
            keys += len(item)
    return keys + len(details)


@lru_cache(1024)
def _asked(model: str | None, addressed: Addressed) -> Asked | None:
    try:
        return asked({"model": model}, addressed)
    except BadInput:
        return None
