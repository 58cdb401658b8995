"""The web admin and what stands beside it in the control process, wired."""

from collections.abc import Callable
from dataclasses import dataclass

from ..admin_ui.store.control import Control
from ..admin_ui.store.database import Database
from ..admin_ui.store.directory import Directory
from ..admin_ui.store.live_feed import LiveFeed
from ..middleware.asgi import ASGIApp
from ..middleware.health import Check, HealthApp
from ..middleware.policy_table import PolicyTable
from ..middleware.snapshot import Snapshot
from .clock import SystemClock
from .counters import MemoryCounters
from .deferred import Deferred
from .ports import Ports, base_url
from .refresher import Refresher
from .secrets import Secrets
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Ground:
    """What the control plane stands on. The database is open and has the tables of this version.

    `push` is given every new snapshot, `feed` is what people watch.
    """

    settings: Settings
    secrets: Secrets
    ports: Ports
    database: Database
    control: Control
    push: Callable[[Snapshot], None]
    feed: LiveFeed
    metrics: Callable[[], bytes]
    policies: PolicyTable


class Publisher:
    """The directory, and whoever has to know of its changes."""

    def __init__(self, directory: Directory, push: Callable[[Snapshot], None]) -> None:
        self._directory = directory
        self._push = push

    async def load(self) -> None:
        """Load the snapshot and push it."""
        await self._directory.load()
        self._push(self._directory.snapshot)

    async def refresh(self) -> bool:
        """Load again and push if anything changed; return whether it did."""
        changed = await self._directory.refresh()
        if changed:
            self._push(self._directory.snapshot)
        return changed


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """What runs in the control process."""

    admin: ASGIApp
    web_admin: Deferred
    publisher: Publisher
    refresher: Refresher


def build(ground: Ground) -> ControlPlane:
    """Wire the control plane on its ground."""
    directory = Directory(ground.database, ground.secrets.pepper, ground.policies)
    publisher = Publisher(directory, ground.push)
    refresher = Refresher(publisher, SystemClock())
    web_admin = _web_admin(ground, publisher)
    checks: dict[str, Check] = {
        "database": lambda: refresher.fresh,
        "keys": lambda: directory.revision >= 0,
        "pages": lambda: web_admin.loaded,
    }
    admin = HealthApp(web_admin, checks=checks, metrics=ground.metrics)
    return ControlPlane(admin, web_admin, publisher, refresher)


def _web_admin(ground: Ground, publisher: Publisher) -> Deferred:
    async def changed() -> None:
        await publisher.refresh()

    def construct() -> ASGIApp:
        from ..admin_ui.app import admin_app  # noqa: PLC0415 - a third of a second others need not wait
        from .served_routes import served_routes  # noqa: PLC0415 - as above

        return admin_app(
            ground.database,
            ground.control,
            session_key=ground.secrets.session_key,
            secure_cookies=ground.settings.admin_https,
            counters=MemoryCounters(SystemClock()),
            on_change=changed,
            rate=ground.settings.rate("admin"),
            sign_in_rate=ground.settings.rate("auth"),
            proxy_url=base_url(ground.settings.host, ground.ports.proxy.port),
            feed=ground.feed,
            routes=served_routes(ground.settings),
        )

    return Deferred(construct)
