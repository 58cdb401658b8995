"""A text written from its end to its beginning, whole or line by line: both read the same backwards."""

from .reading import Reading, View


class _Backwards:
    """See `Reading`."""

    __slots__ = ("_original", "text")

    def __init__(self, original: str):
        self._original = original
        self.text = original[::-1]

    def span(self, start: int, end: int) -> tuple[int, int]:
        return len(self.text) - end, len(self.text) - start

    def touched(self, start: int, end: int) -> bool:
        return start < end


def _read(text: str) -> Reading | None:
    return _Backwards(text)


BACKWARDS = View("reversed", _read, guess=True)
