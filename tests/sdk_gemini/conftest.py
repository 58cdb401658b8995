"""One scripted Gemini and one gateway in front of it for the whole run; each test sets its own script."""

from collections.abc import Iterator

import pytest
from google import genai
from google.genai import types

from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.gemini_api import UPSTREAM_KEY, FakeGemini
from tests.support.local_gateway import LocalGateway


@pytest.fixture(scope="session")
def upstream() -> Iterator[FakeGemini]:
    """The upstream of the gateway."""
    with FakeGemini() as fake:
        yield fake


@pytest.fixture(scope="session")
def served(upstream: FakeGemini) -> Iterator[LocalGateway]:
    """The gateway."""
    with LocalGateway(UpstreamSpec("google", "gemini", upstream.base_url, UPSTREAM_KEY)) as gateway:
        yield gateway


@pytest.fixture
def gateway(served: LocalGateway) -> Iterator[LocalGateway]:
    """The gateway under its usual policy, whatever a test sets."""
    usual = served.policy
    yield served
    served.policy = usual


@pytest.fixture(autouse=True)
def fake(upstream: FakeGemini) -> FakeGemini:
    """The upstream, with nothing received and the script that says hello."""
    upstream.reset()
    return upstream


@pytest.fixture(scope="session")
def session_client(served: LocalGateway) -> Iterator[genai.Client]:
    """The official client, that tries again where its maker says so."""
    retry = types.HttpRetryOptions(initial_delay=0.01, max_delay=0.02, jitter=0.0)
    options = types.HttpOptions(base_url=served.url, timeout=20_000, retry_options=retry)
    with genai.Client(api_key=served.key, http_options=options) as made:
        yield made


@pytest.fixture
def client(session_client: genai.Client, gateway: LocalGateway) -> genai.Client:
    """The official client of the gateway."""
    assert gateway.port
    return session_client
