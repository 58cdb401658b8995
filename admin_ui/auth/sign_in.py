"""Signing in and out."""

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin import CustomView
from starlette_admin.routing import route

from ...detection.ports import CounterStore
from ...middleware.asgi import peer
from ...middleware.limits import Rate, take_client
from ...middleware.rejection import Rejected
from ..store.control import Control
from ..web.pages import page
from . import session
from .gate import LOGIN

HOME = "/"
_LOCAL = re.compile(r"/(?:[A-Za-z0-9_-][A-Za-z0-9/._-]*)?(?:\?[A-Za-z0-9=&._%+-]*)?")
"""Where signing in may lead: a page of ours, never another host."""
_LONGEST_NEXT = 500

_WRONG = "That e-mail address and password do not belong together."
_TOO_MANY = "Too many attempts. Wait a minute, then try again."


class SignIn(CustomView):
    """The form, and the one place where a session begins."""

    path = LOGIN
    add_to_menu = False

    def __init__(self, control: Control, counters: CounterStore, rate: Rate | None) -> None:
        super().__init__()
        self._control = control
        self._counters = counters
        self._rate = rate

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """Show the form."""
        return page(self, request, "login.html", {"aim": _aim(request)})

    @route("", methods=["POST"])
    async def enter(self, request: Request) -> Response:
        """Verify and begin a session; a refusal does not say which of the two was wrong."""
        try:
            take_client(self._counters, self._rate, "auth", peer(request.scope))
        except Rejected as rejected:
            headers = {name.decode(): value.decode() for name, value in rejected.headers}
            return self._again(request, "", _TOO_MANY, rejected.status, headers)
        form = await request.form()
        email, password = str(form.get("email", "")), str(form.get("password", ""))
        admin = await self._control.verify_admin(email, password)
        if admin is None:
            return self._again(request, email, _WRONG, 401, {})
        session.begin(request, admin)
        return RedirectResponse(_aim(request) or HOME, 303)

    def _again(
        self, request: Request, email: str, error: str, status: int, headers: dict[str, str]
    ) -> Response:
        context = {"aim": _aim(request), "email": email[:254], "error": error}
        return page(self, request, "login.html", context, status, headers)


class SignOut(CustomView):
    """Ends every session of the person who asks."""

    path = "/logout"
    add_to_menu = False

    def __init__(self, control: Control) -> None:
        super().__init__()
        self._control = control

    @route("", methods=["POST"])
    async def index(self, request: Request) -> Response:
        """Sign out."""
        await self._control.end_sessions(session.signed_in(request))
        request.session.clear()
        return RedirectResponse(LOGIN, 303)


def _aim(request: Request) -> str:
    wanted = request.query_params.get("next", "")
    return wanted if len(wanted) <= _LONGEST_NEXT and _LOCAL.fullmatch(wanted) else ""
