"""Plain chat completions at a glance, see `glance`."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ..errors import BadInput
from ..json_read import is_spelled_once
from ..types import Role
from .base import Addressed, Asked
from .glance import (
    MOST_PARTS,
    Glance,
    keys_of_counts,
    take_machinery,
    take_parameters,
    tree_of,
)
from .openai_chat import ROLES, is_plain_message
from .openai_common import asked

_PARAMETERS = {
    **dict.fromkeys(
        (
            "frequency_penalty", "logprobs", "max_completion_tokens", "max_tokens", "parallel_tool_calls",
            "presence_penalty", "prompt_cache_key", "reasoning_effort", "safe_prompt", "safety_identifier",
            "service_tier", "stop", "store", "temperature", "top_k", "top_logprobs", "top_p", "user",
            "verbosity",
        ),
        True,
    ),
    **dict.fromkeys(("messages", "model", "n", "seed", "stream", "stream_options"), False),
}  # fmt: skip
_MEMBERS = 2
"""Of a message that is a role and a text."""
_OPTIONS, _USAGE = "stream_options", "include_usage"
_MACHINERY = frozenset(("id", "object", "created", "model", "system_fingerprint", "service_tier"))
"""Members of an answer that hold a number or a word each: what is no plain one is a text, the last."""
_CHOICE = frozenset(("index", "finish_reason"))
_SWITCH = (type(None), bool)

_tuple = tuple.__new__
"""Makes a named tuple in half the time, with every field given."""


def request(body: bytes, addressed: Addressed) -> Glance | None:
    """Read a request; None where it is not plain."""
    tree = tree_of(body)
    messages = tree.get("messages") if tree is not None else None
    if tree is None or type(messages) is not list or not 0 < len(messages) <= MOST_PARTS:
        return None
    texts: list[str] = []
    said: list[str] = []
    foreign = False
    for message in messages:
        if type(message) is not dict or len(message) != _MEMBERS:
            return None
        name, content = message.get("role"), message.get("content")
        role = ROLES.get(name) if type(name) is str else None
        if role is None or type(content) is not str:
            return None
        if content:
            texts.append(content)
            if role is Role.USER:
                said.append(content)
            elif role is Role.TOOL:
                foreign = True
    if not take_parameters(tree, _PARAMETERS, texts):
        return None
    keys, usage = len(tree) + _MEMBERS * len(messages), None
    if _OPTIONS in tree:
        options = tree[_OPTIONS]
        if type(options) is not dict or [*options] != [_USAGE]:
            return None
        keys, usage = keys + 1, options[_USAGE]
        texts += (_OPTIONS, _USAGE)
    model, stream = addressed.model or tree.get("model"), tree.get("stream")
    if type(model) is not str or type(stream) not in _SWITCH or type(usage) not in _SWITCH:
        return None
    wanted = _asked(model, stream, usage) if _is_usual(tree) and is_spelled_once(body, tree, keys) else None
    return None if wanted is None else _tuple(Glance, (wanted, texts, said, foreign))


def answer(body: bytes) -> list[str] | None:
    """Read the texts of an answer; None where it is not plain."""
    tree = tree_of(body)
    choices = tree.get("choices") if tree is not None else None
    if tree is None or type(choices) is not list or len(choices) > MOST_PARTS:
        return None
    texts: list[str] = []
    machinery: list[str] = []
    keys = len(tree)
    for choice in choices:
        below = _keys_of_choice(choice, texts, machinery) if type(choice) is dict else -1
        if below < 0:
            return None
        keys += below
    for name, value in tree.items():
        if name in _MACHINERY:
            if not take_machinery(value, machinery):
                return None
        elif name == "usage":
            below = keys_of_counts(value)
            if below < 0:
                return None
            keys += below
        elif name != "choices":
            return None
    return texts + machinery if is_spelled_once(body, tree, keys) else None


def _keys_of_choice(choice: dict[str, Any], texts: list[str], machinery: list[str]) -> int:
    """Take the text of a choice and count its keys; -1 where it is not plain."""
    keys = len(choice)
    for name, value in choice.items():
        if name == "message":
            if type(value) is not dict or not is_plain_message(value):
                return -1
            keys += len(value)
            if value["content"]:
                texts.append(value["content"])
        elif name in _CHOICE:
            if not take_machinery(value, machinery):
                return -1
        elif name != "logprobs" or value is not None:
            return -1
    return keys


def _is_usual(tree: Mapping[str, Any]) -> bool:
    """Say whether a request asks for one answer, and its seed is a number."""
    choices, seed = tree.get("n"), tree.get("seed")
    one = choices is None or (type(choices) is int and choices == 1)
    return one and (seed is None or type(seed) is int)


@lru_cache(1024, typed=True)
def _asked(model: str, stream: bool | None, usage: bool | None) -> Asked | None:
    try:
        return asked({"model": model, "stream": stream, _OPTIONS: {_USAGE: usage}})
    except BadInput:
        return None
