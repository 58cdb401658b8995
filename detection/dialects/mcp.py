"""The Model Context Protocol over streamable HTTP: ``POST``, ``GET`` and ``DELETE`` of one address.

Source: the protocol's specification of that transport. A client posts messages and is answered with
JSON or with server-sent events; it may listen to events of the server, and end its session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .mcp_messages import calls_of, read_messages
from .mcp_stream import FAILED, REFUSED, Call, McpStream, failed, refused

MOST_MESSAGES = 256
"""Messages a batch may have."""

_BAD_REQUEST = 400
_SERVER = 500
_INVALID = -32600
"""Code of a message that is no request (JSON-RPC 2.0)."""


@dataclass(slots=True, unsafe_hash=True)
class McpAsked(Asked):
    """What a client asks for: the requests among its messages."""

    calls: tuple[Call, ...] = ()
    batch: bool = False


class Mcp:
    """The dialect of the Model Context Protocol."""

    name = "mcp"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read messages; who listens or leaves sends none. Raises `BadInput`."""
        if not body:
            return Document(body, None, ()), McpAsked()
        parsed = parse(body)
        tree = parsed.tree
        messages = tree if isinstance(tree, list) else [tree]
        if not 0 < len(messages) <= MOST_MESSAGES or not all(isinstance(item, dict) for item in messages):
            raise BadInput("The body must be a message or a batch of them.", code="invalid_type")
        collector = Collector(Direction.PROMPT)
        read_messages(collector, tree, Role.USER)
        asked = McpAsked(calls=calls_of(tree), batch=isinstance(tree, list))
        return collector.document(body, parsed), asked

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read messages. Servers answer some faults in plain text, which is judged and never edited."""
        collector = Collector(Direction.ANSWER)
        if body.lstrip()[:1] not in (b"{", b"["):
            text = body.decode("utf-8", "replace")
            collector.text(text, "", Role.TOOL, Kind.OTHER, editable=False)
            return Document(body, None, tuple(collector.segments)), {}
        parsed = parse(body)
        read_messages(collector, parsed.tree, Role.TOOL)
        return collector.document(body, parsed), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Refuse every request by itself; messages that await no answer are refused with an error."""
        calls = asked.calls if isinstance(asked, McpAsked) else ()
        if not isinstance(asked, McpAsked) or not calls:
            return Refusal(_BAD_REQUEST, dump(failed(None, REFUSED, text)), retry=False)
        answers = [refused(call, text) for call in calls]
        return Refusal(200, dump(answers if asked.batch else answers[0]), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return an error of JSON-RPC, with the status of the transport."""
        body = failed(None, FAILED if status >= _SERVER else _INVALID, message)
        body["error"]["data"] = {"code": code}
        return Refusal(status, dump(body), retry=status >= _SERVER)

    def stream(self, asked: Asked) -> McpStream:
        """Return the shape of a stream's messages."""
        return McpStream(asked.calls if isinstance(asked, McpAsked) else ())
