"""Requests that nobody judges, on their way to an upstream and back."""

from ..middleware.asgi import Receive, Scope, Send
from ..middleware.body import check_length, read_body
from ..middleware.handover import Handover
from ..middleware.headers import Fields
from ..middleware.limits import Limits
from ..middleware.origin import Origin


async def relay(
    origin: Origin, limits: Limits, scope: Scope, receive: Receive, send: Send, told: Handover
) -> None:
    """Serve an exempt request. Raises what the origin raises, and `Rejected` for its body."""
    headers = scope["headers"]
    check_length(Fields(headers), limits)
    body = await read_body(receive, limits)
    if body is None:
        return
    answer = await origin.ask(scope, headers, body, told)
    try:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        while piece := await answer.read():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        await answer.close()
