"""Plain messages of Anthropic at a glance, see `glance`."""

from functools import lru_cache
from typing import Any

from ..errors import BadInput
from ..json_read import is_spelled_once
from ..types import Direction, Role
from .anthropic_common import ROLES, asked
from .base import Addressed, Asked
from .collect import Collector
from .glance import MOST_PARTS, Glance, keys_of_counts, take_machinery, take_parameters, tree_of

_PARAMETERS = {
    **dict.fromkeys(
        ("anthropic_version", "max_tokens", "service_tier", "temperature", "top_k", "top_p"), True
    ),
    **dict.fromkeys(("messages", "model", "stream", "system"), False),
}
_MEMBERS = 2
"""Of a message that is a role and a content, and of a block that is a type and a text."""
_MACHINERY = frozenset(("id", "type", "role", "model", "stop_reason"))
"""Members of an answer that hold a word each."""
_STOP = "stop_sequence"
_CREATED = "cache_creation"
_BY_TIME = frozenset(("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"))
_COUNT = frozenset((int,))


def request(body: bytes, addressed: Addressed) -> Glance | None:
    """Read a request; None where it is not plain."""
    tree = tree_of(body)
    messages = tree.get("messages") if tree is not None else None
    if tree is None or type(messages) is not list or not 0 < len(messages) <= MOST_PARTS:
        return None
    texts: list[str] = []
    said: list[str] = []
    keys = len(tree) + _MEMBERS * len(messages)
    if (system := tree.get("system")) is not None:
        below = _take_content(system, texts)
        if below < 0:
            return None
        keys += below
    for message in messages:
        if type(message) is not dict or len(message) != _MEMBERS:
            return None
        name, before = message.get("role"), len(texts)
        role = ROLES.get(name) if type(name) is str else None
        below = _take_content(message.get("content"), texts)
        if role is None or below < 0:
            return None
        keys += below
        if role is Role.USER:
            said += texts[before:]
    model, stream = tree.get("model", addressed.model), tree.get("stream")
    if type(model) is not str or (stream is not None and type(stream) is not bool):
        return None
    if not take_parameters(tree, _PARAMETERS, texts) or not is_spelled_once(body, tree, keys):
        return None
    wanted = _asked(model, stream, addressed)
    return None if wanted is None else Glance(wanted, texts, said)


def answer(body: bytes) -> list[str] | None:
    """Read the texts of an answer; None where it is not plain."""
    tree = tree_of(body)
    content = tree.get("content") if tree is not None else None
    if tree is None or type(content) is not list:
        return None
    texts: list[str] = []
    below = _take_content(content, texts)
    if below < 0:
        return None
    keys = len(tree) + below
    machinery: list[str] = []
    for name, value in tree.items():
        if name in _MACHINERY:
            if not take_machinery(value, machinery):
                return None
        elif name == "usage":
            below = keys_of_counts(value)
            if below < 0:
                below = _take_usage(value, machinery)
            if below < 0:
                return None
            keys += below
        elif name == _STOP and value is None:
            texts.append(name)
        elif name != "content":
            return None
    return texts + machinery if is_spelled_once(body, tree, keys) else None


def _take_content(content: Any, texts: list[str]) -> int:
    """Take a text, or blocks of text, and count the keys below; -1 where it is anything else."""
    if type(content) is str:
        if content:
            texts.append(content)
        return 0
    if type(content) is not list or len(content) > MOST_PARTS:
        return -1
    for block in content:
        if type(block) is not dict or len(block) != _MEMBERS or block.get("type") != "text":
            return -1
        text = block.get("text")
        if type(text) is not str:
            return -1
        if text:
            texts.append(text)
    return _MEMBERS * len(content)


def _take_usage(usage: Any, texts: list[str]) -> int:
    """Take what tells of kept prompts by length of time, and count its keys; -1 where it tells more.

    Names that hold digits are no plain words: they are judged, and so is all beside them.
    """
    created = usage.get(_CREATED) if type(usage) is dict else None
    if type(created) is not dict or not created.keys() <= _BY_TIME:
        return -1
    if not _COUNT.issuperset(map(type, created.values())):
        return -1
    below = keys_of_counts({name: value for name, value in usage.items() if name != _CREATED})
    if below < 0:
        return -1
    collector = Collector(Direction.ANSWER)
    collector.control(usage, "", "usage", Role.ASSISTANT)
    texts += [segment.text for segment in collector.controls]
    return 1 + below + len(created)


@lru_cache(1024)
def _asked(model: str, stream: bool | None, addressed: Addressed) -> Asked | None:
    try:
        return asked({"model": model, "stream": stream}, addressed)
    except BadInput:
        return None
