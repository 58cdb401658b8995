"""The front door."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin import CustomView
from starlette_admin.routing import route


class HomeView(CustomView):
    """Leads to the decisions."""

    path = "/"
    add_to_menu = False

    @route("")
    async def index(self, request: Request) -> Response:
        """Redirect to the decisions."""
        return RedirectResponse("/decisions/list", 303)
