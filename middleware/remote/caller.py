"""One question to an appliance: bounded, without redirects, without proxies of the environment."""

import secrets
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from .address import Address
from .given import LARGEST

if TYPE_CHECKING:
    import httpx

POLICIES = "/v1/remote/policies"
RECORDS = "/v1/remote/records"

_MOST_TOLD = 1 << 20
"""Bytes of any other answer."""
_OK, _NOT_MODIFIED = 200, 304
_LONGEST_PAUSE = 600.0


class Away(Exception):
    """The appliance gave no answer of use. The message is a few words of ours.

    `pause` are seconds after which asking again makes sense, where it said so; `status` is that of its
    answer, 0 where there was none.
    """

    def __init__(self, why: str, *, pause: float = 0.0, status: int = 0) -> None:
        super().__init__(why)
        self.pause = pause
        self.status = status


@dataclass(frozen=True, slots=True)
class Pulled:
    """Policies under seal, the word that was asked with, and their tag."""

    nonce: str
    sealed: bytes = field(repr=False)
    tag: str


class Caller:
    """Asks one appliance, from any thread.

    Args:
        address: which, and as whom.
        seconds: an answer may take, at most.
        ca: certificates that are trusted beside nobody else's; those of the system unless given.
        transport: of httpx, in place of its own.
    """

    def __init__(
        self,
        address: Address,
        *,
        seconds: float = 5.0,
        ca: Path | None = None,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        self._address = address
        self._seconds = seconds
        self._ca = ca
        self._transport = transport
        self._client: httpx.Client | None = None

    def policies(self, tag: str) -> Pulled | None:
        """Return the policies; None where they are those of the tag. Raises `Away`."""
        nonce = secrets.token_urlsafe(24)
        status, headers, body = self._ask(
            "GET", f"{POLICIES}?nonce={nonce}", None, {"if-none-match": tag}, LARGEST
        )
        if status == _NOT_MODIFIED and tag:
            return None
        if status != _OK:
            raise _away(status, headers)
        return Pulled(nonce, body, str(headers.get("etag", ""))[:100])

    def tell(self, path: str, body: bytes, most: int = _MOST_TOLD) -> Any:
        """Post JSON; return the JSON that is answered. Raises `Away`."""
        status, headers, answer = self._ask("POST", path, body, {"content-type": "application/json"}, most)
        if status != _OK:
            raise _away(status, headers)
        try:
            return orjson.loads(answer)
        except orjson.JSONDecodeError:
            raise Away("the appliance answered with something else") from None

    def close(self) -> None:
        """Close every connection; the next question opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def forget(self) -> None:
        """Leave connections to the process that this one was forked from."""
        self._client = None

    def _ask(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str], most: int
    ) -> "tuple[int, httpx.Headers, bytes]":
        import httpx  # noqa: PLC0415 - a tenth of a second that only who asks waits for

        client = self._client = self._client or self._opened()
        pieces, size = [], 0
        try:
            url = self._address.url + path
            with client.stream(method, url, content=content, headers=headers) as answer:
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise Away("the appliance answered in an encoding that nobody asked for")
                for piece in answer.iter_raw():
                    size += len(piece)
                    if size > most:
                        raise Away("the appliance answered with more than there can be")
                    pieces.append(piece)
                return answer.status_code, answer.headers, b"".join(pieces)
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            # nothing of the error is told: httpx puts the address in
            raise Away("the appliance cannot be reached") from None

    def _opened(self) -> "httpx.Client":
        import httpx  # noqa: PLC0415 - as above

        context = ssl.create_default_context(cafile=self._ca) if self._ca is not None else True
        return httpx.Client(
            headers={
                "authorization": f"Bearer {self._address.key}",
                "accept": "application/json, application/octet-stream",
                "accept-encoding": "identity",
            },
            timeout=self._seconds,
            verify=context,
            trust_env=False,
            follow_redirects=False,
            transport=self._transport,
        )


def _away(status: int, headers: Any) -> Away:
    told = str(headers.get("retry-after", ""))
    pause = float(told) if told.isascii() and told.isdigit() else 0.0
    return Away(
        f"the appliance answered with status {status}", pause=min(pause, _LONGEST_PAUSE), status=status
    )
