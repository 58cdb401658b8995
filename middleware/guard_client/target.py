"""Where a guard is, and how much may be asked of it."""

from dataclasses import dataclass, field

from ...detection.models.guards.doubts import Extent

MOST_ANSWER_BYTES = 1 << 20
"""Bytes of an answer: a verdict with the probabilities of its tokens takes a few KiB."""


@dataclass(frozen=True, slots=True)
class Target:
    """One guard of the configuration.

    Attributes:
        base_url: what an OpenAI SDK would be given, with ``/v1``; no other host is ever called.
        model: the name under which it is served.
        format: a name of `registry.FORMATS`.
        api_key: sent as a bearer, where there is one.
        seconds: the most one request may take, whatever the policy allows.
        concurrency: requests under way at once, from this process.
        queue: exchanges beside those that may wait for it; more are turned away at once.
        extent: how much of a text is read.
    """

    base_url: str
    model: str
    format: str
    api_key: str | None = field(default=None, repr=False)
    seconds: float = 10.0
    concurrency: int = 16
    queue: int = 256
    extent: Extent = field(default_factory=Extent)
