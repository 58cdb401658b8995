"""The weights of a text's features added up by ``scorer.c``, in a fifth of the time that numpy takes."""

import ctypes
from array import array
from functools import cache
from pathlib import Path

from .hashing import BITS, HEADS, MOST_BYTES, STEP
from .sums import Sums

LIBRARY = Path(__file__).parent / "scorer.so"
_FIELDS = HEADS + 1
_WIDTH = array("i").itemsize


class CompiledSums:
    """Adds up weights. Implements `Summing`.

    Args:
        weights: three signed bytes for each bucket, head by head.

    Raises:
        OSError: nothing was compiled, or not for this machine.
    """

    def __init__(self, weights: bytes):
        self._sums = _library().sluicegate_sums
        self._sums.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p)
        self._sums.restype = ctypes.c_int32
        buckets = 1 << BITS
        table = bytearray(_FIELDS * buckets)
        for head in range(HEADS):
            table[head::_FIELDS] = weights[head * buckets : (head + 1) * buckets]
        table[HEADS::_FIELDS] = bytes((1,)) * buckets
        self._table = (ctypes.c_char * len(table)).from_buffer(table)
        self._address = ctypes.addressof(self._table)

    def sums(self, text: bytes) -> list[Sums]:
        """Return what each window of a plain text comes to."""
        length = min(len(text), MOST_BYTES)
        bins = array("i", bytes(_WIDTH * _FIELDS * ((length + 1) // STEP + 2)))
        windows = self._sums(text, length, self._address, bins.buffer_info()[0])
        return [
            (bins[first], bins[first + 1], bins[first + 2], bins[first + 3])
            for first in range(0, _FIELDS * windows, _FIELDS)
        ]


@cache
def _library() -> ctypes.PyDLL:
    # Keeps the interpreter's lock: to give it up and take it again would cost more than most texts.
    return ctypes.PyDLL(str(LIBRARY))
