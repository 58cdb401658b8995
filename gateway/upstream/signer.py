"""The seam of credentials that are a signature over the request, not a word in its head."""

from typing import Protocol

from ...middleware.asgi import Headers


class Signer(Protocol):
    """Signs requests for one upstream. Pure but for what it keeps to be fast."""

    def sign(self, method: str, target: bytes, headers: Headers, body: bytes, now: float) -> Headers:
        """Return the fields with which a request is to be sent, as a new list.

        Args:
            method: upper case.
            target: raw path from its first slash, with the query if there is one.
            headers: lower-case fields, without host and framing. Whatever they hold of another
                signature is left out.
            body: as it is sent.
            now: seconds since the epoch.
        """
        ...
