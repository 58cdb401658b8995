"""Bounds that hold before and while a body is read."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

from ..detection.ports import Allowance, CounterStore
from .asgi import Headers
from .rejection import Rejected


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` in `window` seconds."""

    calls: int
    window: float = 60.0

    def __post_init__(self) -> None:
        if self.calls < 1 or self.window <= 0:
            raise ValueError("a rate needs at least one call and a window above zero seconds")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one service. Sizes are bytes, times seconds; a rate of None is no limit.

    `client_rate` counts by client address, `key_rate` by key. `body_seconds` is how long a client
    may take to send a whole body. A body held in memory counts against `request_bytes`, an answer
    that is judged whole against `answer_bytes`; streams are judged piece by piece without end. A form
    that brings a file along is not held in memory: it may have `upload_bytes` and take `upload_seconds`.
    A WebSocket on which a model is talked to: `socket_dial_seconds` for the upstream's answer to the
    handshake, `socket_first_seconds` for the client's message that names the model, `socket_idle_seconds`
    without a word of either, `socket_seconds` in all.
    """

    client_rate: Rate | None = Rate(600)
    key_rate: Rate | None = Rate(600)
    request_bytes: int = 16 * 1024 * 1024
    answer_bytes: int = 32 * 1024 * 1024
    body_seconds: float = 60.0
    upload_bytes: int = 512 * 1024 * 1024
    upload_seconds: float = 600.0
    socket_dial_seconds: float = 15.0
    socket_first_seconds: float = 20.0
    socket_idle_seconds: float = 600.0
    socket_seconds: float = 3600.0

    def of_uploads(self) -> "Limits":
        """Return the bounds of a request that is an upload."""
        return replace(self, request_bytes=self.upload_bytes)


def take_client(counters: CounterStore, rate: Rate | None, service: str, address: str) -> None:
    """Count one call of a client address. Raises `Rejected` (429) beyond the rate."""
    if rate is not None:
        _take(counters, rate, f"{service}:client:{_network(address)}", "client_rate")


def take_key(counters: CounterStore, rate: Rate | None, service: str, key_id: str) -> Allowance | None:
    """Count one call of a key; say what is left where there is a limit. Raises `Rejected` (429) beyond it."""
    if rate is None:
        return None
    return _take(counters, rate, f"{service}:key:{key_id}", "key_rate")


def rate_headers(allowance: Allowance, rate: Rate) -> Headers:
    """The fields that tell a caller who was let in what is left of a rate."""
    return [
        (b"x-ratelimit-limit", b"%d" % allowance.limit),
        (b"x-ratelimit-remaining", b"%d" % allowance.remaining),
        (b"x-ratelimit-reset", b"%d" % math.ceil(rate.window)),
    ]


def too_large() -> Rejected:
    """The refusal of a body beyond the limit."""
    return Rejected("The body is too large.", code="body_too_large", status=413, reason="size")


def _take(counters: CounterStore, rate: Rate, name: str, reason: str) -> Allowance:
    allowance = counters.take(name, rate.calls, rate.window)
    if not allowance.allowed:
        raise Rejected(
            "Too many requests; wait before the next one.",
            code="rate_limit_exceeded",
            status=429,
            reason=reason,
            headers=_refused_headers(allowance),
        )
    return allowance


def _refused_headers(allowance: Allowance) -> Headers:
    seconds = b"%d" % max(1, math.ceil(allowance.retry_after))
    return [
        (b"retry-after", seconds),
        (b"x-ratelimit-limit", b"%d" % allowance.limit),
        (b"x-ratelimit-remaining", b"%d" % allowance.remaining),
        (b"x-ratelimit-reset", seconds),
    ]


@lru_cache(4096)
def _network(address: str) -> str:
    """An IPv4 address itself; the /64 of an IPv6 address, for its owner has all of it."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed) >> 64 << 64, 64)))
