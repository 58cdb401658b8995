"""The reverse proxy behind the guard: from an identified request to an upstream and back."""

import logging
import time
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any

from ..detection.errors import BadInput, UpstreamFault
from ..detection.ports import AuditReader
from ..middleware.asgi import Headers, Receive, Scope, Send
from ..middleware.body import has_body
from ..middleware.handover import Handover, handover
from ..middleware.headers import Fields
from ..middleware.limits import Limits
from ..middleware.origin import OriginAnswer
from ..middleware.rejection import Rejected
from ..middleware.spooled import Body
from .alias import with_model
from .cool_down import BUSY, CoolDown
from .exchanges import render
from .forward import client_headers, refuse_misleading, upstream_headers, upstream_target
from .models import ModelList
from .own_routes import EXCHANGE, MODEL, MODELS, OWN
from .plan import Choice, Plan
from .relay import relay
from .router import Router, parameter
from .translated import ask_translated
from .upstream.base import Upstream, UpstreamAnswer, UpstreamRequest

_UNSENT = frozenset(("upstream_unreachable", "upstream_unavailable"))
"""Faults after which a request was read by nobody, and may be sent to somebody else."""
_BODILESS = ("DELETE", "GET", "HEAD")
_log = logging.getLogger(__name__)


class ReverseProxy:
    """Serves the routes of a `Router`. Stands behind a `Guard` and trusts its handover.

    Raises `BadInput` and `UpstreamFault` for the guard to render.
    """

    def __init__(
        self, router: Router, upstreams: Mapping[str, Upstream], audit: AuditReader, limits: Limits
    ) -> None:
        missing = [spec.name for spec in router.specs if spec.name not in upstreams]
        if missing:
            raise ValueError(f"upstreams without a client: {', '.join(missing)}")
        self._router = router
        self._upstreams = upstreams
        self._audit = audit
        self._limits = limits
        self._models = ModelList(router, upstreams)
        self._cool_down = CoolDown()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that holds nothing to judge."""
        told = handover(scope)
        if told.route.provider != OWN:
            _refuse_a_body(scope)
            await relay(self, self._limits, scope, receive, send, told)
        elif told.route.path == MODELS:
            await _json(send, await self._models.render(told.route.upstream))
        elif told.route.path == MODEL:
            await _json(send, await self._models.render_one(parameter(told.route), told.route.upstream))
        elif told.route.path == EXCHANGE:
            await _json(send, await self._exchange(told))
        else:
            raise LookupError("the router has a route that nobody serves")

    def ask(
        self, scope: Scope, headers: Headers, body: Body, told: Handover
    ) -> Coroutine[Any, Any, OriginAnswer]:
        """Send a judged request to its upstream; see `middleware.origin.Origin`."""
        route = told.route
        plan = self._router.plan(told.model, route.upstream, route.provider, told.private, route.path)
        if plan.alone or told.provider_key is not None:
            return self._ask(plan.first, scope, headers, body, told)
        return self._ask_in_turn(plan, scope, headers, body, told)

    async def _ask_in_turn(
        self, plan: Plan, scope: Scope, headers: Headers, body: Body, told: Handover
    ) -> OriginAnswer:
        *others, last = self._cool_down.sorted(plan.order(int(told.exchange_id[-8:], 16)))
        for choice in others:
            answer = await self._tried(choice, scope, headers, body, told)
            if answer is not None:
                return answer
        return await self._ask(last, scope, headers, body, told)

    async def _tried(
        self, choice: Choice, scope: Scope, headers: Headers, body: Body, told: Handover
    ) -> OriginAnswer | None:
        """Ask an upstream that others stand behind; None where it did nothing with the request."""
        name = choice.spec.name
        try:
            answer = await self._ask(choice, scope, headers, body, told)
        except UpstreamFault as fault:
            if fault.code not in _UNSENT:
                raise
            _log.warning("upstream %s: %s; another one is asked", name, fault.code)
            return None
        if answer.status not in BUSY:
            return answer
        self._cool_down.busy(name, answer.headers)
        await answer.close()
        _log.warning("upstream %s is busy (%d); another one is asked", name, answer.status)
        return None

    async def _ask(
        self, choice: Choice, scope: Scope, headers: Headers, body: Body, told: Handover
    ) -> OriginAnswer:
        spec, route = choice.spec, told.route
        told.upstream = spec.name
        own_key = provider_key(told, choice)
        if choice.translated:
            most = self._limits.answer_bytes
            return await ask_translated(self._upstreams[spec.name], choice, body, told, most)
        if choice.alias:
            path, body = with_model(route, body, choice.alias)
            route = replace(route, target=path)
        place = f"upstream {spec.name} {choice.alias}"
        head: tuple[bytes, Headers] | None = told.kept.get(place)
        if head is None:  # a client that sends the same head again has these made once
            target = upstream_target(spec, route, scope["query_string"])
            head = told.kept[place] = target, upstream_headers(headers, spec, own_key)
        target, fields = head
        if spec.signer is not None and own_key is None:
            fields = spec.signer.sign(route.method, target, fields, bytes(body), time.time())
        answer = await self._upstreams[spec.name].send(UpstreamRequest(route.method, target, fields, body))
        try:
            refuse_misleading(answer.status, own_key)
        except UpstreamFault:
            await answer.close()
            raise
        return Relayed(answer)

    async def _exchange(self, told: Handover) -> bytes:
        entry = await self._audit.find(parameter(told.route), told.principal)
        if entry is None:
            raise Rejected(
                "There is no such exchange.", code="exchange_not_found", status=404, reason="not_found"
            )
        return render(entry)


class Relayed:
    """An upstream's answer as a client may see it. Implements `middleware.origin.OriginAnswer`."""

    __slots__ = ("_answer", "close", "headers", "read", "status")

    def __init__(self, answer: UpstreamAnswer) -> None:
        self._answer = answer
        self.status = answer.status
        self.headers = client_headers(answer.headers)
        self.read = answer.read
        self.close = answer.close

    @property
    def ended(self) -> bool:
        """Whether nothing is left to read."""
        return self._answer.ended


def provider_key(told: Handover, choice: Choice) -> str | None:
    """The client's own key, where the upstream takes it and there is no doubt who that is.

    Raises `BadInput` (``upstream_not_named``) where there is.
    """
    if told.provider_key is None or not choice.spec.passthrough:
        return None
    if not choice.certain or choice.alias or choice.translated:
        raise BadInput(
            "Your own provider key goes only to an upstream you name, in its format and for a model as it is "
            "called there: use /up/NAME in the path.",
            code="upstream_not_named",
        )
    return told.provider_key


def _refuse_a_body(scope: Scope) -> None:
    """Refuse what no provider reads and nobody here judges. Raises `Rejected`."""
    if scope["method"] in _BODILESS and has_body(Fields(scope["headers"])):
        raise Rejected(
            f"A {scope['method']} of this path has no body; send it without one.",
            code="unexpected_body",
            status=400,
            reason="request",
        )


async def _json(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
