"""One scripted Cohere and one gateway in front of it for the whole run; each test sets its own script."""

from collections.abc import Iterator

import cohere
import httpx
import pytest

from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.cohere_api import FakeCohere
from tests.fakes.scripted_api import KEY
from tests.support.local_gateway import LocalGateway


@pytest.fixture(scope="session")
def upstream() -> Iterator[FakeCohere]:
    """The upstream of the gateway."""
    with FakeCohere() as fake:
        yield fake


@pytest.fixture(scope="session")
def served(upstream: FakeCohere) -> Iterator[LocalGateway]:
    """The gateway."""
    with LocalGateway(UpstreamSpec("cohere", "cohere", upstream.base_url, KEY)) as gateway:
        yield gateway


@pytest.fixture
def gateway(served: LocalGateway, fake: FakeCohere) -> Iterator[LocalGateway]:
    """The gateway under its usual policy, whatever a test sets."""
    assert not fake.requests
    usual = served.policy
    yield served
    served.policy = usual


@pytest.fixture
def fake(upstream: FakeCohere) -> FakeCohere:
    """The upstream, with nothing received and the script that says hello."""
    upstream.reset()
    return upstream


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """Connections of all clients; the package closes none."""
    with httpx.Client(timeout=20) as http:
        yield http


@pytest.fixture
def client(gateway: LocalGateway, http: httpx.Client) -> cohere.ClientV2:
    """The official client of version 2, with its own habits, retries included."""
    return cohere.ClientV2(gateway.key, base_url=gateway.url, httpx_client=http)


@pytest.fixture
def client_v1(gateway: LocalGateway, http: httpx.Client) -> cohere.Client:
    """The official client of version 1."""
    return cohere.Client(gateway.key, base_url=gateway.url, httpx_client=http)
