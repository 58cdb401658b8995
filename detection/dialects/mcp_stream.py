"""Streams of the Model Context Protocol: an event is a whole message, so nothing grows."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import UpstreamFault
from ..framing.base import Framing
from ..framing.sse import Sse
from ..types import Direction, Role
from .base import Frame, Slot
from .collect import Collector
from .mcp_messages import read_messages

REFUSED = -32001
"""Code of a request that a policy refuses: one that JSON-RPC leaves to servers."""
FAILED = -32603
"""Code of an internal error (JSON-RPC 2.0)."""

type Call = tuple[str | int, str]
"""Id and method of a request."""


class _Events(Sse):
    """Server-sent events; one with empty data only tells where a stream may be gone on with."""

    mark = b""


FRAMING: Framing = _Events(name=lambda _: "message", names=("message",))


class McpStream:
    """Reads the messages of one stream and ends it where it must be.

    Args:
        calls: the requests that the stream answers; none for a stream that a client listens to.
    """

    repeating = False

    def __init__(self, calls: Iterable[Call]) -> None:
        self.framing: Framing = FRAMING
        self._waiting = dict(calls)

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read a message or a batch. Raises `UpstreamFault` when it is neither."""
        if not isinstance(tree, dict | list):
            raise UpstreamFault("The upstream sent an event that is no message.", code="upstream_protocol")
        collector = Collector(Direction.ANSWER)
        read_messages(collector, tree, Role.TOOL)
        return collector.frame()

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return the frame: no text of it was held."""
        return tree

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Refuse every request of the stream; a client that only listens is told nothing."""
        return [refused(call, text) for call in self._waiting.items()]

    def fault(self, message: str) -> Any:
        """Return the error that answers the first request, or a log message where none waits."""
        for number in self._waiting:
            return failed(number, FAILED, message)
        data = {"level": "error", "logger": "sluicegate", "data": message}
        return {"jsonrpc": "2.0", "method": "notifications/message", "params": data}


def refused(call: Call, text: str) -> dict[str, Any]:
    """Return the answer to a refused request: of a tool its failed result, which a model can read."""
    number, method = call
    if method == "tools/call":
        result = {"content": [{"type": "text", "text": text}], "isError": True}
        return {"jsonrpc": "2.0", "id": number, "result": result}
    return failed(number, REFUSED, text)


def failed(number: str | int | None, code: int, message: str) -> dict[str, Any]:
    """Return an error of JSON-RPC."""
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}
