"""What the parts of the proxy share: how it behaves, its counts, its tickets, its watch."""

from mitmproxy import http

from ..intercepted.ticket import ALIVE, HEADER, TicketOffice
from .asked import Asked
from .callers import Callers
from .conduct import Conduct
from .tally import Tally
from .watch import Told, Watch

_FIELD = HEADER.encode()
WAY = "sluicegate"
"""Where a flow's metadata says what becomes of it."""
HANDED, DIRECT, SOCKET, LOOKED, AWAITED = "handed", "direct", "socket", "looked", "awaited"
MEANT = "sluicegate meant"
"""Where a flow's metadata keeps scheme, host and port as the client wrote them."""


class Post:
    """One a proxy."""

    def __init__(
        self,
        conduct: Conduct,
        callers: Callers | None = None,
        *,
        tally: Tally | None = None,
        told: Told | None = None,
    ) -> None:
        self.conduct = conduct
        self.tally = tally or Tally()
        self.office = TicketOffice(conduct.key)
        self.watch = Watch(conduct.gateway, self._question, told)
        self.callers = callers or Callers()

    def hand_over(self, flow: http.HTTPFlow, place: Asked, spoken: tuple[str, str] = ("", "")) -> None:
        """Send a request to the gateway instead of where it was meant to go, with a ticket."""
        request = flow.request
        ticket = self.ticket(flow, place, spoken).encode()
        request.headers.fields = (*request.headers.fields, (_FIELD, ticket))  # none of that name is there
        self.divert(flow)
        flow.metadata[WAY] = HANDED
        self.tally.count("handed_over")

    def divert(self, flow: http.HTTPFlow) -> None:
        """Have a request go to the gateway, which refuses it without a ticket."""
        data = flow.request.data
        data.scheme = b"http"
        data.host, data.port = self.conduct.gateway

    def ticket(self, flow: http.HTTPFlow, place: Asked, spoken: tuple[str, str] = ("", "")) -> str:
        """Return a ticket for one request, or one question, about a flow."""
        user = self.callers.name(flow)
        return self.office.issue(place.scheme, place.host, place.port, place.client, user, spoken=spoken)

    def _question(self) -> str:
        return self.office.issue(ALIVE, "", 0, "")


class Part:
    """One of the addons: implements `fail_safe.Failing`."""

    def __init__(self, post: Post) -> None:
        self.post = post

    @property
    def tally(self) -> Tally:
        """Where failures are counted."""
        return self.post.tally

    @property
    def fails_open(self) -> bool:
        """Whether traffic goes on when a hook fails."""
        return self.post.conduct.fail == "open"
