"""The web admin: starlette-admin on our tables, behind a gate that denies by default."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette_admin.base import BaseAdmin

from .. import __version__
from ..detection.ports import CounterStore
from ..middleware.asgi import ASGIApp
from ..middleware.limits import Rate
from .auth import session
from .auth.gate import Gate
from .auth.sign_in import SignIn, SignOut
from .store.control import Control
from .store.database import Database
from .store.decisions import Overview
from .store.live_feed import LiveFeed
from .views.applications import ApplicationsView
from .views.bans import BansView
from .views.decisions import DecisionsView, turned
from .views.home import HomeView
from .views.keys import KeysView
from .views.routes import RoutesView, ServedRoute
from .web.bodies import BoundedBodies
from .web.headers import SecurityHeaders
from .web.live import Live
from .web.reading import ReadingSession

_HERE = Path(__file__).resolve().parent
_KEY_BYTES = 32
_RATE = Rate(120)
_SIGN_IN_RATE = Rate(30)


def admin_app(
    database: Database,
    control: Control,
    *,
    session_key: bytes,
    secure_cookies: bool,
    counters: CounterStore,
    on_change: Callable[[], Awaitable[None]],
    rate: Rate | None = _RATE,
    sign_in_rate: Rate | None = _SIGN_IN_RATE,
    proxy_url: str = "http://127.0.0.1:5002",
    feed: LiveFeed | None = None,
    routes: Sequence[ServedRoute] = (),
) -> ASGIApp:
    """Build the web admin, to be served at the root of its port.

    `session_key` (32 bytes or more) signs cookies; `secure_cookies` says that browsers come over
    TLS. `on_change` is awaited after every change, before the page that reports it. `rate` bounds
    pages and `sign_in_rate` sign-ins a client address. `proxy_url` is shown in examples, `feed` is
    what ``/live`` streams, `routes` what the gateway serves. The database must be open when the first
    request comes. Raises `ValueError` for a short key.
    """
    if len(session_key) < _KEY_BYTES:
        raise ValueError(f"the session key needs at least {_KEY_BYTES} bytes")
    admin = _site(session_key, proxy_url)
    admin.add_view(DecisionsView(Overview(database)))
    admin.add_view(KeysView(control, on_change, proxy_url))
    admin.add_view(ApplicationsView())
    admin.add_view(BansView(control, on_change))
    admin.add_view(RoutesView(routes))
    admin.add_view(SignIn(control, counters, sign_in_rate))
    admin.add_view(SignOut(control))
    pages = Starlette()
    admin.mount_to(pages)
    reading = ReadingSession(pages, database)
    gate = Gate(Live(reading, feed or LiveFeed()), control, counters, rate)
    signed = SessionMiddleware(
        gate,
        secret_key=session.derived(session_key, "session"),
        session_cookie="__Host-sluicegate" if secure_cookies else "sluicegate_session",
        max_age=session.SECONDS,
        same_site="strict",
        https_only=secure_cookies,
    )
    return SecurityHeaders(BoundedBodies(signed), secure=secure_cookies)


def _site(session_key: bytes, proxy_url: str) -> BaseAdmin:
    # It tells at length how it is set up, and names what people typed.
    logging.getLogger("starlette_admin").setLevel(logging.ERROR)
    site = BaseAdmin(
        title="Sluicegate",
        base_url="",
        templates_dir=str(_HERE / "templates"),
        static_dir=str(_HERE / "static"),
        index_view=HomeView(),
        secret_key=session.derived(session_key, "forms"),
        timezone_config=None,
    )
    site.templates.env.globals.update(
        asset=lambda path: f"/static/{path}?v={__version__}",
        newer_or_older=turned,
        version=__version__,
        proxy_url=proxy_url,
    )
    return site
