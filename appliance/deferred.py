"""An app that is built after the others serve, because building it takes long."""

import asyncio
from collections.abc import Callable

from ..middleware.asgi import ASGIApp, Receive, Scope, Send


class Deferred:
    """Serves what `build` returns; requests that come before `load` is done wait for it.

    Belongs to the event loop that it is made in.
    """

    def __init__(self, build: Callable[[], ASGIApp]) -> None:
        self._build = build
        self._app: asyncio.Future[ASGIApp] = asyncio.get_running_loop().create_future()

    @property
    def loaded(self) -> bool:
        """Whether the app is there."""
        return self._app.done()

    async def load(self) -> None:
        """Build the app in a thread, so that others are served meanwhile. Raises what `build` does."""
        self._app.set_result(await asyncio.to_thread(self._build))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        app = await asyncio.shield(self._app)
        await app(scope, receive, send)
