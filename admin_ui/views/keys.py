"""API keys: the list, making one, taking one back."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin import CustomView
from starlette_admin.flash import flash
from starlette_admin.routing import route

from ..auth.session import signed_in
from ..store.control import Control
from ..store.errors import ControlError
from ..web.pages import page


class KeysView(CustomView):
    """Lists keys without their secrets; a secret is shown once, in the answer that made it."""

    path = "/keys"

    def __init__(self, control: Control, on_change: Callable[[], Awaitable[None]], proxy_url: str) -> None:
        super().__init__(menu_label="Keys")
        self._control = control
        self._on_change = on_change
        self._proxy_url = proxy_url

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """List the keys."""
        rows = await self._control.list_keys(tenant_id=signed_in(request).tenant_id)
        return page(self, request, "keys/list.html", {"rows": rows})

    @route("/new", methods=["GET"])
    async def form(self, request: Request) -> Response:
        """Ask which application the key is for."""
        return await self._form(request, "", "", 200)

    @route("/new", methods=["POST"])
    async def create(self, request: Request) -> Response:
        """Make a key and show it, this once."""
        form = await request.form()
        application = str(form.get("application", ""))
        try:
            made = await self._control.create_key(application, tenant_id=signed_in(request).tenant_id)
        except ControlError as refused:
            return await self._form(request, application, refused.message, 422)
        await self._on_change()
        return page(self, request, "keys/created.html", {"made": made, "proxy_url": self._proxy_url})

    @route("/revoke", methods=["POST"])
    async def revoke(self, request: Request) -> Response:
        """Take a key back for good."""
        form = await request.form()
        try:
            await self._control.revoke_key(str(form.get("key", "")), tenant_id=signed_in(request).tenant_id)
        except ControlError as refused:
            flash(request, refused.message.capitalize() + ".", "error")
        else:
            await self._on_change()
            flash(request, "The key was revoked. Requests with it are refused from now on.", "success")
        return RedirectResponse(self.path, 303)

    async def _form(self, request: Request, application: str, error: str, status: int) -> Response:
        names = await self._control.list_applications(tenant_id=signed_in(request).tenant_id)
        context = {"applications": names, "application": application[:200], "error": error}
        return page(self, request, "keys/new.html", context, status)
