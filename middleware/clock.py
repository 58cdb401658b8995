"""Time as the system tells it."""

import time


class SystemClock:
    """Implements `detection.ports.Clock`."""

    now = staticmethod(time.time)
    """Seconds since the epoch."""
    monotonic = staticmethod(time.monotonic)
    """Seconds that never run backwards."""
