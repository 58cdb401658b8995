"""Where this appliance's guards are: what its workers, and whoever runs one, have to agree on."""

import secrets
import socket

from ..middleware.guard_client.target import Target
from .embeddings_settings import EmbeddingsSettings
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


def embeddings_target(settings: EmbeddingsSettings | None) -> Target | None:
    """Return where texts become vectors, None where nowhere."""
    if settings is None:
        return None
    return Target(
        base_url=settings.url,
        model=settings.model,
        format="embeddings",
        api_key=settings.api_key,
        seconds=settings.timeout,
        concurrency=settings.concurrency,
        queue=settings.queue,
    )


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((_HOST, 0))
        port: int = taken.getsockname()[1]
        return port
