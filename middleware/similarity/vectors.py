"""Vectors as an embeddings endpoint answers them (OpenAI's ``/v1/embeddings``), each of length one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import numpy as np

MOST_NUMBERS = 16_384
"""Numbers of one vector."""


class BadVectors(Exception):
    """An answer that holds no vectors that can be compared. Its text tells nothing of it."""


def read_vectors(body: bytes, count: int) -> "np.ndarray[Any, Any]":
    """Return the vectors of so many texts, in order, as rows.

    Raises:
        BadVectors: there are more or fewer, they differ in length, or one is none.
    """
    import numpy as np  # noqa: PLC0415 - an extra, and wanted by appliances with an endpoint alone

    try:
        listed = sorted(orjson.loads(body)["data"], key=lambda item: item["index"])
        if [item["index"] for item in listed] != list(range(count)):
            raise BadVectors("not one a text")
        rows: Sequence[object] = [item["embedding"] for item in listed]
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused below
            found = np.array(rows, dtype=np.float32)
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError, OverflowError):
        raise BadVectors("no vectors") from None
    if found.ndim != 2 or not 0 < found.shape[1] <= MOST_NUMBERS or not np.isfinite(found).all():
        raise BadVectors("odd vectors")
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
    if not (lengths > 0).all() or not np.isfinite(lengths).all():
        raise BadVectors("no direction")
    return found / lengths
