"""An answer that is held until its end and judged at once."""

from ..detection.errors import UpstreamFault
from ..detection.types import Action
from ..library.panel import settled
from .asgi import Headers
from .desk import Desk, body_of
from .headers import keep_but_outdated, media_type
from .origin import OriginAnswer

_MEDIA = (b"image/", b"audio/", b"video/")


async def deliver_whole(desk: Desk, answer: OriginAnswer, headers: Headers, content_type: bytes) -> None:
    """Read, judge and send an answer.

    Raises `UpstreamFault` for one that is too large, or of a kind that the policy lets nobody have
    unjudged.
    """
    body = await desk.read(answer)
    if not answer.ended:
        body = await _rest(desk, answer, body)
    elif len(body) > desk.limits.answer_bytes:
        raise _too_large(desk)
    outcome = "upstream_error" if answer.status >= 500 else "complete"
    if not body or is_media(content_type, body):
        if body:
            _pass_unjudged(desk)
        await desk.give(answer.status, headers, body, outcome)
        return
    decision = desk.inspection.response(body, content_type.decode("latin-1"))
    if decision.ask is not None:
        decision = await settled(desk.inspection, decision, desk.panel)
    desk.times.guard += desk.times.lap()
    if decision.refusal is not None:
        await desk.refuse(decision.refusal, "refused")
        return
    judged = body_of(decision)
    if judged != body:
        headers = keep_but_outdated(headers)
    await desk.give(answer.status, headers, judged, outcome)


async def _rest(desk: Desk, answer: OriginAnswer, first: bytes) -> bytes:
    body = bytearray(first)
    while True:
        if len(body) > desk.limits.answer_bytes:
            raise _too_large(desk)
        if answer.ended:
            return bytes(body)
        body += await desk.read(answer)


def _too_large(desk: Desk) -> UpstreamFault:
    desk.unjudged("over size", Action.BLOCK)
    return UpstreamFault("The answer is too large to be judged.", code="answer_too_large")


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
