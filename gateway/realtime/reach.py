"""From a connection that is wanted to an upstream that agreed to it."""

import logging
import re
from collections.abc import Mapping
from urllib.parse import quote

from ...detection.errors import BadInput, UpstreamFault
from ...middleware.asgi import Headers
from ...middleware.handover import Handover
from ...middleware.live_conversation import Reached
from ..forward import refuse_misleading, upstream_headers, upstream_target
from ..plan import Choice
from ..proxy import provider_key
from ..router import Router
from ..upstream.base import Upstream
from .dial import open_socket
from .upstream_socket import Declined

_UNSENT = frozenset(("upstream_unreachable", "upstream_unavailable"))
_OF_THE_HANDSHAKE = b"sec-websocket-"
_MODEL = re.compile(rb"(?:(?<=&)|\A)(model|deployment)=[^&]*")
_log = logging.getLogger(__name__)


class Reach:
    """Finds who serves a connection, and connects.

    Args:
        router: knows the upstreams of a model.
        upstreams: a client for each of them, by name.
        seconds: how long one of them may take to answer a handshake.
    """

    def __init__(self, router: Router, upstreams: Mapping[str, Upstream], seconds: float) -> None:
        self._router = router
        self._upstreams = upstreams
        self._seconds = seconds

    async def connect(self, told: Handover, headers: Headers, query: bytes) -> Reached:
        """Connect to the first upstream that answers, in the order of the plan.

        Raises:
            BadInput: nobody serves the model in this way.
            UpstreamFault: nobody can be reached, or what answers does not agree.
            Declined: an upstream says no in words of its own.
        """
        route = told.route
        plan = self._router.plan(told.model, route.upstream, route.provider, told.private, route.path)
        alone = plan.alone or told.provider_key is not None
        choices = [plan.first] if alone else plan.order(int(told.exchange_id[-8:], 16))
        *others, last = [choice for choice in choices if not choice.translated] or choices[:1]
        for choice in others:
            try:
                return await self._open(choice, told, headers, query)
            except UpstreamFault as fault:
                if fault.code not in _UNSENT:
                    raise
                _log.warning("upstream %s: %s; another one is asked", choice.spec.name, fault.code)
        return await self._open(last, told, headers, query)

    async def _open(self, choice: Choice, told: Handover, headers: Headers, query: bytes) -> Reached:
        spec = choice.spec
        told.upstream = spec.name
        if choice.translated or spec.signer is not None:
            raise BadInput("The upstream of this model has no WebSockets.", code="no_realtime", status=404)
        own_key = provider_key(told, choice)
        if choice.alias:
            query = _MODEL.sub(lambda found: found[1] + b"=" + quote(choice.alias).encode(), query)
        target = upstream_target(spec, told.route, query)
        fields = [field for field in headers if not field[0].startswith(_OF_THE_HANDSHAKE)]
        fields = upstream_headers(fields, spec, own_key)
        try:
            upstream = self._upstreams[spec.name]
            peer = await open_socket(upstream, spec.base_url, target, fields, self._seconds)
        except Declined as declined:
            refuse_misleading(declined.status, own_key)
            raise
        return Reached(peer, spec.name, spec.private, choice.alias)
