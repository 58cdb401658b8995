"""Scripted upstreams of several formats, and one gateway that reaches each of them by translation."""

from collections.abc import Iterator

import anthropic
import openai
import pytest

from tests.sdk_translated.upstreams import Upstream, all_upstreams
from tests.support.local_gateway import LocalGateway


@pytest.fixture(scope="session")
def upstreams() -> Iterator[dict[str, Upstream]]:
    """One upstream of each format."""
    with all_upstreams() as found:
        yield found


@pytest.fixture(scope="session")
def served(upstreams: dict[str, Upstream]) -> Iterator[LocalGateway]:
    """The gateway."""
    with LocalGateway(*(upstream.spec for upstream in upstreams.values())) as gateway:
        yield gateway


@pytest.fixture
def gateway(served: LocalGateway, upstreams: dict[str, Upstream]) -> Iterator[LocalGateway]:
    """The gateway under its usual policy, whatever a test sets; the upstreams have received nothing."""
    for upstream in upstreams.values():
        upstream.fake.reset()
    usual = served.policy
    yield served
    served.policy = usual


@pytest.fixture
def upstream(request: pytest.FixtureRequest, upstreams: dict[str, Upstream]) -> Upstream:
    """The upstream that a test is run with, by the name it is parametrized with."""
    name: str = request.param
    return upstreams[name]


@pytest.fixture
def chat(gateway: LocalGateway) -> Iterator[openai.OpenAI]:
    """OpenAI's official client; a failed call is made once."""
    with openai.OpenAI(
        api_key=gateway.key, base_url=f"{gateway.url}/v1", timeout=20, max_retries=0
    ) as client:
        yield client


@pytest.fixture
def messages(gateway: LocalGateway) -> Iterator[anthropic.Anthropic]:
    """Anthropic's official client; a failed call is made once."""
    with anthropic.Anthropic(api_key=gateway.key, base_url=gateway.url, timeout=20, max_retries=0) as client:
        yield client
