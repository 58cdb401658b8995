"""One scripted Ollama and one gateway in front of it for the whole run; each test sets its own script."""

from collections.abc import Iterator

import ollama
import pytest

from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.ollama_api import FakeOllama
from tests.support.local_gateway import LocalGateway


@pytest.fixture(scope="session")
def upstream() -> Iterator[FakeOllama]:
    """The upstream of the gateway."""
    with FakeOllama() as fake:
        yield fake


@pytest.fixture(scope="session")
def served(upstream: FakeOllama) -> Iterator[LocalGateway]:
    """The gateway."""
    with LocalGateway(UpstreamSpec("local", "ollama", upstream.base_url)) as gateway:
        yield gateway


@pytest.fixture
def gateway(served: LocalGateway) -> Iterator[LocalGateway]:
    """The gateway under its usual policy, whatever a test sets."""
    usual = served.policy
    yield served
    served.policy = usual


@pytest.fixture(autouse=True)
def fake(upstream: FakeOllama) -> FakeOllama:
    """The upstream, with nothing received and the script that says hello."""
    upstream.reset()
    return upstream


@pytest.fixture(scope="session")
def session_client(served: LocalGateway) -> Iterator[ollama.Client]:
    """The official client, which brings our key as a bearer token."""
    headers = {"authorization": f"Bearer {served.key}"}
    with ollama.Client(host=served.url, headers=headers, timeout=20) as made:
        yield made


@pytest.fixture
def client(session_client: ollama.Client, gateway: LocalGateway) -> ollama.Client:
    """The official client of the gateway."""
    assert gateway.port
    return session_client
