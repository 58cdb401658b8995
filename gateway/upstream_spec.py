"""An upstream as the configuration states it."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .providers import PROVIDERS

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_EXACT = 2**31


@dataclass(frozen=True, slots=True)
class UpstreamSpec:
    """One upstream of the configuration.

    `base_url` is what an SDK would be given, version included (``https://api.example.com/v1``);
    a request's path behind ``/v1`` is appended to it. `models` are names, prefixes (``gpt-*``) or
    ``*``; none means ``*``. With `passthrough` a client may bring its own key for the provider.
    It is called over `http` "1.1" or "2", through the `proxy` (``http://HOST:PORT``) if there is one.
    Raises `ValueError` for a value that cannot work.
    """

    name: str
    provider: str
    base_url: str
    api_key: str | None = field(default=None, repr=False)
    models: tuple[str, ...] = ()
    passthrough: bool = False
    http: str = "1.1"
    proxy: str | None = field(default=None, repr=False)
    path: bytes = field(init=False)
    """Path of the base URL, without a slash at its end."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"upstream name {self.name!r}: use a-z, 0-9, - and _")
        if self.provider not in PROVIDERS:
            raise ValueError(f"upstream {self.name}: provider {self.provider!r} is not known")
        _check_base_url(self.name, self.base_url)
        if self.api_key is not None and not _TOKEN.fullmatch(self.api_key):
            raise ValueError(f"upstream {self.name}: api_key must be visible ASCII without spaces")
        for model in self.models:
            if not model or "*" in model[:-1]:
                raise ValueError(f"upstream {self.name}: model pattern {model!r} may hold one * at its end")
        object.__setattr__(self, "path", urlsplit(self.base_url).path.rstrip("/").encode("ascii"))

    @property
    def speaks(self) -> frozenset[str]:
        """The tables of routes that it may serve."""
        return PROVIDERS[self.provider].speaks

    def closeness(self, model: str) -> int:
        """How closely a model name fits: exactly, then by the length of the prefix; 0 for not at all."""
        return max(_closeness(pattern, model) for pattern in self.models or ("*",))


def _closeness(pattern: str, model: str) -> int:
    if not pattern.endswith("*"):
        return _EXACT if pattern == model else 0
    prefix = pattern[:-1]
    return len(prefix) + 1 if model.startswith(prefix) else 0


def _check_base_url(name: str, base_url: str) -> None:
    try:
        parts = urlsplit(base_url)
        port_known = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError(f"upstream {name}: base_url is not a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_known:
        raise ValueError(f"upstream {name}: base_url must be http://HOST or https://HOST")
    if parts.username or parts.password:
        raise ValueError(f"upstream {name}: put the key into api_key, not into base_url")
    if parts.query or parts.fragment or not _TOKEN.fullmatch(base_url) or "\\" in base_url:
        raise ValueError(f"upstream {name}: base_url must end with its path")
