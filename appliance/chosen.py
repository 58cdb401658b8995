"""What the settings come to: the policy, the upstreams, the limits of each side."""

from dataclasses import replace

from ..detection.policy import Policy
from ..detection.presets import preset
from ..gateway.router import UpstreamSpec
from ..middleware.limits import Limits
from .demo import ALONE, BESIDE
from .settings import Service, Settings


def chosen_policy(settings: Settings) -> Policy:
    """Return the preset with what the settings change in it."""
    return replace(
        preset(settings.policy),
        block_style=settings.block_style,
        show_categories=settings.show_categories,
        restore=settings.restore,
    )


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
    )
