"""One scripted Mistral and one gateway in front of it for the whole run; each test sets its own script."""

import warnings
from collections.abc import Iterator

import pytest
from mistralai.client import Mistral

from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.mistral_api import FakeMistral
from tests.fakes.scripted_api import KEY
from tests.support.local_gateway import LocalGateway


@pytest.fixture(scope="session")
def upstream() -> Iterator[FakeMistral]:
    """The upstream of the gateway."""
    with FakeMistral() as fake:
        yield fake


@pytest.fixture(scope="session")
def served(upstream: FakeMistral) -> Iterator[LocalGateway]:
    """The gateway."""
    with LocalGateway(UpstreamSpec("mistral", "mistral", upstream.base_url, KEY)) as gateway:
        yield gateway


@pytest.fixture
def gateway(served: LocalGateway, fake: FakeMistral) -> Iterator[LocalGateway]:
    """The gateway under its usual policy, whatever a test sets."""
    assert not fake.requests
    usual = served.policy
    yield served
    served.policy = usual


@pytest.fixture
def fake(upstream: FakeMistral) -> FakeMistral:
    """The upstream, with nothing received and the script that says hello."""
    upstream.reset()
    return upstream


@pytest.fixture(scope="session")
def session_client(served: LocalGateway) -> Iterator[Mistral]:
    """The official client, with its own habits."""
    with Mistral(api_key=served.key, server_url=served.url, timeout_ms=20_000) as client:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a package behind this part names what Python will drop
            assert client.beta.conversations
        yield client


@pytest.fixture
def client(session_client: Mistral, gateway: LocalGateway) -> Mistral:
    """The official client of the gateway."""
    assert gateway.port
    return session_client
