"""An appliance whose small transformer is killed under load: what nobody judged is stopped or told of."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tests.support.appliance import RunningAppliance, started, until
from tests.support.processes import named

pytestmark = pytest.mark.long

_POLICY = """
extends = "balanced"
[tiers.transformer]
use = "always"
fail = "{fail}"
deadline_ms = 3000
"""
_ROUTES = {"closed": "/v1/chat/completions", "open": "/v1/completions"}
_SETTINGS = """
policy = "fails_closed"
[policies]
folder = "{folder}/policies"
[policies.routes]
"/v1/completions" = "fails_open"
"""
_numbers = count()


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAppliance]:
    folder = tmp_path_factory.mktemp("killed")
    (folder / "policies").mkdir()
    for fail in _ROUTES:
        (folder / "policies" / f"fails_{fail}.toml").write_text(_POLICY.format(fail=fail))
    with started(folder, toml=_SETTINGS.format(folder=folder), demo="true", log_format="json") as running:
        _until_judged(running)
        yield running
        assert running.stop() == 0
        assert "vegetables" not in running.log


def _passes(running: RunningAppliance, fail: str) -> bool:
    """Say whether a text that nobody sent before, and nothing is wrong with, is answered."""
    text = f"Which vegetables can be planted in April? Please name {next(_numbers)} of them."
    asked = {"prompt": text} if fail == "open" else {"messages": [{"role": "user", "content": text}]}
    url = f"{running.proxy}{_ROUTES[fail]}"
    answer = running.client.post(url, json={"model": "demo", **asked}, headers=running.headers())
    assert answer.status_code == 200
    return bool(answer.json()["choices"][0]["finish_reason"] == "stop")


def _until_judged(running: RunningAppliance) -> None:
    until(lambda: _passes(running, "closed") or None, "the transformer to judge")


def _texts(running: RunningAppliance, outcome: str) -> int:
    name = f'sluicegate_tier_texts_total{{outcome="{outcome}",tier="transformer"}} '
    lines = running.client.get(f"{running.proxy}/metrics").text.splitlines()
    return next((int(float(line.removeprefix(name))) for line in lines if line.startswith(name)), 0)


def _kill(running: RunningAppliance, but: int) -> int:
    """Kill the process as soon as there is another one than `but`; return which it was."""

    def there() -> int | None:
        return next((pid for pid in named(running.process.pid, "transformer") if pid != but), None)

    pid = until(there, "the transformer's process")
    os.kill(pid, signal.SIGKILL)
    return pid


@pytest.mark.parametrize("fail", ["closed", "open"])
def test_wall_5_killed_under_load_every_text_is_judged_stopped_or_told_of(
    appliance: RunningAppliance, fail: str
) -> None:
    _until_judged(appliance)
    judged, unjudged = _texts(appliance, "judged"), _texts(appliance, "unjudged")
    over, silent = threading.Event(), threading.Event()

    def asking() -> list[bool]:
        found: list[bool] = []
        while not over.is_set():
            found.append(_passes(appliance, fail))
            if _texts(appliance, "unjudged") > unjudged:
                silent.set()
        return found

    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(asking) for _ in range(3)]
        try:
            second = _kill(appliance, _kill(appliance, 0))
            assert silent.wait(30)
        finally:
            over.set()
        answers = [passed for thread in asked for passed in thread.result()]
    judged, unjudged = _texts(appliance, "judged") - judged, _texts(appliance, "unjudged") - unjudged
    assert unjudged > 0
    assert judged + unjudged == len(answers)
    assert answers.count(True) == (judged if fail == "closed" else len(answers))
    _until_judged(appliance)
    assert second not in named(appliance.process.pid, "transformer")
