"""How the demo upstream embeds: vectors derived from a digest, of the right shape and no meaning."""

import hashlib
import math
import struct
from base64 import b64encode
from typing import Any

import orjson

from ..gateway.upstream.base import UpstreamAnswer
from .demo_wire import Refused, requested_model, whole

_DIMENSIONS = 1536
_MOST_DIMENSIONS = 4096


def embed(payload: dict[str, Any]) -> UpstreamAnswer:
    """Answer ``/embeddings``. Raises `Refused`."""
    inputs = payload.get("input")
    if isinstance(inputs, str) or (isinstance(inputs, list) and inputs and isinstance(inputs[0], int)):
        inputs = [inputs]
    size = payload.get("dimensions") or _DIMENSIONS
    if not isinstance(inputs, list) or not inputs:
        raise Refused("input must be a string or a list.")
    if not isinstance(size, int) or not 1 <= size <= _MOST_DIMENSIONS:
        raise Refused(f"dimensions must be from 1 to {_MOST_DIMENSIONS}.")
    packed = payload.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _vector(item, size, packed=packed)}
        for index, item in enumerate(inputs)
    ]
    usage = {"prompt_tokens": len(inputs), "total_tokens": len(inputs)}
    return whole({"object": "list", "data": data, "model": requested_model(payload), "usage": usage})


def _vector(item: object, size: int, *, packed: bool) -> str | list[float]:
    """Derive a unit vector from the input's digest: equal inputs are equal, that is all."""
    digest = hashlib.shake_256(orjson.dumps(item)).digest(size)
    numbers = [byte - 127.5 for byte in digest]
    length = math.sqrt(sum(number * number for number in numbers))
    numbers = [number / length for number in numbers]
    return b64encode(struct.pack(f"<{size}f", *numbers)).decode() if packed else numbers
