"""One proxy, one gateway and one fake host for the tests of a module: mitmproxy takes seconds to start."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
import openai
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve

from sluicegate.detection.presets import BALANCED
from sluicegate.gateway.intercepted.host_rules import HostRule, rules_of
from sluicegate.gateway.intercepted.install_page import InstallPage
from sluicegate.gateway.transparent.conduct import Conduct
from tests.fakes.openai_api import FakeOpenAI
from tests.transparent.proxying import KEY, FakeHosts, Gateway, RunningProxy

CLIENT_KEY = "sk-the-key-that-the-client-has-for-its-provider"
RULES = rules_of(
    (
        HostRule(pattern="refused.example", action="refuse"),
        HostRule(pattern="quiet.example", action="tunnel"),
        HostRule(pattern="127.0.0.1", action="inspect", private=True),
    )
)


@dataclass(slots=True)
class Site:
    """All that a test needs: `host` is what answers as whatever host was asked for."""

    proxy: RunningProxy
    gateway: Gateway
    host: FakeOpenAI

    def client(self, *, http2: bool = False) -> httpx2.Client:
        """A client that goes through the proxy and trusts its root."""
        return httpx2.Client(
            proxy=self.proxy.url, verify=self.proxy.tls, timeout=20, trust_env=False, http2=http2
        )

    @contextmanager
    def socket(self, talk: Callable[[ServerConnection], None]) -> Iterator[ClientConnection]:
        """A WebSocket through the proxy, to a host that talks like that."""
        with serve(talk, "127.0.0.1", 0, max_size=None) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            port = server.socket.getsockname()[1]
            with connect(f"ws://127.0.0.1:{port}/", proxy=self.proxy.url, open_timeout=20) as client:
                yield client
            server.shutdown()
            thread.join(20)

    def openai(self, http: httpx2.Client) -> openai.OpenAI:
        """The official client, unmodified but for its proxy."""
        return openai.OpenAI(api_key=CLIENT_KEY, http_client=http, max_retries=0)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with FakeOpenAI(api_key=CLIENT_KEY) as host:
        port = int(host.base_url.rpartition(":")[2].partition("/")[0])
        with Gateway(RULES, FakeHosts(port)) as gateway:
            conduct = Conduct(rules=RULES, gateway=("127.0.0.1", gateway.port), key=KEY)
            page = InstallPage("<h1>Trust</h1>", {"root.pem": ("application/x-pem-file", b"PEM")})
            with RunningProxy(tmp_path_factory.mktemp("proxy"), conduct, page=page) as proxy:
                yield Site(proxy, gateway, host)


@pytest.fixture
def site(running: Site) -> Site:
    """The site, as if nothing had happened yet."""
    running.gateway.policy = BALANCED
    running.gateway.ports.audit.entries.clear()
    running.gateway.hosts.asked.clear()
    running.host.reset()
    return running
