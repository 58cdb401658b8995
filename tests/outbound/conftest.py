"""One scripted upstream for the run; each test has a guard of its own."""

from collections.abc import Iterator

import pytest

from tests.fakes.openai_api import FakeOpenAI
from tests.outbound.house import Outbound


@pytest.fixture(scope="session")
def openai_server() -> Iterator[FakeOpenAI]:
    """The server of all tests."""
    with FakeOpenAI() as fake:
        yield fake


@pytest.fixture
def fake(openai_server: FakeOpenAI) -> FakeOpenAI:
    """The server, with nothing received and its usual script."""
    openai_server.reset()
    return openai_server


@pytest.fixture
def house() -> Outbound:
    """A guard."""
    return Outbound()
