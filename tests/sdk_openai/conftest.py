"""One scripted upstream and one gateway in front of it for the whole run; each test sets its own script."""

from collections.abc import Iterator

import openai
import pytest

from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.openai_api import UPSTREAM_KEY, FakeOpenAI
from tests.support.local_gateway import LocalGateway


@pytest.fixture(scope="session")
def upstream() -> Iterator[FakeOpenAI]:
    """The upstream of the gateway."""
    with FakeOpenAI() as fake:
        yield fake


@pytest.fixture(scope="session")
def served(upstream: FakeOpenAI) -> Iterator[LocalGateway]:
    """The gateway."""
    with LocalGateway(UpstreamSpec("openai", "openai", upstream.base_url, UPSTREAM_KEY)) as gateway:
        yield gateway


@pytest.fixture
def gateway(served: LocalGateway, fake: FakeOpenAI) -> Iterator[LocalGateway]:
    """The gateway under its usual policy, whatever a test sets."""
    assert not fake.requests
    usual = served.policy
    yield served
    served.policy = usual


@pytest.fixture
def fake(upstream: FakeOpenAI) -> FakeOpenAI:
    """The upstream, with nothing received and no script."""
    upstream.reset()
    return upstream


@pytest.fixture
def client(gateway: LocalGateway) -> Iterator[openai.OpenAI]:
    """The official client, with its own habits, retries included."""
    with openai.OpenAI(api_key=gateway.key, base_url=f"{gateway.url}/v1", timeout=20) as client:
        yield client
