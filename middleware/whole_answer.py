"""An answer that is held until its end and judged at once."""

from ..detection.errors import UpstreamFault
from ..detection.types import Action
from ..library.panel import settled
from .asgi import Headers
from .desk import Desk, body_of
from .headers import keep_but_outdated, media_type

_MEDIA = (b"image/", b"audio/", b"video/")


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

        Raises `UpstreamFault` for an answer that is too large, or of a kind that the policy lets nobody have
        unjudged.
        """
        collected = self._collected
        if collected is not None:
            collected += piece
        elif not last:
            collected = self._collected = bytearray(piece)
        if len(piece if collected is None else collected) > self._desk.limits.answer_bytes:
            self._desk.unjudged("over size", Action.BLOCK)
            raise UpstreamFault("The answer is too large to be judged.", code="answer_too_large")
        if last:
            await self._deliver(piece if collected is None else bytes(collected))
        return not last

    async def _deliver(self, body: bytes) -> None:
        desk = self._desk
        outcome = "upstream_error" if self._status >= 500 else "complete"
        if not body or is_media(self._content_type, body):
            if body:
                _pass_unjudged(desk)
            await desk.give(self._status, self._headers, body, outcome)
            return
        decision = desk.inspection.response(body, self._content_type.decode("latin-1"))
        if decision.ask is not None:
            decision = await settled(desk.inspection, decision, desk.panel)
        desk.times.guard += desk.times.lap()
        if decision.refusal is not None:
            await desk.refuse(decision.refusal, "refused")
            return
        judged = body_of(decision)
        headers = self._headers if judged == body else keep_but_outdated(self._headers)
        await desk.give(self._status, headers, judged, outcome)


def _pass_unjudged(desk: Desk) -> None:
    action = desk.policy.unscanned("media")
    desk.unjudged("media", action)
    if action is Action.BLOCK:
        raise UpstreamFault("The answer is of a type that cannot be judged.", code="unjudged_answer")


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
