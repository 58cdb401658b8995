"""Undoing a content encoding that an upstream uses although it was asked not to."""

from ...middleware.inflate import ENCODING, PIECE, Inflater, encoding_of
from .base import UpstreamAnswer

__all__ = ["PIECE", "DecodedAnswer", "decoded"]


def decoded(answer: UpstreamAnswer) -> UpstreamAnswer:
    """Return the answer without its content encoding; most have none and are given back as they are.

    Raises `UpstreamFault` for an encoding that `encoding_of` does not know; reading raises it for a body
    that is cut off or broken.
    """
    for name, _ in answer.headers:
        if name == ENCODING:
            return DecodedAnswer(answer, encoding_of(answer.headers))
    return answer


class DecodedAnswer:
    """An answer whose body is decoded as it is read. Implements `base.UpstreamAnswer`."""

    __slots__ = ("_answer", "_inflater", "headers", "status")

    def __init__(self, answer: UpstreamAnswer, encoding: bytes) -> None:
        self.status = answer.status
        self.headers = [field for field in answer.headers if field[0] != ENCODING]
        self._answer = answer
        self._inflater = Inflater(encoding) if encoding else None

    @property
    def ended(self) -> bool:
        """Whether nothing is left to read and what was read is whole."""
        return self._answer.ended and (self._inflater is None or self._inflater.whole)

    async def read(self) -> bytes:
        """Return at most `PIECE` decoded bytes; see `base.UpstreamAnswer`."""
        inflater = self._inflater
        if inflater is None:
            return await self._answer.read()
        while True:
            if inflater.hungry:
                inflater.take(await self._answer.read())
            if inflater.hungry:
                inflater.end()
                return b""
            piece = inflater.next()
            if piece:
                return piece

    async def close(self) -> None:
        """Close the answer behind this one."""
        if self._inflater is not None:
            self._inflater.drop()
        await self._answer.close()
