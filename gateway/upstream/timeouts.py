"""How long an upstream may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. `connect` covers waiting for a free connection, the name, TCP and TLS.

    `first_byte` is from the end of the request to the first byte of its answer, `silence` between
    two pieces of either, `total` the whole exchange.
    """

    connect: float = 10.0
    first_byte: float = 600.0
    silence: float = 600.0
    total: float = 3600.0
