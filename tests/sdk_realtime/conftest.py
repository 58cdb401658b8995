"""One scripted provider of each kind and a gateway in front of it; each test sets its own script."""

from collections.abc import Iterator

import pytest

from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.live_api import FakeLive
from tests.gateway.pool.authority import Authority
from tests.support.socket_gateway import SocketGateway

UPSTREAM_KEY = "upstream-key"


@pytest.fixture(scope="session")
def provider() -> Iterator[FakeLive]:
    """The provider of all tests."""
    with FakeLive() as fake:
        yield fake


@pytest.fixture(autouse=True)
def fake(provider: FakeLive) -> FakeLive:
    """The provider, with nothing received and nothing to say."""
    provider.reset()
    return provider


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who certifies the gateways that speak TLS."""
    return Authority.create(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def served(provider: FakeLive) -> Iterator[SocketGateway]:
    """A gateway of OpenAI's format."""
    spec = UpstreamSpec("voice", "openai", provider.base_url + "/v1", UPSTREAM_KEY)
    with SocketGateway(spec) as gateway:
        yield gateway


@pytest.fixture
def gateway(served: SocketGateway) -> Iterator[SocketGateway]:
    """The gateway under its usual policy, with an empty record, whatever a test sets."""
    usual = served.policy
    served.ports.audit.entries.clear()
    yield served
    served.policy = usual
