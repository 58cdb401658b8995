"""Where this appliance's guard is: what its workers, and whoever runs it, have to agree on."""

import secrets
import socket

from ..middleware.guard_client.target import Target
from .guard_settings import GuardSettings

_HOST = "127.0.0.1"


def guard_target(settings: GuardSettings | None) -> Target | None:
    """Return the target, None where there is no guard.

    A model of our own gets a free port of the loopback and a key that nobody else knows, both for as
    long as the appliance runs.
    """
    if settings is None:
        return None
    local = settings.local is not None
    return Target(
        base_url=f"http://{_HOST}:{_free_port()}/v1" if settings.url is None else settings.url,
        model=settings.model,
        format=settings.format,
        api_key=settings.api_key or (secrets.token_hex(24) if local else None),
        seconds=settings.timeout,
        concurrency=settings.concurrency,
        queue=settings.queue,
        extent=settings.extent,
    )


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((_HOST, 0))
        port: int = taken.getsockname()[1]
        return port
