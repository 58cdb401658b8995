"""A guard model of our own: how it is called, started, watched, started again, ended."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from sluicegate.appliance import vllm_health, vllm_keeper, vllm_process
from sluicegate.appliance.board import Board, Slot
from sluicegate.appliance.errors import ApplianceError
from sluicegate.appliance.guard_settings import GuardSettings, LocalGuard
from sluicegate.appliance.guard_target import guard_target
from sluicegate.appliance.vllm_command import command, environment
from sluicegate.appliance.vllm_keeper import VllmKeeper
from sluicegate.appliance.vllm_process import VllmProcess
from sluicegate.middleware.guard_client.target import Target

_FAKE = (sys.executable, "-I", str(Path(__file__).with_name("fake_vllm.py")))
_SECONDS = 60.0


def target(words: tuple[str, ...] = _FAKE, *arguments: str) -> tuple[LocalGuard, Target]:
    local = LocalGuard(path=Path(), command=words, arguments=arguments)
    found = guard_target(GuardSettings(format="openguardrails", model="guard", local=local))
    assert found is not None
    return local, found


@asynccontextmanager
async def kept(*arguments: str, start: float = _SECONDS) -> AsyncIterator[tuple[VllmKeeper, Slot, Target]]:
    local, place = target(_FAKE, *arguments)
    slot = Board(1).slots[0]
    keeper = VllmKeeper(command(local, place), environment(place, os.environ), place, start, slot)
    keeping = asyncio.create_task(keeper.keep())
    try:
        yield keeper, slot, place
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        assert slot.gauges[0] == 0.0
        assert not runs(keeper.pid)


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(_SECONDS):
        while not look():  # noqa: ASYNC110 - other processes wake nobody here
            await asyncio.sleep(0.01)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def living(group: int) -> list[str]:
    """The processes of a group that are more than a name in a table."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, own = path.read_text().rpartition(")")[2].split()[:3]
            if int(own) == group and state != "Z":
                found.append(path.parent.name)
    return found


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_keeper, "STEP", 0.02)
    monkeypatch.setattr(vllm_keeper, "EVERY", 0.02)
    monkeypatch.setattr(vllm_process, "STOP_SECONDS", 0.2)


def test_the_command_is_that_of_vllm(tmp_path: Path) -> None:
    place = Target("http://127.0.0.1:8123/v1", "guard", "judge", "secret-key")
    local = LocalGuard(
        path=tmp_path,
        command=("/opt/vllm/bin/vllm",),
        gpu_memory=45,
        context=4096,
        arguments=("--dtype", "half"),
    )
    assert command(local, place) == (
        "/opt/vllm/bin/vllm", "serve", str(tmp_path), "--served-model-name", "guard", "--host", "127.0.0.1",
        "--port", "8123", "--max-model-len", "4096", "--gpu-memory-utilization", "0.45", "--dtype", "half",
    )  # fmt: skip


def test_it_gets_nothing_of_ours_and_reports_nothing() -> None:
    ours = {
        "PATH": "/bin",
        "CUDA_VISIBLE_DEVICES": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "OPENAI_API_KEY": "sk-1",
        "SLUICEGATE_API_KEY": "sk-2",
        "AWS_SECRET_ACCESS_KEY": "x",
        "HF_TOKEN": "hf",
        "HF_HUB_OFFLINE": "0",
        "VLLM_API_KEY": "theirs",
    }
    found = environment(Target("http://127.0.0.1:1/v1", "m", "judge", "made-up"), ours)
    assert found == {
        "PATH": "/bin",
        "CUDA_VISIBLE_DEVICES": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_API_KEY": "made-up",
    }


def test_a_key_is_made_up_for_a_model_of_our_own_and_none_for_others() -> None:
    _, one = target()
    _, other = target()
    assert one.api_key
    assert one.api_key != other.api_key
    remote = guard_target(GuardSettings(format="judge", model="m", url="http://10.0.0.1/v1"))
    assert remote is not None
    assert (remote.api_key, remote.base_url) == (None, "http://10.0.0.1/v1")
    assert guard_target(None) is None


async def test_it_is_ready_when_it_answers(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "sluicegate.guard")
    async with kept() as (keeper, slot, place):
        await until(lambda: slot.gauges[0] == 1.0)
        assert slot.gauges[1] == 1.0
        assert keeper.started.is_set()
    assert [record.message for record in caplog.records] == ["guard_model_starting", "guard_model_ready"]
    assert str(place.api_key) not in caplog.text


async def test_a_killed_one_is_started_again_and_leaves_nobody_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with kept("--beside", "yes") as (keeper, slot, _):
        await until(lambda: slot.gauges[0] == 1.0)
        first = keeper.pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: keeper.pid != first and slot.gauges[0] == 1.0)
        assert slot.gauges[1] == 2.0
        await until(lambda: not living(first))
    assert caplog.records[0].__dict__["fields"]["reason"] == "ended with -9"


async def test_one_that_hangs_is_ended_and_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_health, "PATIENCE", 0.5)
    async with kept() as (keeper, slot, _):
        await until(lambda: slot.gauges[0] == 1.0)
        first = keeper.pid
        os.kill(first, signal.SIGSTOP)
        await until(lambda: keeper.pid != first and slot.gauges[0] == 1.0)
        assert not runs(first)


async def test_one_that_ends_while_it_starts_is_tried_again_and_told_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with kept("--end", "3") as (_, slot, _):
        await until(lambda: slot.gauges[1] >= 2.0)
    fields = caplog.records[0].__dict__["fields"]
    assert fields["reason"] == "ended with 3 while it started"
    assert fields["said"][0].startswith("loading ")
    assert slot.gauges[0] == 0.0


async def test_one_that_never_serves_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    async with kept("--name", "another") as (_, slot, _):
        await until(lambda: slot.gauges[1] >= 2.0)
    assert caplog.records[0].__dict__["fields"]["reason"] == "it does not serve the model under that name"


async def test_one_that_speaks_another_format_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    async with kept("--say", "Hello! How can I help?") as (_, slot, _):
        await until(lambda: slot.gauges[0] == 1.0)
    assert [record.__dict__["fields"] for record in caplog.records] == [{"reason": "unreadable"}]
    assert "How can I help" not in caplog.text


async def test_a_command_that_is_not_there_is_an_error() -> None:
    local, place = target(("/nowhere/vllm",))
    keeper = VllmKeeper(command(local, place), {}, place, 1.0, Board(1).slots[0])
    with pytest.raises(ApplianceError, match=r"models\.guard\.command: /nowhere/vllm: No such file"):
        await keeper.keep()


async def test_what_it_prints_once_it_serves_is_dropped() -> None:
    local, place = target()
    process = await VllmProcess.start(command(local, place), environment(place, os.environ))
    try:
        await until(lambda: bool(process.said))
        process.serves()
        assert process.said == []
        os.kill(process.pid, signal.SIGTERM)
        assert await process.ended == -signal.SIGTERM
        assert process.said == []
    finally:
        await process.stop()
