"""Reading a request that is a form: judged as it arrives, held where it costs no memory."""

import asyncio

from ..detection.errors import BadInput
from ..detection.form_exchange import TakesForms
from ..detection.framing.multipart import boundary_of
from ..detection.inspection import Decision, Inspection
from .asgi import Receive, Scope
from .headers import first
from .limits import Limits, too_large
from .rejection import Rejected
from .routes import Route
from .spooled import Spooled

FORM = b"multipart/form-data"


def takes_form(route: Route) -> bool:
    """Say whether the requests of a route are forms."""
    return FORM in route.accepts


async def read_form(
    receive: Receive, scope: Scope, limits: Limits, inspection: Inspection, route: Route, spool: Spooled
) -> Decision | None:
    """Judge a form as it arrives; what may pass is in the `spool`.

    Returns None when the client went away before its end. Raises `BadInput` for a form that is none or
    cannot be judged, and `Rejected`: 413 for one beyond the limit, 408 for one that takes too long.
    """
    if not isinstance(inspection, TakesForms):
        raise BadInput("This route takes no forms.", code="unsupported_content_type", status=415)
    boundary = boundary_of(first(scope["headers"], b"content-type") or b"")
    guard = inspection.form(boundary, route.addressed)
    arrived = 0
    try:
        async with asyncio.timeout(limits.upload_seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                piece: bytes = message.get("body", b"")
                arrived += len(piece)
                if arrived > limits.upload_bytes:
                    raise too_large()
                spool.write(guard.feed(piece))
                await asyncio.sleep(0)  # a file that comes fast leaves the others their turn
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        raise Rejected(
            "The form took too long to arrive.", code="body_timeout", status=408, reason="slow_body"
        ) from None
    spool.write(guard.close())
    return inspection.form_ended()
