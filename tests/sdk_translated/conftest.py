"""Scripted upstreams of several formats, and one gateway that reaches each of them by translation."""

from collections.abc import Iterator

import openai
import pytest

from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.anthropic_api import FakeAnthropic
from tests.fakes.scripted_api import KEY
from tests.support.local_gateway import LocalGateway


@pytest.fixture(scope="session")
def claude() -> Iterator[FakeAnthropic]:
    """An upstream that speaks Anthropic's format."""
    with FakeAnthropic() as fake:
        yield fake


@pytest.fixture(scope="session")
def served(claude: FakeAnthropic) -> Iterator[LocalGateway]:
    """The gateway."""
    specs = [UpstreamSpec("claude", "anthropic", claude.base_url, KEY, ("claude-*",), translate=True)]
    with LocalGateway(*specs) as gateway:
        yield gateway


@pytest.fixture
def gateway(served: LocalGateway, claude: FakeAnthropic) -> Iterator[LocalGateway]:
    """The gateway under its usual policy, whatever a test sets; the upstreams have received nothing."""
    for fake in (claude,):
        fake.reset()
    usual = served.policy
    yield served
    served.policy = usual


@pytest.fixture
def chat(gateway: LocalGateway) -> Iterator[openai.OpenAI]:
    """OpenAI's official client with its own habits, retries included."""
    with openai.OpenAI(api_key=gateway.key, base_url=f"{gateway.url}/v1", timeout=20) as client:
        yield client
