"""Turns of Cohere's first chat: messages by capital roles, calls with objects, results with their calls.

Source: `Message`, `ToolCall`, `ToolResult` and `NonStreamedChatResponse` of the official ``cohere`` package.
"""

from typing import Any

from ..errors import BadInput
from ..types import Kind, Role
from .collect import Collector

_ROLES = {"SYSTEM": Role.SYSTEM, "USER": Role.USER, "CHATBOT": Role.ASSISTANT, "TOOL": Role.TOOL}
_TURN = frozenset(("role", "message", "tool_calls", "tool_results"))
_CALL = frozenset(("name", "parameters"))
_RESULT = frozenset(("call", "outputs"))
_ANSWER = frozenset(
    ("text", "generation_id", "response_id", "finish_reason", "meta", "tool_calls", "chat_history")
)


def read_turn(collector: Collector, turn: Any, pointer: str) -> None:
    """Collect from one turn of a request's history. Raises `BadInput`."""
    where = pointer[1:].replace("/", ".")
    if not isinstance(turn, dict):
        raise BadInput("Each turn must be an object.", code="invalid_type", param=where)
    name = turn.get("role")
    role = _ROLES.get(name.upper()) if isinstance(name, str) else None
    if role is None:
        raise BadInput("Unknown role.", code="invalid_value", param=f"{where}.role")
    _read_said(collector, turn, pointer, role)


def read_results(collector: Collector, results: Any, pointer: str) -> None:
    """Collect from what tools answered, and the calls that they answer."""
    if not isinstance(results, list):
        collector.walk(results, pointer, Role.TOOL, Kind.TEXT)
        return
    for index, result in enumerate(results):
        where = f"{pointer}/{index}"
        if not isinstance(result, dict):
            collector.walk(result, where, Role.TOOL, Kind.TEXT)
            continue
        _read_call(collector, result.get("call"), f"{where}/call")
        collector.walk(result.get("outputs"), f"{where}/outputs", Role.TOOL, Kind.TEXT)
        collector.members(result, where, Role.TOOL, skip=_RESULT)


def read_answer(collector: Collector, answer: dict[str, Any], pointer: str) -> None:
    """Collect from a whole answer."""
    collector.walk(answer.get("text"), f"{pointer}/text", Role.ASSISTANT, Kind.TEXT)
    read_calls(collector, answer.get("tool_calls"), f"{pointer}/tool_calls")
    history = answer.get("chat_history")
    for index, turn in enumerate(history if isinstance(history, list) else ()):
        where = f"{pointer}/chat_history/{index}"
        if isinstance(turn, dict):
            _read_said(collector, turn, where, Role.ASSISTANT)
        else:
            collector.walk(turn, where, Role.ASSISTANT)
    known = _ANSWER if isinstance(history, list) else _ANSWER - {"chat_history"}
    collector.members(answer, pointer, Role.ASSISTANT, skip=known)


def read_calls(collector: Collector, calls: Any, pointer: str) -> None:
    """Collect from a list of tool calls."""
    if not isinstance(calls, list):
        collector.walk(calls, pointer, Role.ASSISTANT)
        return
    for index, call in enumerate(calls):
        _read_call(collector, call, f"{pointer}/{index}")


def _read_said(collector: Collector, turn: dict[str, Any], pointer: str, role: Role) -> None:
    collector.walk(turn.get("message"), f"{pointer}/message", role, Kind.TEXT)
    read_calls(collector, turn.get("tool_calls"), f"{pointer}/tool_calls")
    read_results(collector, turn.get("tool_results"), f"{pointer}/tool_results")
    collector.members(turn, pointer, role, skip=_TURN)


def _read_call(collector: Collector, call: Any, pointer: str) -> None:
    if not isinstance(call, dict):
        collector.walk(call, pointer, Role.ASSISTANT)
        return
    collector.walk(call.get("name"), f"{pointer}/name", Role.ASSISTANT, Kind.NAME)
    collector.walk(call.get("parameters"), f"{pointer}/parameters", Role.ASSISTANT, Kind.ARGUMENTS)
    collector.members(call, pointer, Role.ASSISTANT, skip=_CALL)
