"""Writing JSON that may hold whatever a client sent."""

import json
from typing import Any

import orjson


def written(tree: Any) -> bytes:
    """Return a tree as JSON. What orjson cannot carry, as lone surrogates, the standard library escapes."""
    try:
        return orjson.dumps(tree)
    except TypeError:
        return json.dumps(tree, separators=(",", ":"), allow_nan=False).encode()
