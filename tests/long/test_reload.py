"""100,000 requests during reloads and with workers ending in order: none fails."""

import signal
from pathlib import Path

import pytest

from tests.appliance.load import Load
from tests.support.appliance import started, until

REQUESTS = 100_000
RELOADS = 20


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_request_fails_through_many_reloads(tmp_path: Path) -> None:
    with started(tmp_path, workers="2", drain_seconds="5") as running:
        load = Load(running)
        with load.running(connections=16) as enough:
            for number in range(1, RELOADS + 1):
                enough(number * REQUESTS // (RELOADS + 1))
                running.process.send_signal(signal.SIGHUP)
                until(lambda number=number: len(running.events("reloaded")) == number or None, "a reload")  # type: ignore[misc] # a default binds the number
            enough(REQUESTS)
        assert load.failures == []
        assert load.done >= REQUESTS
