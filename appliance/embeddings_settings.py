"""The ``[models.embeddings]`` of the settings file: an endpoint that makes vectors of texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .base_url import Endpoint
from .given_table import GivenTable
from .guard_settings import KEYS as GUARD_KEYS
from .guard_settings import refuse_others, remote_url

KEYS: Mapping[str, str] = {
    "url": "Base URL of its OpenAI API, with /v1.",
    "model": "Name it is served under.",
    **{name: GUARD_KEYS[name] for name in ("api_key", "timeout", "concurrency", "queue")},
    "near": "From this cosine on, in percent, two texts are near, unless a policy says otherwise (70).",
}
"""Every key of the table and what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingsSettings:
    """Where texts become vectors, and from which cosine on, in percent, two are near."""

    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    timeout: int = 10
    concurrency: int = 16
    queue: int = 256
    near: int = 70


def read_embeddings(table: GivenTable, own: Endpoint) -> EmbeddingsSettings:
    """Return what the table says. Raises `SettingError`."""
    refuse_others(table, KEYS)
    return EmbeddingsSettings(
        url=remote_url(table, own),
        model=table.text("model"),
        api_key=table.secret("api_key"),
        timeout=table.number("timeout", 10, 1, 120),
        concurrency=table.number("concurrency", 16, 1, 1024),
        queue=table.number("queue", 256, 0, 100_000),
        near=table.number("near", 70, 5, 99),
    )
