"""A scripted Bedrock runtime over real sockets, whose event stream is botocore's to read.

A test sets `script`: a callable from the received request to an `Answer`. What is written here is
written without the product's own encoder, so that each checks the other.
"""

import base64
import json
import re
from binascii import crc32
from collections.abc import Iterable
from struct import pack
from typing import Any

from tests.fakes.http_server import Answer, Gate, Received
from tests.fakes.scripted_server import ScriptedServer

type Event = tuple[str, Any] | Gate

STREAM = "application/vnd.amazon.eventstream"
BEARER = "bedrock-api-key-that-only-the-operator-knows"
ACCESS_KEY = "AKIDEXAMPLE"
_SIGNED = re.compile(
    rf"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/\d{{8}}/[a-z0-9-]+/bedrock/aws4_request, "
    r"SignedHeaders=[a-z0-9;-]+, Signature=[0-9a-f]{64}"
)
_USAGE = {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8}
_METRICS = {"latencyMs": 12}


class FakeBedrock(ScriptedServer[Answer]):
    """The API on a free port; use as a context manager."""

    def __init__(self) -> None:
        super().__init__(hello)

    def _answer(self, request: Received) -> Answer:
        given = request.header("authorization") or ""
        if given != f"Bearer {BEARER}" and not _SIGNED.fullmatch(given):
            return error(403, "UnrecognizedClientException", "The security token is invalid.")
        return self.script(request)


def hello(request: Received) -> Answer:
    """The script that runs when a test sets none."""
    return streamed(texts("Hello ", "there.")) if "stream" in request.path else said("Hello there.")


def said(*blocks: Any, reason: str = "end_turn") -> Answer:
    """Answer a Converse call with these content blocks; a string is a text."""
    content = [{"text": block} if isinstance(block, str) else block for block in blocks]
    return answered(
        {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": reason,
            "usage": _USAGE,
            "metrics": _METRICS,
        }
    )


def answered(body: Any) -> Answer:
    """Answer with a JSON body."""
    return Answer([json.dumps(body).encode()])


def error(status: int, kind: str, message: str) -> Answer:
    """Answer with an error as rest-json has it."""
    body = json.dumps({"message": message}).encode()
    return Answer([body], status, (("x-amzn-errortype", f"{kind}:http://internal.amazon.com/coral/"),))


def streamed(events: Iterable[Event], *, reason: str = "end_turn") -> Answer:
    """Answer a ConverseStream call; the events of a message are put around these."""
    last: list[Event] = [
        ("messageStop", {"stopReason": reason}),
        ("metadata", {"usage": _USAGE, "metrics": _METRICS}),
    ]
    return raw_stream([("messageStart", {"role": "assistant"}), *events, *last])


def raw_stream(events: Iterable[Event]) -> Answer:
    """Answer with exactly these events."""
    pieces = [event if isinstance(event, Gate) else message(*event) for event in events]
    return Answer(pieces, content_type=STREAM, framing="chunked")


def texts(*parts: str, block: int = 0) -> list[Event]:
    """The events of a block of text that comes in parts."""
    deltas: list[Event] = [
        ("contentBlockDelta", {"contentBlockIndex": block, "delta": {"text": part}, "p": "abcdefgh"})
        for part in parts
    ]
    return [*deltas, ("contentBlockStop", {"contentBlockIndex": block})]


def call(name: str, *parts: str, block: int = 0) -> list[Event]:
    """The events of a tool call whose input comes in parts."""
    start = {"toolUse": {"toolUseId": "tooluse_1", "name": name}}
    deltas: list[Event] = [
        ("contentBlockDelta", {"contentBlockIndex": block, "delta": {"toolUse": {"input": part}}})
        for part in parts
    ]
    return [
        ("contentBlockStart", {"contentBlockIndex": block, "start": start}),
        *deltas,
        ("contentBlockStop", {"contentBlockIndex": block}),
    ]


def chunks(*frames: Any) -> Answer:
    """Answer an InvokeModelWithResponseStream call with these frames of the model's own."""
    return raw_stream(
        [
            ("chunk", {"bytes": base64.b64encode(json.dumps(frame).encode()).decode(), "p": "ab"})
            for frame in frames
        ]
    )


def message(kind: str, payload: Any) -> bytes:
    """Encode one message; a kind that ends in Exception is one."""
    sort = "exception" if kind.endswith("Exception") else "event"
    names = {f":{sort}-type": kind, ":content-type": "application/json", ":message-type": sort}
    head = b"".join(
        bytes((len(name),)) + name.encode() + b"\x07" + pack("!H", len(value)) + value.encode()
        for name, value in names.items()
    )
    body = json.dumps(payload).encode()
    lengths = pack("!II", len(head) + len(body) + 16, len(head))
    whole = lengths + pack("!I", crc32(lengths)) + head + body
    return whole + pack("!I", crc32(whole))
