"""Tool calls in chat messages: arguments are JSON in a string, or - at some hosts - an object.

Source: `openai.types.chat.ChatCompletionMessageToolCall`; Mistral's `FunctionCall` may hold an object.
"""

from typing import Any

from ..types import Kind, Role
from .collect import Collector

_TYPES = ("function", "custom", None)
_CALL = frozenset(("function", "custom", "index"))
_PLAIN = _CALL | {"type"}


def read_calls(collector: Collector, message: dict[str, Any], pointer: str, role: Role) -> None:
    """Collect from the ``tool_calls`` and the ``function_call`` of a message."""
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        for index, call in enumerate(calls):
            where = f"{pointer}/tool_calls/{index}"
            if not isinstance(call, dict):
                collector.walk(call, where, role)
                continue
            _read_call(collector, call.get("function"), f"{where}/function", role)
            _read_call(collector, call.get("custom"), f"{where}/custom", role)
            known = _PLAIN if call.get("type") in _TYPES else _CALL
            collector.members(call, where, role, skip=known)
    elif calls is not None:
        collector.walk(calls, f"{pointer}/tool_calls", role)
    if "function_call" in message:
        _read_call(collector, message["function_call"], f"{pointer}/function_call", role)


def _read_call(collector: Collector, call: Any, pointer: str, role: Role) -> None:
    if not isinstance(call, dict):
        collector.walk(call, pointer, role)
        return
    name = call.get("name") if isinstance(call.get("name"), str) else ""
    collector.walk(call.get("name"), f"{pointer}/name", role, Kind.NAME)
    arguments = call.get("arguments")
    if isinstance(arguments, str):
        collector.text(arguments, f"{pointer}/arguments", role, Kind.ARGUMENTS, name=name or "", encoded=True)
    else:
        collector.walk(arguments, f"{pointer}/arguments", role, Kind.ARGUMENTS)
    if isinstance(call.get("input"), str):
        collector.text(call["input"], f"{pointer}/input", role, Kind.ARGUMENTS, name=name or "")
    else:
        collector.walk(call.get("input"), f"{pointer}/input", role, Kind.ARGUMENTS)
    collector.members(call, pointer, role, skip=frozenset(("name", "arguments", "input")))
