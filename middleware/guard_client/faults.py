"""Why a guard said nothing."""


class NoAnswer(Exception):
    """A request that came to nothing. Its text is fit for a record: a few words, nothing of the exchange.

    `counts` says whether the guard is to blame, so that a breaker may count it.
    """

    def __init__(self, reason: str, *, counts: bool = False) -> None:
        super().__init__(reason)
        self.counts = counts


DEADLINE = "deadline"
"""It did not answer in time."""
BUSY = "busy"
"""Too many requests wait for it already, or it says so."""
AWAY = "away"
"""Nobody answers there, or the connection broke."""
RESTING = "resting"
"""It failed so often in a row that it is left alone for a moment."""
TOO_LONG = "answer over size"
"""It answered with more than is read."""
