"""The payload of an OGR event as something to judge, and places in it as the protocol spells them.

Sources: OpenGuardrails protocol 1.0; the wire formats it names. A payload of a format that the core
reads is judged by that dialect, so the verdict is the gateway's. Any other one is read generically:
every string is judged, and a field called role says whose words stand beside it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ...detection.texts import Text
from ...detection.types import Edit, Finding, Kind, Role, Verdict
from .judging import Judge
from .labelled import place
from .written import written

DIALECTS = {"openai.chat": "openai_chat"}
"""Formats of the protocol that a dialect of the core reads."""
PROTOCOLS = ("openai.chat", "openai.responses", "anthropic.messages", "canonical")
_ROLES = {
    "user": Role.USER,
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function_call_output": Role.TOOL,
    "tool_result": Role.TOOL,
}
_KINDS = {"arguments": Kind.ARGUMENTS, "reasoning": Kind.REASONING, "thinking": Kind.REASONING}
_CONTROL = frozenset(("role", "type", "id", "model", "object", "tool_use_id", "call_id", "tool_call_id"))
"""Fields whose values steer and say nothing, where they are words of a format."""
_LONGEST_CONTROL = 128
_MEDIA = frozenset(("image", "image_url", "input_image", "input_audio", "input_file", "document", "file"))


class Leaf(NamedTuple):
    """A string and the way to it."""

    path: str
    text: Text


class Looked(NamedTuple):
    """A judged payload: the verdict, and how its places are spelled."""

    verdict: Verdict
    leaves: tuple[Leaf, ...]
    """What was judged, where the verdict's places are numbers of texts; empty for a dialect."""

    def path(self, item: Finding | Edit) -> str:
        """Return the place of a finding: ``payload.messages.1.content``."""
        if self.leaves:
            head, _, inner = item.pointer.partition("#")
            path = self.leaves[place(head)].path
            return path + inner.replace("#", "").replace("/", ".")
        return "payload" + item.pointer.replace("#", "").replace("/", ".")

    def addressed(self, edit: Edit) -> bool:
        """Say whether a client finds the characters of an edit: in a string of the payload as it came."""
        return "#" not in edit.pointer and "*" not in edit.pointer


async def look(judge: Judge, protocol: str, payload: Mapping[str, Any], *, answer: bool) -> Looked:
    """Judge a payload. Raises `BadInput` for one that cannot be read."""
    payload = {name: value for name, value in payload.items() if name != "timing"}
    dialect = DIALECTS.get(protocol)
    if dialect is not None:
        verdict = (await judge.payload(dialect, written(payload), answer=answer)).verdict
        return Looked(verdict, ())
    usual = Role.ASSISTANT if answer else Role.USER
    leaves = tuple(_leaves(payload, "payload", usual, Kind.TEXT, judge))
    exchange = judge.exchange()
    texts = [leaf.text for leaf in leaves]
    judged = await (exchange.answer(texts) if answer else exchange.prompt(texts))
    return Looked(judged.verdict, leaves or (Leaf("payload", Text("")),))


def _leaves(tree: Any, path: str, role: Role, kind: Kind, judge: Judge) -> Iterator[Leaf]:
    if isinstance(tree, str):
        yield Leaf(path, Text(tree, role, kind, path.rpartition(".")[2] if kind is Kind.ARGUMENTS else ""))
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from _leaves(item, f"{path}.{index}", role, kind, judge)
    elif isinstance(tree, dict):
        yield from _members(tree, path, role, kind, judge)


def _members(tree: Mapping[str, Any], path: str, role: Role, kind: Kind, judge: Judge) -> Iterator[Leaf]:
    role = _ROLES.get(str(tree.get("role")), _ROLES.get(str(tree.get("type")), role))
    if tree.get("type") in _MEDIA:
        judge.skip("", "media")
        return
    for name, value in tree.items():
        if name in _CONTROL and isinstance(value, str) and len(value) <= _LONGEST_CONTROL:
            continue
        inner = Role.SYSTEM if name in ("system", "instructions") else role
        below = Kind.TOOL_DEFINITION if name == "tools" else _KINDS.get(name, kind)
        yield from _leaves(value, f"{path}.{name}", inner, below, judge)
