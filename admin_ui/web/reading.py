"""Gives pages a database session to read with. What it would change is thrown away."""

from ...middleware.asgi import ASGIApp, Receive, Scope, Send
from ..store.database import Database


class ReadingSession:
    """Puts a session at `state.session`, where starlette-admin looks for it.

    It takes no connection before the first query.
    """

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self._app = app
        self._database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        async with self._database.session() as session:
            scope.setdefault("state", {})["session"] = session
            await self._app(scope, receive, send)
