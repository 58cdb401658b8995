"""Verdicts of two lines: ``safe``, or ``unsafe`` and below it the tags of what was violated.

Llama Guard's way of answering, taken over by OpenGuardrails-Text.
"""

import re
from collections.abc import Callable, Iterable

from .chat import answered
from .likelihood import likelihoods
from .passage import Call, Reading, Unreadable
from .told import safe, unsafe

TOKENS = 64
"""More than a verdict needs that names all tags."""

_VERDICT = re.compile(r"\s*(?P<label>safe|unsafe)(?:[ \t]*\n\s*(?P<tags>S\d{1,6}(?:\s*,\s*S\d{1,6})*))?\s*")


def read_labels(call: Call, body: bytes, named: Callable[[str], Iterable[str]]) -> Reading:
    """Read such a verdict. `named` gives our tags for one of the model's.

    Raises:
        Unreadable: it is anything else.
    """
    answer = answered(body)
    found = _VERDICT.fullmatch(answer.content)
    if found is None:
        raise Unreadable("no verdict")
    tags = [tag.strip() for tag in (found["tags"] or "").split(",") if tag]
    share = likelihoods(answer, found, ("safe", "unsafe"))["unsafe"]
    if found["label"] == "unsafe":
        return unsafe(share, (ours for tag in tags for ours in named(tag)), call.passage)
    if tags:
        raise Unreadable("contradicts itself")
    return safe(share, call.passage)
