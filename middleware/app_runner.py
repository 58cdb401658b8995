"""The app behind the guard, as the guard runs it."""

from typing import Any

from ..library.outcome import Outcome
from .app_origin import AppAnswer, AppOrigin
from .asgi import ASGIApp, Headers, Receive, Scope, Send
from .handover import Handover
from .over import AnswerOver, ClientGone
from .spooled import Body

STATE = "sluicegate"
"""Where an app finds the outcome of its request: in ``scope["state"]``."""
_FAULTS = "sluicegate.faults"
_LENGTH = b"content-length"


class AppRunner(AppOrigin):
    """Asks the app that a guard is installed in. Implements `origin.Origin`."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(_witnessed(app))

    async def ask(self, scope: Scope, headers: Headers, body: Body, told: Handover) -> AppAnswer:
        """Run the app until its answer has begun; see `origin.Origin`."""
        if told.verdict is not None:
            state_of(scope)[STATE] = Outcome(told.verdict)
        if told.route.asks_by_query:
            scope = {**scope, "query_string": bytes(body)}
            headers = [field for field in headers if field[0] != _LENGTH]
            body = b""
        return await super().ask(scope, headers, body, told)


def state_of(scope: Scope) -> dict[str, Any]:
    """Return what the app keeps of a request, made where the server does not."""
    state: dict[str, Any] = scope.setdefault("state", {})
    return state


def watched(scope: Scope, faults: list[Exception]) -> Scope:
    """Return a scope whose app is listened to; the exceptions it raises are added to `faults`."""
    return {**scope, _FAULTS: faults}


def _witnessed(app: ASGIApp) -> ASGIApp:
    """Return the app; what it raises is kept, for the guard answers it and tells nobody."""

    async def witnessed(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Exception as fault:
            if not _says_it_is_over(fault):
                scope.get(_FAULTS, []).append(fault)
            raise

    return witnessed


def _says_it_is_over(fault: BaseException | None) -> bool:
    """Say whether an app only passes on that nobody listens any more."""
    seen = 0
    while fault is not None and seen < 16:
        if isinstance(fault, AnswerOver | ClientGone):
            return True
        fault, seen = fault.__cause__ or fault.__context__, seen + 1
    return False
