"""The guard as other people's apps install it: one line, no server, no database, no keys."""

import logging
from collections.abc import Mapping
from typing import Literal

from ..detection.dialects import DIALECTS
from ..detection.dialects.live import LiveDialect
from ..detection.policy import Policy
from ..detection.ports import BanList, CounterStore, Metrics
from ..detection.types import Principal
from ..library.default import current
from ..library.embedded import Embedded
from ..library.local_tier import LocalTier
from ..library.panel import Panel
from ..library.settings import PolicyLike, policy_of
from ..library.similarity_tier import SimilarityTier
from ..library.source import PolicyAway
from ..library.turn import in_thread
from .app_identity import AppIdentity, Identify
from .app_routes import AUTO, AppRoutes, Routes
from .app_runner import AppRunner
from .asgi import ASGIApp, Message, Receive, Scope, Send
from .clock import SystemClock
from .counts import Counts
from .fail_open import KEY, Tap, Telltale, dispatched
from .faults import describe
from .guard import Guard
from .limits import Limits
from .live_ends import VIOLATION
from .live_visit import LiveVisit
from .origin import Source
from .recent_calls import RecentCalls
from .records import Audit, OnVerdict, sink_of
from .rejection import Rejected
from .remote.address import BadRemote
from .remote.faces import RemoteLibrary, RemoteLike, remote_of
from .remote.judging import RemoteInspector, RemotePanel, RemoteSource
from .remote.remote import Detect, Remote
from .routes import Route
from .socket_talk import Door
from .socket_visit import SocketVisit
from .visit import Visit

FACE = "middleware"
"""What records call this door."""
NO_RATES = Limits(client_rate=None, key_rate=None)
"""Bounds of sizes and times, none of numbers."""

type Fail = Literal["closed", "open"]
"""What becomes of a request on which the guard fails."""

_RETRY_SECONDS = 5
_log = logging.getLogger(__name__)


