"""Real appliances, one for each shape, shared by the tests of a file."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.appliance import KEY, PASSWORD, RunningAppliance

type Launch = Callable[..., RunningAppliance]


@pytest.fixture(scope="session")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    """Start appliances; all are stopped at the end."""
    started: list[RunningAppliance] = []

    def start(**settings: str) -> RunningAppliance:
        folder: Path = tmp_path_factory.mktemp("appliance")
        usual = {"api_key": KEY, "admin_password": PASSWORD, "rate_limit": "off"}
        started.append(RunningAppliance(folder, "up", usual | settings))
        return started[-1]

    yield start
    for appliance in started:
        appliance.close()


@pytest.fixture(scope="session")
def appliance(launch: Launch) -> RunningAppliance:
    """An appliance without limits."""
    return launch()
