"""One request to a guard over httpx: JSON out, bounded bytes in, every fault by its name."""

from collections.abc import Mapping

import httpx
import orjson

from .faults import AWAY, BUSY, TOO_LONG, NoAnswer
from .target import MOST_ANSWER_BYTES, Target

_TRIES = 2
_BUSY = (429, 503)


class Sender:
    """Talks to the base URL of one target and to no other.

    Nothing is taken from the environment and redirects are not followed. It sets no time limit of its
    own: whoever calls does.
    """

    def __init__(self, target: Target) -> None:
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        if target.api_key:
            headers["authorization"] = f"Bearer {target.api_key}"
        self._base = target.base_url.rstrip("/")
        self._model = target.model
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=None,  # noqa: S113 - the deadline is the caller's
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(
                max_connections=target.concurrency,
                max_keepalive_connections=target.concurrency,
                keepalive_expiry=30.0,
            ),
        )

    async def send(self, path: str, body: Mapping[str, object]) -> bytes:
        """Return the body of a successful answer. A connection that breaks is tried once more.

        Raises:
            NoAnswer: there is none.
        """
        if self._client.is_closed:
            raise NoAnswer(AWAY)
        content = orjson.dumps({"model": self._model, **body})
        for tries in range(1, _TRIES + 1):
            try:
                return await self._tried(path, content)
            except httpx.HTTPError:
                # nothing of the error is told: httpx puts the address in, and a proxy may echo a request
                if tries == _TRIES:
                    raise NoAnswer(AWAY, counts=True) from None
        raise AssertionError("not reached")

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _tried(self, path: str, content: bytes) -> bytes:
        headers = {"content-type": "application/json"}
        async with self._client.stream("POST", self._base + path, content=content, headers=headers) as answer:
            if answer.status_code in _BUSY:
                raise NoAnswer(BUSY, counts=answer.status_code == httpx.codes.SERVICE_UNAVAILABLE)
            if answer.status_code != httpx.codes.OK:
                raise NoAnswer(f"status {answer.status_code}", counts=answer.status_code >= 500)
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise NoAnswer("encoded answer")
            return await _read(answer)


async def _read(answer: httpx.Response) -> bytes:
    pieces, size = [], 0
    async for piece in answer.aiter_raw():
        size += len(piece)
        if size > MOST_ANSWER_BYTES:
            raise NoAnswer(TOO_LONG)
        pieces.append(piece)
    return b"".join(pieces)
