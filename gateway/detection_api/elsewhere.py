"""A call that is not the service's to answer, whose body is read already."""

from ...middleware.asgi import Message, Receive


class Elsewhere(Exception):
    """The gateway has to answer this call."""


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body again, whole, and then goes on as before."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
