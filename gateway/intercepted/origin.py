"""Sends a judged request on to the host that the client asked for, and to no other."""

import re

from ...detection.errors import BadInput, UpstreamFault
from ...detection.types import Action
from ...middleware.asgi import Headers, Scope
from ...middleware.handover import Handover
from ...middleware.headers import Sieve, first
from ...middleware.spooled import Body
from ..forward import HOP_BY_HOP, SAYS_ANOTHER_REQUEST
from ..upstream.base import UpstreamAnswer, UpstreamRequest
from .destinations import Destinations
from .host_rules import HostRules
from .routes import ticket_of

_FRAMING = frozenset((b"host", b"content-length", b"expect", b"accept-encoding"))
_NOT_FORWARDED = HOP_BY_HOP | SAYS_ANOTHER_REQUEST | _FRAMING
_NOT_RETURNED = HOP_BY_HOP | frozenset((b"content-length", b"alt-svc"))
_FIELD_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_EDITS = (Action.MASK, Action.REPLACE)
_BREAKS = re.compile(rb"[\0-\x20\x7f-\xff]")


def _not_plain() -> BadInput:
    return BadInput("A header field is not plain ASCII.", code="invalid_header")


_forwarded = Sieve(_NOT_FORWARDED, _FIELD_NAME, refuse=_not_plain)
_returned = Sieve(_NOT_RETURNED, _FIELD_NAME)


class HostOrigin:
    """Asks the host of a request's ticket. Implements `middleware.origin.Origin`.

    All that the client sent travels on - its own key, its cookies - for it chose the host itself. Only
    what belongs to this hop, is ours, or makes another request of it, ends here. Answers come back the same
    way: redirects too, which lead the client through the proxy again, but no word of another protocol.
    """

    def __init__(self, rules: HostRules, destinations: Destinations) -> None:
        self._rules = rules
        self._destinations = destinations

    async def ask(self, scope: Scope, headers: Headers, body: Body, told: Handover) -> "HostAnswer":
        """Send a request on; see `middleware.origin.Origin`."""
        ticket = ticket_of(scope)
        rule = self._rules.find(ticket.host)
        allowed = rule.action == "inspect" or (bool(ticket.provider) and rule is self._rules.unknown)
        if not allowed or rule.action == "refuse" or (told.private and not rule.private):
            raise _refused(told.private)
        if told.verdict is not None and told.verdict.action in _EDITS and is_signed(headers):
            raise BadInput(
                "The request is signed, so nothing in it can be masked here.", code="signed_request"
            )
        told.upstream = ticket.host
        query: bytes = scope["query_string"]
        target = told.route.target + b"?" + query if query else told.route.target
        if _BREAKS.search(target):
            raise BadInput("The query of this request is not in canonical form.", code="invalid_query")
        client = await self._destinations.find(ticket, rule)
        fields = [*_forwarded(headers), (b"accept-encoding", b"identity")]
        answer = await client.send(UpstreamRequest(told.route.method, target, fields, body))
        if answer.status < 200:
            await answer.close()
            raise UpstreamFault("The upstream answered with another protocol.", code="upstream_protocol")
        return HostAnswer(answer)


class HostAnswer:
    """An answer as the client may see it. Implements `middleware.origin.OriginAnswer`."""

    __slots__ = ("_answer", "close", "headers", "read", "status")

    def __init__(self, answer: UpstreamAnswer) -> None:
        self._answer = answer
        self.status = answer.status
        self.headers = _returned(answer.headers)
        self.read = answer.read
        self.close = answer.close

    @property
    def ended(self) -> bool:
        """Whether nothing is left to read."""
        return self._answer.ended


def _refused(private: bool) -> BadInput:
    if private:
        return BadInput(
            "This request may only go to a model on premise, and the host is none.",
            code="no_private_upstream",
            status=403,
            param="model",
        )
    return BadInput("The proxy does not lead to this host.", code="host_refused", status=403)


def is_signed(headers: Headers) -> bool:
    """Say whether a request is signed over its body, so that an edited one is worth nothing."""
    value = first(headers, b"authorization") or b""
    return value.startswith(b"AWS4-HMAC-SHA256")
