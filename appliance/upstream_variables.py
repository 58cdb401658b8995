"""The environment variables in which providers' SDKs look for a key and an address."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ..gateway.upstream_spec import UpstreamSpec
from ..middleware.providers.provider import PROVIDERS
from .base_url import BadBaseUrl, Endpoint, PointsAtItself, fits_header, read_base_url
from .errors import SettingError


@dataclass(frozen=True, slots=True)
class _Variables:
    keys: tuple[str, ...]
    address: str


_USUAL = {
    "openai": _Variables(("OPENAI_API_KEY",), "OPENAI_BASE_URL"),
    "anthropic": _Variables(("ANTHROPIC_API_KEY",), "ANTHROPIC_BASE_URL"),
    "gemini": _Variables(("GEMINI_API_KEY", "GOOGLE_API_KEY"), "GOOGLE_GEMINI_BASE_URL"),
}


def from_variables(
    environ: Mapping[str, str], own: Endpoint, named: Collection[str], warnings: list[str]
) -> Iterator[UpstreamSpec]:
    """Yield an upstream for each provider whose variables are set and whose name none has yet.

    A shell prepared for using the gateway points such a variable at it; that is no upstream. Raises
    `SettingError`.
    """
    for provider, variables in _USUAL.items():
        if provider not in named:
            yield from _from(provider, variables, environ, own, warnings)


def _from(
    provider: str, usual: _Variables, environ: Mapping[str, str], own: Endpoint, warnings: list[str]
) -> Iterator[UpstreamSpec]:
    variable, key = next(
        ((name, key) for name in usual.keys if (key := environ.get(name, "").strip())), (usual.keys[0], "")
    )
    url = environ.get(usual.address, "").strip()
    if not key and not url:
        return
    try:
        base_url = read_base_url(url or PROVIDERS[provider].base_url, own)
    except PointsAtItself:
        warnings.append(f"{usual.address} points at this appliance itself; it and {variable} are ignored")
        return
    except BadBaseUrl as error:
        raise SettingError(f"environment variable {usual.address}: {error}") from None
    if key and not fits_header(key):
        raise SettingError(f"environment variable {variable}: holds characters that no HTTP header may hold")
    if base_url.doubt:
        warnings.append(f"environment variable {usual.address}: {base_url.doubt}")
    yield UpstreamSpec(provider, provider, base_url.text, key or None, ("*",), passthrough=False)
