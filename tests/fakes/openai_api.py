"""A scripted OpenAI API over real sockets.

A test sets `script`: a callable from the received request to a `Reply` (what the model says) or to
an `Answer` (exact bytes). Embeddings and models answer by themselves unless the script claims them.
"""

import base64
import hashlib
import json
import struct
from typing import Any

from tests.fakes.http_server import Answer, Received
from tests.fakes.replies import (
    CREATED,
    DEFAULT_MODEL,
    Reply,
    buffered_chat,
    buffered_completion,
    error,
    say,
    streamed_chat,
    streamed_completion,
)
from tests.fakes.scripted_server import ScriptedServer

UPSTREAM_KEY = "sk-upstream-key-that-only-the-operator-knows"
DIMENSIONS = 8

_FORMS = {
    "/v1/chat/completions": (buffered_chat, streamed_chat),
    "/v1/completions": (buffered_completion, streamed_completion),
}


class FakeOpenAI(ScriptedServer[Reply | Answer]):
    """The API on a free port; use as a context manager."""

    folder = "/v1"

    def __init__(self, *, api_key: str = UPSTREAM_KEY) -> None:
        super().__init__(hello)
        self.api_key = api_key

    def _answer(self, request: Received) -> Answer:
        if request.header("authorization") != f"Bearer {self.api_key}":
            return error(401, "invalid_api_key", "Incorrect API key provided.")
        path = request.path.partition("?")[0]
        if path.startswith("/v1/models"):
            return _models(path.removeprefix("/v1/models").strip("/"))
        outcome = self.script(request)
        if isinstance(outcome, Answer):
            return outcome
        if path == "/v1/embeddings":
            return _embeddings(request.body)
        if path not in _FORMS:
            return error(404, "unknown_url", f"Unknown request URL: {request.method} {path}.")
        buffered, streamed = _FORMS[path]
        body = request.body if request.raw else {}
        return (streamed if body.get("stream") else buffered)(outcome, body)


def hello(_: Received) -> Reply:
    """The script that runs when a test sets none."""
    return say("Hello there.")


def embedding(value: object) -> list[float]:
    """The vector this API gives for an input: the same for the same input, exact as float32."""
    digest = hashlib.sha256(json.dumps(value).encode()).digest()
    return [(byte - 128) / 128 for byte in digest[:DIMENSIONS]]


def _embeddings(body: dict[str, Any]) -> Answer:
    given = body["input"]
    single = isinstance(given, str) or (bool(given) and isinstance(given[0], int))
    vectors = [embedding(item) for item in ([given] if single else given)]
    packed = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _pack(vector) if packed else vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    answer = {"object": "list", "data": data, "model": body.get("model", ""), "usage": usage}
    return Answer([json.dumps(answer).encode()])


def _pack(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _models(name: str) -> Answer:
    known = [
        {"id": model, "object": "model", "created": CREATED, "owned_by": "scripted"}
        for model in (DEFAULT_MODEL, "text-embedding-3-small")
    ]
    if not name:
        return Answer([json.dumps({"object": "list", "data": known}).encode()])
    found = [model for model in known if model["id"] == name]
    if not found:
        return error(404, "model_not_found", f"The model {name!r} does not exist.")
    return Answer([json.dumps(found[0]).encode()])
