"""An appliance that runs a guard model of its own: asked, broken in every way, killed, and back by itself."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from tests.support.appliance import RunningAppliance, started, until

_FAKE = [sys.executable, "-I", str(Path(__file__).with_name("fake_vllm.py"))]
_POLICY = """
extends = "balanced"
[tiers.guard_model]
use = "always"
fail = "{fail}"
deadline_ms = 2000
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "guard"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Iterator[RunningAppliance]:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "policies").mkdir()
    for fail in ("open", "closed"):
        (folder / "policies" / f"fails_{fail}.toml").write_text(_POLICY.format(fail=fail))
    toml = f"""
    policy = "fails_closed"
    [models.guard]
    path = "{model}"
    format = "openguardrails"
    command = {_FAKE}
    [policies]
    folder = "{folder}/policies"
    [policies.routes]
    "/v1/completions" = "fails_open"
    """
    with started(folder, toml=toml, demo="true", log_format="json") as running:
        _until_ready(running, 1)
        yield running
        pid = running.events("guard_model_starting")[-1]["guard_pid"]
        assert running.stop() == 0
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert "question" not in running.log


def _metric(running: RunningAppliance, name: str) -> float:
    lines = running.client.get(f"{running.proxy}/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name + " ")), -1.0)


def _until_ready(running: RunningAppliance, starts: int) -> None:
    def ready() -> bool | None:
        up = _metric(running, "sluicegate_guard_model_ready") == 1
        return (up and _metric(running, "sluicegate_guard_model_starts_total") >= starts) or None

    until(ready, "the guard model to be ready")


def _blocked(running: RunningAppliance, text: str) -> bool:
    answer = running.ask(text)
    assert answer.status_code == 200
    return bool(answer.json()["choices"][0]["finish_reason"] == "content_filter")


def _until_asked(running: RunningAppliance) -> None:
    """A guard that was away is asked again after its rest; until then everything is blocked."""
    numbers = count()
    until(
        lambda: not _blocked(running, f"Harmless {next(numbers)}, {time.monotonic()}") or None, "a judgement"
    )


@pytest.fixture
def mode(model: Path) -> Iterator[Path]:
    path = model / "mode"
    yield path
    path.unlink(missing_ok=True)


def test_what_the_guard_finds_is_blocked(appliance: RunningAppliance) -> None:
    _until_asked(appliance)
    assert _blocked(appliance, "A FORBIDDEN question")
    assert "Guard model" in appliance.output


@pytest.mark.parametrize("trouble", ["error", "garbage", "hang"])
def test_what_nobody_judged_is_blocked_where_the_policy_says_so(
    appliance: RunningAppliance, mode: Path, trouble: str
) -> None:
    _until_asked(appliance)
    mode.write_text(trouble)
    assert _blocked(appliance, f"During {trouble}")
    mode.unlink()
    _until_asked(appliance)


def test_what_nobody_judged_passes_and_is_counted_where_the_policy_says_so(
    appliance: RunningAppliance, mode: Path
) -> None:
    def completed(text: str) -> int:
        url = f"{appliance.proxy}/v1/completions"
        answer = appliance.client.post(
            url, json={"model": "demo", "prompt": text}, headers=appliance.headers()
        )
        assert answer.status_code == 200
        return len([choice for choice in answer.json()["choices"] if choice["finish_reason"] == "stop"])

    unjudged = 'sluicegate_tier_texts_total{outcome="unjudged",tier="guard_model"}'
    _until_asked(appliance)
    before = _metric(appliance, unjudged)
    mode.write_text("error")
    assert completed("Open, during") == 1
    assert _metric(appliance, unjudged) == max(before, 0) + 1


def test_killed_under_load_nothing_passes_that_it_would_have_found(appliance: RunningAppliance) -> None:
    starts = _metric(appliance, "sluicegate_guard_model_starts_total")
    over = threading.Event()

    def asking(number: int) -> list[bool]:
        found: list[bool] = []
        while not over.is_set() or len(found) < 10:
            found.append(_blocked(appliance, f"FORBIDDEN {number} {len(found)}"))
        return found

    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(asking, number) for number in range(4)]
        os.kill(appliance.events("guard_model_starting")[-1]["guard_pid"], signal.SIGKILL)
        _until_ready(appliance, int(starts) + 1)
        over.set()
        assert all(all(thread.result()) for thread in asked)


def test_killed_it_comes_back_by_itself(appliance: RunningAppliance) -> None:
    starts = _metric(appliance, "sluicegate_guard_model_starts_total")
    _until_asked(appliance)
    os.kill(appliance.events("guard_model_starting")[-1]["guard_pid"], signal.SIGKILL)
    _until_ready(appliance, int(starts) + 1)
    _until_asked(appliance)
    assert appliance.events("guard_model_ended")[-1]["reason"] == "ended with -9"
