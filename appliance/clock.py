"""The machine's clock."""

import time


class SystemClock:
    """Implements `detection.ports.Clock`."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()
