"""What may be the address of an upstream."""

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from ..middleware.identity import is_loopback

type Endpoint = tuple[str, int]
"""Host and port."""


class BadBaseUrl(ValueError):
    """The text is no address an upstream may have; the message says why, not what it was."""


class PointsAtItself(BadBaseUrl):
    """The address is this appliance's own: calls would run in a circle."""


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """An accepted address without a final slash; `doubt` says what is worth a second look."""

    text: str
    doubt: str = ""


def read_base_url(url: str, own: Endpoint) -> BaseUrl:
    """Accept an upstream's address; `own` is where this appliance listens. Raises `BadBaseUrl`."""
    parts = _split(url)
    host = parts.hostname if parts else None
    if parts is None or host is None or parts.scheme not in ("http", "https"):
        raise BadBaseUrl("expected an http or https URL with a host, like https://api.openai.com/v1")
    if "@" in parts.netloc:
        raise BadBaseUrl("a URL must not hold credentials; use api_key")
    if "?" in url or "#" in url:
        raise BadBaseUrl("a base URL has no query and no fragment")
    local = is_loopback(host)
    if own[1] and parts.port == own[1] and (local or host == own[0]):
        raise PointsAtItself("points at this appliance itself")
    clear = parts.scheme == "http" and not local
    return BaseUrl(url.rstrip("/"), f"prompts travel to {host} unencrypted" if clear else "")


def fits_header(key: str) -> bool:
    """Say whether a credential can stand in an HTTP header."""
    return bool(key) and all("!" <= character <= "~" for character in key)


def _split(url: str) -> SplitResult | None:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
