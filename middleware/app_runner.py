"""The app behind the guard, as the guard runs it."""

from collections.abc import Coroutine
from typing import Any

from ..library.outcome import Outcome
from .app_origin import AppOrigin
from .asgi import Headers, Scope
from .handover import Handover
from .origin import Taker
from .spooled import Body

STATE = "sluicegate"
"""Where an app finds the outcome of its request: in ``scope["state"]``."""
_LENGTH = b"content-length"


class AppRunner(AppOrigin):
    """Lets the app answer that a guard is installed in. Implements `origin.Source`."""

    def pour(
        self, scope: Scope, headers: Headers, body: Body, told: Handover, taker: Taker
    ) -> Coroutine[Any, Any, None]:
        """Run the app; see `origin.Source`."""
        if told.verdict is not None:
            scope.setdefault("state", {})[STATE] = Outcome(told.verdict)
        if told.route.asks_by_query:
            scope = {**scope, "query_string": bytes(body)}
            headers = [field for field in headers if field[0] != _LENGTH]
            body = b""
        return super().pour(scope, headers, body, told, taker)


def state_of(scope: Scope) -> dict[str, Any]:
    """Return what the app keeps of a request, made where the server does not."""
    state: dict[str, Any] = scope.setdefault("state", {})
    return state
