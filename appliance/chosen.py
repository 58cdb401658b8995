"""What the settings come to: the upstreams, the limits of each side."""

from ..gateway.upstream_spec import UpstreamSpec
from ..middleware.limits import Limits
from .demo import ALONE, BESIDE
from .settings import Service, Settings


def chosen_upstreams(settings: Settings) -> tuple[UpstreamSpec, ...]:
    """Return the configured upstreams, with the demo where it is wanted or nothing else is there."""
    if not settings.upstreams:
        return (ALONE,)
    return (*settings.upstreams, BESIDE) if settings.demo else settings.upstreams


def chosen_limits(settings: Settings, service: Service) -> Limits:
    """Return the limits of one side."""
    rate = settings.rate(service)
    return Limits(
        client_rate=rate,
        key_rate=rate,
        request_bytes=settings.max_body_bytes,
        answer_bytes=settings.max_answer_bytes,
        upload_bytes=settings.max_upload_bytes,
        socket_dial_seconds=settings.realtime_dial_seconds,
        socket_first_seconds=settings.realtime_first_seconds,
        socket_idle_seconds=settings.realtime_idle_seconds,
        socket_seconds=settings.realtime_seconds,
    )
