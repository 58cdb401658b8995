"""An appliance over the demo upstream, one for a test file."""

from collections.abc import Iterator

import pytest

from tests.support.appliance import RunningAppliance, started


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAppliance]:
    """A running appliance with supplied secrets."""
    with started(tmp_path_factory.mktemp("appliance")) as running:
        yield running
