"""The routes of the gateway, and how much of each is judged."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette_admin import CustomView
from starlette_admin.routing import route

from ..web.pages import page


@dataclass(frozen=True, slots=True)
class ServedRoute:
    """One route as a page shows it.

    Attributes:
        format: the provider whose format it is.
        state: enforced, partly enforced or exempt.
        beside: what is not judged, or why nothing is.
        upstreams: names of those that may serve it.
    """

    method: str
    path: str
    format: str
    state: str
    beside: str
    upstreams: str


class RoutesView(CustomView):
    """Lists the routes; those that some upstream serves, or all of them."""

    path = "/routes"

    def __init__(self, routes: Sequence[ServedRoute]) -> None:
        super().__init__(menu_label="Routes")
        self._routes = routes

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """List the routes."""
        every = request.query_params.get("all") == "1"
        shown = [item for item in self._routes if every or item.upstreams]
        told = {"rows": shown, "every": every, "total": len(self._routes)}
        return page(self, request, "routes/list.html", told)
