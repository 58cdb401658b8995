"""Where an appliance is, and the key that speaks for an application there."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ...detection.errors import SluicegateError
from ..credential import plausible
from ..identity import is_loopback


class BadRemote(SluicegateError):
    """What was said of an appliance cannot be: the message says why, and repeats neither URL nor key."""


@dataclass(frozen=True, slots=True)
class Address:
    """An appliance's base URL without a final slash, and a key of an application there.

    Raises:
        BadRemote: the URL is none, holds credentials, or is not encrypted and leads off this machine; the key
            is none.
    """

    url: str
    key: str = field(repr=False)

    def __post_init__(self) -> None:
        """Check both."""
        if not plausible(self.key):
            raise BadRemote("key: expected a key of an application, as the appliance gave it")
        if not self.url.isascii() or not self.url.isprintable() or " " in self.url or "\\" in self.url:
            raise BadRemote("remote: expected a URL")
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise BadRemote("remote: expected a URL") from None
        if not host or parts.scheme not in ("http", "https") or "?" in self.url or "#" in self.url:
            raise BadRemote("remote: expected an http or https URL with a host and no query")
        if "@" in parts.netloc:
            raise BadRemote("remote: a URL must not hold credentials; use key")
        if parts.scheme == "http" and not is_loopback(host):
            raise BadRemote("remote: beyond this machine only https is used: keys and prompts travel there")
        object.__setattr__(self, "url", self.url.rstrip("/"))
