"""The web admin on a real socket, with a database and two tenants behind it."""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from sluicegate.admin_ui.app import admin_app
from sluicegate.admin_ui.store.audit import AuditLog
from sluicegate.admin_ui.store.control import Control
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.directory import Directory
from sluicegate.admin_ui.store.schema import upgrade
from sluicegate.admin_ui.views.routes import ServedRoute
from sluicegate.detection.ports import Allowance, CounterStore
from sluicegate.detection.presets import preset
from sluicegate.detection.types import Principal
from sluicegate.middleware.limits import Rate
from tests.admin_ui.material import exchange
from tests.store.material import written

EMAIL, PASSWORD = "admin@example.org", "correct horse battery"
OTHER_EMAIL = "other@example.org"
PEPPER = b"p" * 32
AUDIT_KEY = b"a" * 32
SESSION = "sluicegate_session"
ROUTES = (
    ServedRoute("POST", "/v1/chat/completions", "openai", "partly enforced", "media", "first, second"),
    ServedRoute("GET", "/api/tags", "ollama", "exempt", "tells <names>", ""),
)
_sessions: dict[str, str] = {}


class Counters(CounterStore):
    """Counts for ever and refuses beyond the limit."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}

    def take(self, name: str, limit: int, window: float) -> Allowance:
        self.taken[name] = used = self.taken.get(name, 0) + 1
        allowed = used <= limit
        return Allowance(allowed, limit, max(0, limit - used), 0.0 if allowed else window)


@dataclass(frozen=True, slots=True)
class Site:
    """A running admin. `run` awaits something on its own event loop."""

    url: str
    control: Control
    directory: Directory
    log: AuditLog
    database: Database
    counters: Counters
    loop: asyncio.AbstractEventLoop

    def run[T](self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self.loop).result()

    def record(self, count: int, application: str = "Support bot", tenant_id: str | None = None) -> None:
        """Record exchanges of every kind for an application that has a key."""
        self.run(self._record(count, application, tenant_id))

    async def _record(self, count: int, application: str, tenant_id: str | None) -> None:
        made = await self.control.create_key(application, tenant_id=tenant_id)
        await self.directory.load()
        principal = self.directory.find(made.secret)
        assert isinstance(principal, Principal)
        now = time.time()
        await written(self.log, [exchange(number, principal, now) for number in range(count)])

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url)

    @contextmanager
    def signed_in(self, email: str = EMAIL) -> Iterator[httpx.Client]:
        """Open a client with a session.

        The sites of a run are copies of one database under one key: a session of one is good for
        all, and the password is hashed once.
        """
        with self.client() as client:
            if email not in _sessions:
                _sessions[email] = sign_in(client, email)
            client.cookies.set(SESSION, _sessions[email])
            yield client


def sign_in(client: httpx.Client, email: str = EMAIL) -> str:
    """Sign in and return the session's cookie."""
    data = {"email": email, "password": PASSWORD, "csrftoken": csrf(client)}
    answer = client.post("/login", data=data)
    assert answer.status_code == 303, answer.text
    session = client.cookies[SESSION]
    client.cookies.delete(SESSION)
    return session


def csrf(client: httpx.Client, path: str = "/login") -> str:
    """Return the token that the form of a page carries."""
    page = client.get(path).text
    return page.partition('name="csrftoken" value="')[2].partition('"')[0]


async def furnish(place: Path | str) -> None:
    """Make a database with two tenants and an administrator each."""
    url = _url(place)
    await upgrade(url)
    database = Database(url)
    await database.open()
    control = Control(database, PEPPER)
    await control.ensure_admin(EMAIL, PASSWORD)
    await control.ensure_admin(OTHER_EMAIL, PASSWORD, tenant_id=await control.ensure_tenant("other"))
    await database.close()


@contextmanager
def running(
    place: Path | str, *, secure: bool = False, rate: int = 100_000, sign_ins: int = 100_000
) -> Iterator[Site]:
    """Serve the admin over a furnished SQLite file, or the database of a URL, until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run[T](what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, loop).result()

    try:
        site, server, task = run(_start(_url(place), loop, secure, Rate(rate), Rate(sign_ins)))
        try:
            yield site
        finally:
            server.should_exit = True
            run(_wait(task))
            run(site.database.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _url(place: Path | str) -> str:
    return place if isinstance(place, str) else f"sqlite:///{place}"


async def _wait(task: Awaitable[None]) -> None:
    await task


async def _start(
    url: str, loop: asyncio.AbstractEventLoop, secure: bool, rate: Rate, sign_ins: Rate
) -> tuple[Site, uvicorn.Server, asyncio.Task[None]]:
    database = Database(url)
    await database.open()
    control, counters = Control(database, PEPPER), Counters()
    directory = Directory(database, PEPPER, preset("balanced"))

    async def on_change() -> None:
        await directory.refresh()

    app = admin_app(
        database,
        control,
        session_key=b"s" * 32,
        secure_cookies=secure,
        counters=counters,
        on_change=on_change,
        rate=rate,
        sign_in_rate=sign_ins,
        routes=ROUTES,
    )
    await directory.load()
    # It listens already: who connects before the server is up waits.
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    site = Site(
        f"http://127.0.0.1:{port}",
        control,
        directory,
        AuditLog(database, AUDIT_KEY),
        database,
        counters,
        loop,
    )
    return site, server, task
