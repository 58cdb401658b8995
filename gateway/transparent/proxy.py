"""mitmproxy, started with our addon and as few others as it takes."""

import asyncio
from collections.abc import Callable

from mitmproxy import options
from mitmproxy.addons import (
    core,
    disable_h2c,
    dns_resolver,
    next_layer,
    proxyauth,
    proxyserver,
    strip_dns_https_records,
    update_alt_svc,
)
from mitmproxy.exceptions import OptionsError
from mitmproxy.master import Master
from mitmproxy.proxy.mode_specs import LocalMode

from ..intercepted.install_page import InstallPage
from .certificates import OurTls
from .conduct import Door
from .ensemble import Ensemble
from .gaps import close_gaps
from .modes import lacking, redirects
from .post import Post
from .wireguard import make_keys

_LOOK_SECONDS = 0.05
_REDIRECTED_SECONDS = 1.0
"""Within this the kernel takes or refuses the program of the mode `local`; mitmproxy does not wait for it."""


class CannotListen(Exception):
    """The proxy could not take one of its ports, or a mode does not work on this machine."""


class Proxy:
    """One running mitmproxy."""

    def __init__(self, door: Door, post: Post, page: InstallPage | None = None) -> None:
        close_gaps()
        self._post = post
        self._door = door
        for mode in door.modes:
            _prepare(mode, door)
        self._server = proxyserver.Proxyserver()
        self._master = Master(options.Options())
        self._master.addons.add(
            core.Core(),
            disable_h2c.DisableH2C(),
            proxyauth.ProxyAuth(),
            self._server,
            dns_resolver.DnsResolver(),
            strip_dns_https_records.StripDnsHttpsRecords(),
            next_layer.NextLayer(),
            OurTls(door.authority, door.folder, post.conduct.rules),
            update_alt_svc.UpdateAltSvc(),
            Ensemble(post, self._server, page),
        )
        try:
            self._master.options.update(**_options(door))
        except OptionsError as error:
            raise CannotListen(str(error)) from error

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens."""
        return [(item[0], item[1]) for server in self._server.servers for item in server.listen_addrs]

    async def run(self, ready: Callable[[], None]) -> None:
        """Serve until `stop`; `ready` is called once everything listens. Raises `CannotListen`."""
        running = asyncio.create_task(self._master.run())
        try:
            await self._listening(running)
            ready()
            await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def stop(self, seconds: float = 0.0) -> None:
        """Take no more connections, give those there are so many seconds, and end."""
        self._master.options.update(server=False)
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._server.connections and loop.time() < until:  # noqa: ASYNC110 - mitmproxy has no event
            await asyncio.sleep(_LOOK_SECONDS)
        self._master.shutdown()

    async def _listening(self, running: asyncio.Task[None]) -> None:
        while not self._server.is_running:
            if running.done():
                running.result()
                raise CannotListen("mitmproxy ended while it started")
            await asyncio.sleep(_LOOK_SECONDS)
        for server in self._server.servers:
            if server.last_exception is not None or not server.is_running:
                raise CannotListen(f"{server.mode.full_spec}: {server.last_exception}")
            if isinstance(server.mode, LocalMode):
                await asyncio.sleep(_REDIRECTED_SECONDS)
                if not redirects():
                    raise CannotListen(f"{server.mode.full_spec}: the kernel refused mitmproxy's redirector")
        await self._post.watch.changed.wait()


def _prepare(mode: str, door: Door) -> None:
    reason = lacking(mode)
    if reason:
        raise CannotListen(f"{mode}: {reason}")
    if mode.partition("@")[0] == "wireguard":
        make_keys(door.folder)


def _options(door: Door) -> dict[str, object]:
    return {
        "mode": list(door.modes),
        "listen_host": door.host,
        "listen_port": door.port,
        "confdir": str(door.folder),
        "connection_strategy": "lazy",
        "upstream_cert": False,
        "ssl_verify_upstream_trusted_ca": str(door.trusted),
        "proxyauth": f"@{door.users}" if door.users is not None else None,
        "request_client_cert": bool(door.client_ca),
        "validate_inbound_headers": True,
        "keep_host_header": True,
    }
