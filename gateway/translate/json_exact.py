"""JSON that keeps its numbers: what another program reads must be what the first one wrote."""

import json
import math
from typing import Any


def load(text: str | bytes) -> Any:
    """Parse JSON; whole numbers of any size stay whole. Raises `ValueError` for what JSON does not know."""
    try:
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value
