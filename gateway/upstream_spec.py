"""An upstream as the configuration states it."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..middleware.providers.provider import PROVIDERS, Provider
from .model_names import closeness, is_pattern
from .upstream.signer import Signer

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_VERSION = re.compile(rb"/v[0-9]+(?:alpha|beta)?[0-9]*\Z")


@dataclass(frozen=True, slots=True)
class UpstreamSpec:
    """One upstream of the configuration.

    `base_url` is what an SDK of the `provider` would be given, a version at its end or not; only for
    OpenAI's format it is told by what stands there: a request's path behind ``/v1`` is appended. Azure's
    may end with its folder ``/openai``, too.
    `models` are names, prefixes (``gpt-*``) or globs; none means ``*``. `aliases` are patterns of other
    names, and the model each stands for. Of upstreams that fit a model alike the one of the highest
    `priority` is asked, or those with a `weight` share it; `fallback` names who is asked instead when it
    cannot answer. `connections` are the most that a worker opens. A `private` one is on premise. With
    `passthrough` a client may bring its own key for the provider. With `translate` it may be asked in
    other formats than its own. A `signer` signs requests instead of a key. It is called over `http` "1.1"
    or "2", through the `proxy` (``http://HOST:PORT``) if there is one.
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
    aliases: tuple[tuple[str, str], ...] = ()
    priority: int = 0
    weight: int = 0
    fallback: tuple[str, ...] = ()
    connections: int = 200
    private: bool = False
    translate: bool = False
    signer: Signer | None = field(default=None, repr=False, compare=False)
    path: bytes = field(init=False)
    """Path of the base URL, without a slash at its end."""
    root: bytes = field(init=False, repr=False)
    """The same without a version, and without the folder of OpenAI's format."""
    openai: bytes = field(init=False, repr=False)
    """Path that stands for ``/v1`` of OpenAI's format."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"upstream name {self.name!r}: use a-z, 0-9, - and _")
        if self.provider not in PROVIDERS:
            raise ValueError(f"upstream {self.name}: provider {self.provider!r} is not known")
        _check_base_url(self.name, self.base_url)
        if self.api_key is not None and not _TOKEN.fullmatch(self.api_key):
            raise ValueError(f"upstream {self.name}: api_key must be visible ASCII without spaces")
        for model in (*self.models, *(pattern for pattern, _ in self.aliases)):
            if not is_pattern(model):
                raise ValueError(f"upstream {self.name}: {model!r} is no name and no pattern of models")
        if min(self.weight, self.connections - 1) < 0 or not all(name for _, name in self.aliases):
            raise ValueError(f"upstream {self.name}: weight, connections or an alias makes no sense")
        path = urlsplit(self.base_url).path.rstrip("/").encode("ascii")
        root = _VERSION.sub(b"", path).removesuffix(_VERSION.sub(b"", self.kind.openai or b""))
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "root", root)
        object.__setattr__(self, "openai", path if self.kind.openai is None else root + self.kind.openai)

    @property
    def kind(self) -> Provider:
        """What all upstreams of the provider have in common."""
        return PROVIDERS[self.provider]

    def place(self, provider: str, path: bytes) -> bytes:
        """Return where it serves a path of a provider's table of routes."""
        if provider == "openai":
            return self.openai + path.removeprefix(b"/v1")
        if provider == "mcp":
            return self.path + path.removeprefix(b"/mcp")
        return self.root + path

    def closeness(self, model: str) -> int:
        """How closely a model name fits, by its patterns or aliases; 0 for not at all."""
        return max(self._plainly(model), *(closeness(pattern, model) for pattern, _ in self.aliases), 0)

    def alias(self, model: str) -> str:
        """Return the name that it knows a model by; empty where that is the one asked for."""
        closest, name = 0, ""
        for pattern, alias in self.aliases:
            fits = closeness(pattern, model)
            if fits > closest:
                closest, name = fits, alias
        return name if closest >= self._plainly(model) and name != model else ""

    def _plainly(self, model: str) -> int:
        return max(closeness(pattern, model) for pattern in self.models or ("*",))


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
