"""Which client stands behind which upstream, and what is loaded for it."""

import subprocess
import sys

import pytest

from sluicegate.appliance.demo import ALONE, DemoUpstream
from sluicegate.appliance.upstream_clients import upstream_clients
from sluicegate.gateway.upstream.httpx_client import HttpxUpstream
from sluicegate.gateway.upstream.pool import PooledUpstream
from sluicegate.gateway.upstream_spec import UpstreamSpec

CLEAR = UpstreamSpec("clear", "openai", "http://127.0.0.1:9/v1")
SECURE = UpstreamSpec("secure", "openai", "https://api.example/v1", proxy="http://proxy.example:3128")
SECOND = UpstreamSpec("second", "openai", "https://api.example/v1", http="2")


async def test_every_upstream_gets_its_client() -> None:
    clients = upstream_clients([ALONE, CLEAR, SECURE, SECOND])
    assert {name: type(client) for name, client in clients.items()} == {
        "demo": DemoUpstream, "clear": PooledUpstream, "secure": PooledUpstream, "second": HttpxUpstream,
    }  # fmt: skip
    for client in clients.values():
        await client.close()


@pytest.mark.parametrize(("http", "loaded"), [("1.1", False), ("2", True)])
def test_httpx_is_loaded_for_http_2_only(http: str, loaded: bool) -> None:
    script = f"""
import sys
from sluicegate.appliance.upstream_clients import upstream_clients
from sluicegate.gateway.upstream_spec import UpstreamSpec
upstream_clients([UpstreamSpec("a", "openai", "https://api.example/v1", http={http!r})])
print("httpx" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str(loaded)
