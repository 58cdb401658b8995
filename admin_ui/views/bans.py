"""The bans in force, and lifting one."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin import CustomView
from starlette_admin.flash import flash
from starlette_admin.routing import route

from ..auth.session import signed_in
from ..store.control import Control
from ..web.pages import page


class BansView(CustomView):
    """Lists who is refused service and why."""

    path = "/bans"

    def __init__(self, control: Control, on_change: Callable[[], Awaitable[None]]) -> None:
        super().__init__(menu_label="Bans")
        self._control = control
        self._on_change = on_change

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """List the bans in force."""
        rows = await self._control.list_bans(tenant_id=signed_in(request).tenant_id)
        return page(self, request, "bans/list.html", {"rows": rows})

    @route("/lift", methods=["POST"])
    async def lift(self, request: Request) -> Response:
        """Lift one ban."""
        form = await request.form()
        lifted = await self._control.lift_ban(
            str(form.get("ban", "")), tenant_id=signed_in(request).tenant_id
        )
        if lifted:
            await self._on_change()
            flash(request, "The ban was lifted.", "success")
        else:
            flash(request, "That ban is not in force any more.", "info")
        return RedirectResponse(self.path, 303)
