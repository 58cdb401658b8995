"""A bounded table that forgets what was not asked for longest."""


class Recent[V]:
    """Values by digest.

    Args:
        most: how many are kept.
    """

    __slots__ = ("_most", "_values")

    def __init__(self, most: int):
        self._most = most
        self._values: dict[bytes, V] = {}

    def __len__(self) -> int:
        return len(self._values)

    def keys(self) -> tuple[bytes, ...]:
        """Return what is kept, the oldest first."""
        return tuple(self._values)

    def get(self, key: bytes) -> V | None:
        """Return what is kept under a key, which is then the newest."""
        value = self._values.pop(key, None)
        if value is not None:
            self._values[key] = value
        return value

    def put(self, key: bytes, value: V) -> None:
        """Keep a value; the oldest one goes where there are too many."""
        values = self._values
        values.pop(key, None)
        values[key] = value
        if len(values) > self._most:
            del values[next(iter(values))]
