"""What Anthropic's dialects share: the frame of a request, how it says no, and its errors.

Source: type definitions of the official ``anthropic`` package (`MessageCreateParams`, `Message`,
`types.shared.ErrorResponse`).
"""

import uuid
from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import Parsed
from ..json_text import dump
from ..pointer import step
from ..types import Direction, Kind, Refusal, Role
from .anthropic_blocks import read_block, read_content, read_fields
from .base import Addressed, Asked
from .collect import CONTROL, Collector
from .openai_common import LONGEST_MODEL

REFUSED = 400
ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}
"""Whose words a message holds, by the name of its role."""
_MESSAGE = frozenset(("role", "content"))
_READ = frozenset(("model", "messages", "tools", "system", "mcp_servers", "stream"))
"""Members of a request that are read before the rest."""
_ANSWER = frozenset(("id", "type", "role", "model", "content", "stop_reason", "usage"))
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_FINAL = frozenset(("content_filter", "upstream_credential", "upstream_redirect"))
"""Codes of errors that the same request would meet again."""
_COUNTS = (
    "input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
)  # fmt: skip


def asked(tree: Mapping[str, Any], addressed: Addressed) -> Asked:
    """Read what a request asks for; on Bedrock and Vertex the address names the model. Raises `BadInput`."""
    model = tree.get("model", addressed.model)
    if not isinstance(model, str) or not (addressed.model or model.strip()):
        raise BadInput("model must be a non-empty string.", code="missing_model", param="model")
    model = addressed.model or model
    if len(model) > LONGEST_MODEL or not model.isprintable():
        raise BadInput("model is not a model's name.", code="invalid_model", param="model")
    stream = tree.get("stream")
    if not isinstance(stream, bool | None):
        raise BadInput("stream must be true or false.", code="invalid_type", param="stream")
    return Asked(model, bool(stream) if addressed.stream is None else addressed.stream)


def read_request(collector: Collector, tree: dict[str, Any], root: str = "") -> None:
    """Collect the texts of a request that stands below a pointer. Raises `BadInput`."""
    where = root[1:].replace("/", ".") + "." if root else ""
    for name in ("tools", "mcp_servers"):
        if not isinstance(tree.get(name), list | None):
            raise BadInput(f"{name} must be a list.", code="invalid_type", param=f"{where}{name}")
    messages, system = tree.get("messages"), tree.get("system")
    if not isinstance(messages, list) or not messages:
        raise BadInput("messages must be a non-empty list.", code="invalid_type", param=f"{where}messages")
    if not isinstance(system, str | list | None):
        raise BadInput("system must be a text or a list.", code="invalid_type", param=f"{where}system")
    collector.walk(tree.get("tools"), f"{root}/tools", Role.SYSTEM, Kind.TOOL_DEFINITION)
    _read_servers(collector, tree.get("mcp_servers") or [], f"{root}/mcp_servers")
    read_content(collector, system, f"{root}/system", Role.SYSTEM)
    for index, message in enumerate(messages):
        _read_message(collector, message, f"{root}/messages/{index}", f"{where}messages.{index}")
    collector.members(tree, root, Role.SYSTEM, skip=_READ)


def _read_message(collector: Collector, message: Any, pointer: str, param: str) -> None:
    if not isinstance(message, dict):
        raise BadInput("Each message must be an object.", code="invalid_type", param=param)
    name = message.get("role")
    role = ROLES.get(name) if isinstance(name, str) else None
    if role is None:
        raise BadInput("Unknown role.", code="invalid_value", param=f"{param}.role")
    content = message.get("content")
    if not isinstance(content, str | list):
        raise BadInput("content must be a text or a list.", code="invalid_type", param=f"{param}.content")
    read_content(collector, content, f"{pointer}/content", role)
    if len(message) > len(_MESSAGE):
        collector.members(message, pointer, role, skip=_MESSAGE)


def _read_servers(collector: Collector, servers: list[Any], pointer: str) -> None:
    """Take what names MCP servers. Their tokens are meant for the provider: nobody judges them."""
    for index, server in enumerate(servers):
        where = f"{pointer}/{index}"
        known: frozenset[str] = frozenset()
        if isinstance(server, dict) and isinstance(server.get("authorization_token"), str):
            collector.skip(step(where, "authorization_token"), "credential")
            known = frozenset(("authorization_token",))
        if isinstance(server, dict):
            collector.members(server, where, Role.SYSTEM, Kind.TOOL_DEFINITION, skip=known)
        else:
            collector.walk(server, where, Role.SYSTEM, Kind.TOOL_DEFINITION)


def read_message(collector: Collector, message: dict[str, Any], pointer: str = "") -> None:
    """Collect the texts of an answer's message."""
    content = message.get("content")
    if isinstance(content, list):
        for index, block in enumerate(content):
            read_block(collector, block, f"{pointer}/content/{index}", Role.ASSISTANT)
    else:
        collector.walk(content, f"{pointer}/content", Role.ASSISTANT)
    for key, value in message.items():
        if key in CONTROL:
            collector.control(value, pointer, key, Role.ASSISTANT)
        elif key not in _ANSWER:
            collector.members({key: None}, pointer, Role.ASSISTANT)
            read_fields(collector, value, step(pointer, key), Role.ASSISTANT, key)


def answer(body: bytes, parsed: Parsed) -> Document:
    """Return an answer as a document: a message, an error or whatever else it is."""
    collector = Collector(Direction.ANSWER)
    if isinstance(parsed.tree, dict) and isinstance(parsed.tree.get("content"), list):
        read_message(collector, parsed.tree)
    else:
        collector.walk(parsed.tree, "", Role.ASSISTANT)
    return collector.document(body, parsed)


def message_of(asked: Asked, content: list[Any], original: Any = None) -> dict[str, Any]:
    """Return a message of ours, with the identity and the counts of the one it stands for."""
    given = original.get("id") if isinstance(original, dict) else None
    known = isinstance(given, str) and len(given) <= 128
    return {
        "id": given if known else f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(original),
    }


def _usage(original: Any) -> dict[str, int]:
    given = original.get("usage") if isinstance(original, dict) else None
    given = given if isinstance(given, dict) else {}
    counts = {name: given[name] for name in _COUNTS if type(given.get(name)) is int}
    return {"input_tokens": 0, "output_tokens": 0, **counts}


def refused(text: str) -> dict[str, Any]:
    """Return what says that an answer ends because it is refused."""
    details = {"type": "refusal", "category": None, "explanation": text}
    return {"stop_reason": "refusal", "stop_sequence": None, "stop_details": details}


def error(status: int, code: str, message: str) -> Refusal:
    """Write Anthropic's error envelope. What a retry cannot change tells SDKs not to try."""
    kind = _TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    body = {"type": "error", "error": {"type": kind, "message": message, "code": code}}
    return Refusal(status, dump(body), retry=code not in _FINAL)
