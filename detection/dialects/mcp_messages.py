"""The messages of the Model Context Protocol: JSON-RPC 2.0, read by what they carry.

Source: the protocol's schema (``initialize``, ``tools/*``, ``prompts/*``, ``resources/*``,
``sampling/createMessage``, ``elicitation/create``, notifications). What a server says becomes a model's
input, and all of it is the server's own, whatever role it gives itself: definitions, instructions,
prompts and results are words of a tool, resources are documents.
"""

from typing import Any

from ..pointer import step
from ..types import Kind, Role
from .collect import SHORTEST, Collector

_DEFINED = frozenset(("tools", "prompts", "resources", "resourceTemplates"))
"""Lists of what a server offers; a model reads their descriptions."""
_INSTRUCTIONS = frozenset(("instructions", "systemPrompt"))
_RETRIEVED = frozenset(("contents", "resource", "resource_link"))
_SERVERS = (Role.TOOL, Role.RETRIEVED)
"""Whose words a server says."""
_MEDIA = {"image": "image", "audio": "audio"}
_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}
_ENVELOPE = frozenset(("jsonrpc", "id", "result", "params"))
_VERSION = "2.0"
_KNOWN = frozenset(
    (
        "content", "contents", "structuredContent", "arguments", "mimeType", "description", "inputSchema",
        "outputSchema", "annotations", "messages", "instructions", "systemPrompt", "maxTokens", "resource",
        "resources", "resourceTemplates", "uriTemplate", "prompts", "isError", "nextCursor", "capabilities",
        "protocolVersion", "clientInfo", "serverInfo", "version", "progress", "progressToken", "requestId",
        "properties", "required", "message",
    )
)  # fmt: skip
"""Members every client knows: nobody's words."""


def read_messages(collector: Collector, tree: Any, role: Role) -> None:
    """Collect the texts of one message or a batch. `role` is whose words they are unless they say so."""
    if isinstance(tree, list):
        for index, message in enumerate(tree):
            _read_message(collector, message, f"/{index}", role)
    else:
        _read_message(collector, tree, "", role)


def calls_of(tree: Any) -> tuple[tuple[str | int, str], ...]:
    """Return id and method of each request in one message or a batch; others await no answer."""
    messages = tree if isinstance(tree, list) else [tree]
    return tuple(
        (message["id"], message["method"])
        for message in messages
        if isinstance(message, dict)
        and isinstance(message.get("method"), str)
        and isinstance(message.get("id"), str | int)
        and not isinstance(message["id"], bool)
    )


def _read_message(collector: Collector, message: Any, pointer: str, role: Role) -> None:
    if not isinstance(message, dict):
        collector.walk(message, pointer, role)
        return
    number = message.get("id")
    if isinstance(number, str):
        collector.text(number, f"{pointer}/id", role, Kind.OTHER, editable=False)
    else:
        collector.walk(number, f"{pointer}/id", role)
    if message.get("jsonrpc") != _VERSION:
        collector.walk(message.get("jsonrpc"), f"{pointer}/jsonrpc", role)
    params = message.get("params")
    if message.get("method") == "tools/call" and isinstance(params, dict):
        _read_call(collector, params, f"{pointer}/params")
    elif "params" in message:
        _read(collector, params, f"{pointer}/params", role)
    if "result" in message:
        _read(collector, message["result"], f"{pointer}/result", role)
    for key in message.keys() - _ENVELOPE:
        _read(collector, {key: message[key]}, pointer, role, Kind.OTHER)


def _read_call(collector: Collector, params: dict[str, Any], pointer: str) -> None:
    """Collect what a model asks a tool to do."""
    name = params.get("name") if isinstance(params.get("name"), str) else ""
    collector.text(name or "", f"{pointer}/name", Role.ASSISTANT, Kind.NAME)
    collector.walk(
        params.get("arguments"), f"{pointer}/arguments", Role.ASSISTANT, Kind.ARGUMENTS, name=name or ""
    )
    known = {"arguments"} | ({"name"} if name else set())
    rest = {key: value for key, value in params.items() if key not in known}
    _read(collector, rest, pointer, Role.ASSISTANT, Kind.OTHER)


def _read(collector: Collector, value: Any, pointer: str, role: Role, kind: Kind = Kind.TEXT) -> None:
    """Collect every text below a value; what embeds media is listed as unjudged."""
    if isinstance(value, dict):
        _read_members(collector, value, pointer, _speaker(value, role), kind)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _read(collector, item, f"{pointer}/{index}", role, kind)
    else:
        collector.walk(value, pointer, role, kind, name=pointer.rpartition("/")[2])


def _read_members(
    collector: Collector, members: dict[str, Any], pointer: str, role: Role, kind: Kind
) -> None:
    sort = members.get("type")
    media = _MEDIA.get(sort, "") if isinstance(sort, str) else ""
    if sort in ("resource", "resource_link"):
        role = Role.RETRIEVED
    for key, item in members.items():
        where = step(pointer, key)
        if len(key) >= SHORTEST and key not in _KNOWN:
            collector.text(key, pointer, role, kind, editable=False)
        if isinstance(item, str) and ((key == "data" and media) or key == "blob"):
            collector.skip(where, media or "file")
        elif key in _DEFINED and isinstance(item, list):
            whose = role if role in _SERVERS else Role.SYSTEM
            _read(collector, item, where, whose, Kind.TOOL_DEFINITION)
        elif key in _INSTRUCTIONS:
            _read(collector, item, where, role if role in _SERVERS else Role.SYSTEM, kind)
        else:
            _read(collector, item, where, Role.RETRIEVED if key in _RETRIEVED else role, kind)


def _speaker(message: dict[str, Any], role: Role) -> Role:
    name = message.get("role")
    if role in _SERVERS:
        return role
    return _ROLES.get(name, role) if isinstance(name, str) and "content" in message else role
