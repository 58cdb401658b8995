"""One scripted Anthropic and one gateway in front of it for the whole run; each test sets its own script."""

from collections.abc import Iterator

import anthropic
import pytest

from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.anthropic_api import FakeAnthropic
from tests.fakes.scripted_api import KEY
from tests.support.local_gateway import LocalGateway


@pytest.fixture(scope="session")
def upstream() -> Iterator[FakeAnthropic]:
    """The upstream of the gateway."""
    with FakeAnthropic() as fake:
        yield fake


@pytest.fixture(scope="session")
def served(upstream: FakeAnthropic) -> Iterator[LocalGateway]:
    """The gateway."""
    with LocalGateway(UpstreamSpec("anthropic", "anthropic", upstream.base_url, KEY)) as gateway:
        yield gateway


@pytest.fixture
def gateway(served: LocalGateway, fake: FakeAnthropic) -> Iterator[LocalGateway]:
    """The gateway under its usual policy, whatever a test sets."""
    assert not fake.requests
    usual = served.policy
    yield served
    served.policy = usual


@pytest.fixture
def fake(upstream: FakeAnthropic) -> FakeAnthropic:
    """The upstream, with nothing received and the script that says hello."""
    upstream.reset()
    return upstream


@pytest.fixture
def client(gateway: LocalGateway) -> Iterator[anthropic.Anthropic]:
    """The official client with its own habits, retries included."""
    with anthropic.Anthropic(api_key=gateway.key, base_url=gateway.url, timeout=20) as client:
        yield client
