"""What all requests at one door share."""

from dataclasses import dataclass

from ..detection.inspection import Inspector
from ..detection.ports import AuditSink, BanList, Clock, CounterStore, Links, Metrics, PolicySource
from ..library.panel import Panel
from .asgi import ASGIApp
from .identity import Identity
from .limits import Limits
from .origin import Origin, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """See `Guard`."""

    app: ASGIApp
    origin: Origin | None
    """Who is asked for answers; unless given the `source` gives them."""
    source: Source
    inspector: Inspector
    policies: PolicySource
    identity: Identity
    bans: BanList | None
    """Who is refused service; None where nobody is."""
    counters: CounterStore
    audit: AuditSink
    metrics: Metrics
    clock: Clock
    limits: Limits
    expose_headers: bool
    expose_request_id: bool
    face: str
    links: Links | None
    panel: Panel
    races: bool
