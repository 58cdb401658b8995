"""A client's connection on its way to an upstream, and what an upstream that declines may tell."""

from ...detection.errors import UpstreamFault
from ...middleware.asgi import Scope
from ...middleware.handover import Handover
from ...middleware.headers import for_exempt_app
from ...middleware.live_conversation import Reached
from ...middleware.live_talk import LiveTalk
from ..forward import client_headers
from .reach import Reach
from .upstream_socket import Declined

_DECLINES = "The upstream does not agree to a WebSocket."


class Call:
    """Connects one client.

    Args:
        reach: connects to upstreams.
        scope: of the client's handshake.
        credential: that is ours, and travels nowhere.
    """

    def __init__(self, reach: Reach, scope: Scope, credential: bytes) -> None:
        self._reach = reach
        self._headers = for_exempt_app(scope["headers"], credential)
        self._query: bytes = scope.get("query_string", b"")

    async def before(self, told: Handover, talk: LiveTalk) -> Reached:
        """Connect before the client is let in.

        Raises what `Reach.connect` raises; `Declined` holds no more than the client may read.
        """
        try:
            return await self._connect(told)
        except Declined as declined:
            body = talk.instead(declined.body)
            talk.over("upstream_error")
            raise Declined(declined.status, client_headers(declined.headers), body) from None

    async def after(self, told: Handover) -> Reached:
        """Connect for a client that was let in; see `live_conversation.Connect`."""
        try:
            return await self._connect(told)
        except Declined:
            raise UpstreamFault(_DECLINES, code="upstream_protocol") from None

    async def _connect(self, told: Handover) -> Reached:
        return await self._reach.connect(told, self._headers, self._query)