class GuardMiddleware:
    """Guards an ASGI app: what it is asked, and what it answers.

    ``app.add_middleware(GuardMiddleware, policy="balanced", routes={"/chat": "openai_chat"})``

    Nothing but the listed routes is touched. The rules are loaded at the app's start, once a process: the
    library shares them.

    Args:
        app: answers.
        policy: a policy, the name of a built-in one or the path of a policy file; the library's unless given.
        routes: what is guarded, see `app_routes.Routes`.
        identify: says who calls; nobody in particular unless given.
        on_verdict: is told every record; may be a coroutine function.
        audit: where records go, see `records.Audit`.
        limits: bounds of sizes, times and rates; no rates unless given.
        counters: counts calls against rates; in this process unless given.
        bans: who is refused service.
        metrics: counts; a `Counts` that is the guard's own unless given.
        fail: what becomes of a request on which the guard itself fails: ``closed`` answers with an error,
            ``open`` goes on without the guard. Each failure is counted.
        expose_headers: answers tell id, action and policy in fields of ours.
        remote: an appliance whose policies are in force where none is named here, and on whose record
            exchanges are, beside `audit`: a `Remote`, or the URL of its detection API.
        key: of an application there, with a URL.
        detect: ``local`` or ``remote``, with a URL; see `remote.Remote`.

    Raises:
        BadPolicy: there is no such policy.
        BadRemote: the appliance cannot be used as it is told.
        OSError: the file for records cannot be opened.
        ValueError: a route or another argument has no usable form.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        policy: PolicyLike | None = None,
        routes: Routes = AUTO,
        identify: Identify | None = None,
        on_verdict: OnVerdict | None = None,
        audit: Audit = None,
        limits: Limits = NO_RATES,
        counters: CounterStore | None = None,
        bans: BanList | None = None,
        metrics: Metrics | None = None,
        fail: Fail = "closed",
        expose_headers: bool = False,
        remote: RemoteLike | None = None,
        key: str | None = None,
        detect: Detect | None = None,
    ) -> None:
        if fail not in ("closed", "open"):
            raise ValueError("fail must be closed or open")
        self._app = app
        self._routes = AppRoutes(routes)
        self._open = fail == "open"
        self.metrics: Metrics = Counts() if metrics is None else metrics
        self.remote = remote_of(remote, key, detect)
        library = None if self.remote is None else RemoteLibrary(self.remote)
        kind = Telltale if self._open else Embedded
        self._core = own = kind(library or current, self._routes.dialects, asks=True)
        source: Source = AppRunner(dispatched if self._open else app)
        panel = Panel([LocalTier(own.opinions), SimilarityTier()])
        if self.remote is not None and self.remote.judges:
            self._core = inspector = self._judged_there(self.remote, named=policy is not None)
            source, panel = RemoteSource(source, inspector, limits.answer_bytes), RemotePanel()
        clock = SystemClock()
        self._guard = Guard(
            app,
            inspector=self._core,
            policies=_Policies(None if policy is None else policy_of(policy), self._routes.policies, library),
            bans=bans,
            counters=RecentCalls(clock) if counters is None else counters,
            audit=sink_of(audit, on_verdict, self.remote),
            metrics=self.metrics,
            clock=clock,
            routes=self._routes,
            limits=limits,
            identity=AppIdentity(identify),
            expose_headers=expose_headers,
            face=FACE,
            source=source,
            panel=panel,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection. Raises what the app raises, once the client has its answer."""
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            if kind == "lifespan":
                await self._loaded()
            await self._app(scope, receive, send)
            return
        try:
            route = self._routes.find(scope)
        except Rejected as rejected:
            await self._reject(rejected, scope, receive, send)
            return
        except Exception as fault:
            if not self._open:
                self.metrics.rejected(FACE, "failed")
                raise
            self._failed_open(fault)
            route = None
        if route is None:
            await self._app(scope, receive, send)
        elif kind == "http":
            await self._serve(route, scope, receive, send)
        elif await self._loaded():
            await self._serve_socket(route, scope, receive, send)
        elif self._open:
            await self._app(scope, receive, send)
        else:
            await self._reject(_no_policy(), scope, receive, send)

    async def _serve_socket(self, route: Route, scope: Scope, receive: Receive, send: Send) -> None:
        spoken = DIALECTS.get(route.dialect or "")
        if isinstance(spoken, LiveDialect):
            await self._serve_live(spoken, route, scope, receive, send)
            return
        door = Door(self._guard.parts, self._core, route, self._routes.sockets[route.path])
        await SocketVisit(door, scope, receive, send, fails_open=self._open).serve(self._app)

    async def _serve_live(
        self, spoken: LiveDialect, route: Route, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if self.remote is not None and self.remote.judges:
            await self._reject(_judged_nowhere(), scope, receive, send)
            return
        visit = LiveVisit(self._guard.parts, spoken, route, scope, receive, send, fails_open=self._open)
        await visit.serve(self._app)

    def guards(self, scope: Scope) -> bool:
        """Say whether a request is guarded, or refused for its path."""
        try:
            return self._routes.find(scope) is not None
        except Rejected:
            return True

    def _judged_there(self, remote: Remote, *, named: bool) -> RemoteInspector:
        if self._routes.dialects or self._routes.sockets:
            raise BadRemote("detect: an appliance judges the formats of providers, not those of an app's own")
        if self._routes.live:
            raise BadRemote("detect: an appliance judges no WebSockets of an app")
        if named or self._routes.policies:
            raise BadRemote("policy: an appliance judges under its own policies")
        return RemoteInspector(remote, self._core, fails_open=self._open)

    async def _reject(self, rejected: Rejected, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._guard.reject(rejected, scope, receive, send)
            return
        self.metrics.rejected(FACE, rejected.reason)
        await receive()
        await send({"type": "websocket.close", "code": VIOLATION})

    async def _load(self) -> None:
        if not self._core.ready:
            await in_thread(self._core.load)

    async def _loaded(self) -> bool:
        """Load; say whether there is a policy to judge under."""
        try:
            await self._load()
        except PolicyAway as fault:
            self.metrics.rejected(FACE, "no_policy")
            _log.error("nothing can be judged: %s", fault)
            return False
        return True

    async def _serve(self, route: Route, scope: Scope, receive: Receive, send: Send) -> None:
        if route.asks_by_query:
            receive = _Query(scope, receive).receive
        if self._open:
            await self._serve_open(route, scope, receive, send)
            return
        if not (self._core.ready or await self._loaded()):
            await self._reject(_no_policy(), scope, receive, send)
            return
        try:
            raised = await Visit(self._guard.parts, scope, receive, send).serve(route)
        except Exception:
            self.metrics.rejected(FACE, "failed")
            raise
        if raised is not None:
            self.metrics.rejected(FACE, "app")
            raise raised

    async def _serve_open(self, route: Route, scope: Scope, receive: Receive, send: Send) -> None:
        tap = Tap(self._app, receive, send, self._failed_open)
        try:
            await self._load()
            await self._guard.serve(route, {**scope, KEY: tap}, tap.receive, tap.send)
            tap.check_complete()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the app goes on without the guard
            if not tap.app_failed:
                self._failed_open(fault)
            await tap.go_on(scope)
        except BaseException:
            tap.abandon()
            raise
        else:
            await tap.close()

    def _failed_open(self, fault: Exception) -> None:
        self.metrics.rejected(FACE, "failed_open")
        _log.error("the guard failed, the request goes on without it: %s", describe(fault))


class _Policies:
    """The policies of an app's routes. Implements `detection.ports.PolicySource`."""

    def __init__(
        self, policy: Policy | None, of_routes: Mapping[str, Policy], library: RemoteLibrary | None
    ) -> None:
        self._policy = policy
        self._of_routes = of_routes
        self._library = library

    def policy(self, principal: Principal, route: str = "") -> Policy:
        """Return the policy of a route; where nobody named one an appliance's, or the library's."""
        if self._library is not None:
            return self._library.policy(self._of_routes.get(route) or self._policy, route)
        return self._of_routes.get(route) or self._policy or current().policy()


def _judged_nowhere() -> Rejected:
    return Rejected(
        "Nobody here judges what is said on a WebSocket.", code="no_realtime", status=404, reason="route"
    )


def _no_policy() -> Rejected:
    return Rejected(
        "There is no policy yet, so nothing can be judged; try again later.",
        code="policy_unavailable",
        status=503,
        reason="policy",
        headers=[(b"retry-after", b"%d" % _RETRY_SECONDS)],
    )


class _Query:
    """Gives the query of a request in place of its body."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._query: bytes | None = scope.get("query_string", b"")
        self._receive = receive

    async def receive(self) -> Message:
        """Receive the query, then what the server says."""
        if self._query is None:
            return await self._receive()
        query, self._query = self._query, None
        return {"type": "http.request", "body": query, "more_body": False}
