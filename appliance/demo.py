"""The demo upstream: an OpenAI API that answers from inside the process, without a model.

It says so, and it shows what reached it: once with long words broken up by dots, so that a
placeholder stays visible, and once as it came, so that a value that was masked is seen to come
back. Nothing is sent anywhere.
"""

from collections.abc import Callable
from typing import Any

import orjson

from ..gateway.upstream.base import UpstreamAnswer, UpstreamRequest
from ..gateway.upstream_spec import UpstreamSpec
from .demo_completions import complete_chat, complete_text
from .demo_embeddings import embed
from .demo_wire import Refused, error, whole
from .upstreams import DEMO

ALONE = UpstreamSpec(DEMO, "openai", "http://demo.invalid/v1", models=("*",))
"""How it is configured when it is the only upstream: any model is its own."""
BESIDE = UpstreamSpec(DEMO, "openai", "http://demo.invalid/v1", models=("demo", "demo-*"))
"""How it is configured beside others."""
MODELS = ("demo", "demo-embedding")

_BASE = "/v1"


class DemoUpstream:
    """Implements `gateway.upstream.base.Upstream` without a socket."""

    async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
        """Answer a request; the only faults are those of a caller."""
        return _answer(request)

    async def close(self) -> None:
        """Nothing is open."""


def _list_models(_: dict[str, Any]) -> UpstreamAnswer:
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "sluicegate"} for name in MODELS]
    return whole({"object": "list", "data": data})


_ANSWERS: dict[tuple[str, str], Callable[[dict[str, Any]], UpstreamAnswer]] = {
    ("POST", "/chat/completions"): complete_chat,
    ("POST", "/completions"): complete_text,
    ("POST", "/embeddings"): embed,
    ("GET", "/models"): _list_models,
}


def _answer(request: UpstreamRequest) -> UpstreamAnswer:
    path = request.target.partition(b"?")[0].decode("ascii").removeprefix(_BASE)
    answer = _ANSWERS.get((request.method, path))
    if answer is None:
        return error(404, "The demo upstream does not know this path.")
    try:
        return answer(_payload(bytes(request.body)))
    except Refused as refused:
        return error(400, str(refused))


def _payload(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused("The body is not JSON.") from None
    if not isinstance(payload, dict):
        raise Refused("The body is not a JSON object.")
    return payload
