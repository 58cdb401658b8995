"""An answer that is held until its end and judged at once."""

from ..detection.errors import UpstreamFault
from ..detection.types import Action
from ..library.panel import settled
from .asgi import Headers
from .desk import Desk, body_of
from .headers import keep_but_outdated, media_type

_MEDIA = (b"image/", b"audio/", b"video/")
_FAULTY = 500


class WholeAnswer:
    """Collects an answer, judges and sends it.

    Args:
        desk: the exchange.
        status: of the answer.
        headers: of the answer, as the client gets them.
        content_type: what the answer says it is.
    """

    __slots__ = ("_collected", "_content_type", "_desk", "_headers", "_status")

    def __init__(self, desk: Desk, status: int, headers: Headers, content_type: bytes) -> None:
        self._desk = desk
        self._status = status
        self._headers = headers
        self._content_type = content_type
        self._collected: bytearray | None = None

    async def take(self, piece: bytes, *, last: bool) -> bool:
        """Deal with the next piece; see `origin.Taker`.

        Raises `UpstreamFault` for an answer that is too large, that cannot be read, or of a kind that the
        policy lets nobody have unjudged.
        """
        desk = self._desk
        try:
            body = piece if last and self._collected is None else self._joined(piece)
            if len(body) > desk.limits.answer_bytes:
                desk.unjudged("over size", Action.BLOCK)
                raise UpstreamFault("The answer is too large to be judged.", code="answer_too_large")
            if not last:
                return True
            body = bytes(body)
            if not body or is_media(self._content_type, body):
                await self._pass(body)
                return False
            decision = desk.inspection.response(body, self._content_type.decode("latin-1"))
            if decision.ask is not None:
                decision = await settled(desk.inspection, decision, desk.panel)
            desk.times.guard += desk.times.lap()
            if decision.refusal is not None:
                await desk.refuse(decision.refusal, "refused")
                return False
            judged = body_of(decision)
            headers = self._headers if judged == body else keep_but_outdated(self._headers)
            await desk.give(self._status, headers, judged, self._outcome())
        except UpstreamFault:
            desk.unreadable()
            raise
        return False

    def _joined(self, piece: bytes) -> bytearray:
        """Return what has come of an answer in pieces."""
        if self._collected is None:
            self._collected = bytearray()
        self._collected += piece
        return self._collected

    async def _pass(self, body: bytes) -> None:
        """Send what holds no text. Raises `UpstreamFault` where the policy lets nobody have it."""
        desk = self._desk
        if body:
            action = desk.policy.unscanned("media")
            desk.unjudged("media", action)
            if action is Action.BLOCK:
                raise UpstreamFault("The answer is of a type that cannot be judged.", code="unjudged_answer")
        await desk.give(self._status, self._headers, body, self._outcome())

    def _outcome(self) -> str:
        return "upstream_error" if self._status >= _FAULTY else "complete"


def is_media(content_type: bytes, body: bytes) -> bool:
    """Say whether an answer is of a kind that holds no text: all else is the core's to read.

    The type alone is not believed: what decodes as UTF-8 is text, whatever it calls itself.
    """
    if not media_type(content_type).startswith(_MEDIA):
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return False
