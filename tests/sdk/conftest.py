"""One scripted upstream and one appliance a policy for the whole run; each test sets its own script."""

from collections.abc import Callable, Iterator

import openai
import pytest

from tests.fakes.openai_api import UPSTREAM_KEY, FakeOpenAI
from tests.sdk.gateway import Gateway

type Launch = Callable[..., Gateway]


@pytest.fixture(scope="session")
def upstream() -> Iterator[FakeOpenAI]:
    """The upstream of every appliance."""
    with FakeOpenAI() as fake:
        yield fake


@pytest.fixture(autouse=True)
def fake(upstream: FakeOpenAI) -> FakeOpenAI:
    """The upstream, with nothing received and the script that says hello, whoever asked before."""
    upstream.reset()
    return upstream


@pytest.fixture(scope="session")
def launch(upstream: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    """Start appliances; all are stopped at the end."""
    started: list[Gateway] = []

    def start(extra: str = "", **settings: str) -> Gateway:
        place = tmp_path_factory.mktemp("appliance")
        gateway = Gateway(place, upstream.base_url, UPSTREAM_KEY, settings, extra)
        started.append(gateway)
        gateway.start()
        return gateway

    yield start
    for gateway in started:
        gateway.stop()


@pytest.fixture(scope="session")
def balanced(launch: Launch) -> Gateway:
    """The default policy."""
    return launch(policy="balanced")


@pytest.fixture(scope="session")
def strict(launch: Launch) -> Gateway:
    """The strict policy."""
    return launch(policy="strict")


@pytest.fixture(scope="session")
def monitor(launch: Launch) -> Gateway:
    """The policy that only records."""
    return launch(policy="monitor")


@pytest.fixture(scope="session")
def error_style(launch: Launch) -> Gateway:
    """The default policy, blocking with an error."""
    return launch(policy="balanced", block_style="error")


@pytest.fixture(scope="session")
def other_key(balanced: Gateway) -> str:
    """A key of a second application of the balanced appliance."""
    return balanced.create_key("second")


@pytest.fixture
def client(balanced: Gateway, fake: FakeOpenAI) -> Iterator[openai.OpenAI]:
    """The official client of the balanced appliance; the upstream says hello unless told otherwise."""
    assert not fake.requests
    with balanced.client() as made:
        yield made
