"""The supervisor itself, over children that only pretend."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT
from tests.support.appliance import until
from tests.support.processes import alive, named

SCRIPT = Path(__file__).with_name("crew.py")


class Running:
    """A supervisor in a process, and what its children noted."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self._log = (folder / "log.txt").open("w")
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), *arguments],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
            stderr=self._log,
        )

    @property
    def notes(self) -> list[str]:
        """What children noted so far."""
        path = self.folder / "notes.txt"
        return path.read_text().splitlines() if path.exists() else []

    def events(self, name: str) -> list[dict[str, Any]]:
        """The events of one name in the log so far."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    @property
    def log(self) -> str:
        """What it said on stderr so far."""
        return (self.folder / "log.txt").read_text()

    @property
    def said(self) -> list[str]:
        """Lines of stderr that are no events."""
        return [line for line in self.log.splitlines() if not line.startswith("{")]

    def workers(self) -> list[int]:
        """Workers that live."""
        return named(self.process.pid, "worker")

    def wait(self) -> int:
        """Wait for the end."""
        return self.process.wait(60)

    def close(self) -> None:
        """End it whatever it is doing."""
        self._log.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*arguments: str) -> Running:
        started.append(Running(tmp_path, *arguments))
        return started[-1]

    yield start
    for running in started:
        running.close()


def _until_started(running: Running) -> None:
    until(lambda: running.events("started") or None, "the start")


def _replaced(running: Running, pid: int) -> bool | None:
    workers = running.workers()
    return (pid not in workers and len(workers) == 2) or None


def test_all_are_announced_once_and_control_ends_last(run: Callable[..., Running]) -> None:
    running = run("good")
    _until_started(running)
    until(lambda: "control announce" in running.notes or None, "the announcement")
    running.process.send_signal(signal.SIGTERM)
    assert running.wait() == 0
    assert running.notes.count("control announce") == 1
    assert running.notes[-1] == "control drain"
    assert running.notes.count("worker drain") == 2


def test_a_child_that_says_why_it_cannot_be_ends_the_start(run: Callable[..., Running]) -> None:
    running = run("refused")
    assert running.wait() == 3
    assert running.said == ["the moon is full"]
    assert "control drain" in running.notes or "control ready" not in running.notes


def test_children_that_end_without_a_word_are_tried_three_times(run: Callable[..., Running]) -> None:
    running = run("dies")
    assert running.wait() == 1
    assert [line for line in running.said if "ended 3 times while it started" in line]
    assert 3 <= running.notes.count("born") <= 6


def test_the_words_of_a_failure_are_not_told(run: Callable[..., Running]) -> None:
    running = run("breaks")
    assert running.wait() == 1
    assert "secret" not in running.log
    assert running.said[0].startswith("worker ")
    assert "ValueError at crew.py" in running.said[0]


def test_a_worker_that_ends_is_replaced_ever_more_slowly(run: Callable[..., Running]) -> None:
    running = run("good")
    _until_started(running)
    for number in range(1, 4):
        (before, other) = running.workers()
        os.kill(before, signal.SIGKILL)
        until(partial(_replaced, running, before), "another")
        assert len(running.events("child_ended")) == number
        assert other in running.workers()


def test_a_generation_that_cannot_be_leaves_the_one_before_in_place(run: Callable[..., Running]) -> None:
    running = run("good", "refused")
    _until_started(running)
    before = running.workers()
    running.process.send_signal(signal.SIGHUP)
    until(lambda: running.events("reload_failed") or None, "the reload to fail")
    assert running.events("reload_failed")[0]["reason"] == "the moon is full"
    assert running.workers() == before
    running.process.send_signal(signal.SIGTERM)
    assert running.wait() == 0


def test_settings_that_are_wrong_start_nobody(run: Callable[..., Running]) -> None:
    running = run("good", "bad")
    _until_started(running)
    before = running.workers()
    running.process.send_signal(signal.SIGHUP)
    until(lambda: running.events("reload_failed") or None, "the reload to fail")
    assert running.events("reload_failed")[0]["reason"] == "no such setting"
    assert running.notes.count("worker ready") == 2
    assert running.workers() == before


def test_a_reload_replaces_everybody_workers_first(run: Callable[..., Running]) -> None:
    running = run("good")
    _until_started(running)
    before = [*running.workers(), *named(running.process.pid, "control")]
    running.process.send_signal(signal.SIGHUP)
    until(lambda: running.notes.count("control ready") == 2 or None, "the new control process")
    until(lambda: not any(map(alive, before)) or None, "the old ones to end")
    assert running.notes.count("worker retire") == 2
    assert running.notes[: running.notes.index("control drain")].count("worker ready") == 4
    assert not running.events("child_ended")
    assert len(running.workers()) == 2


def test_a_stop_ends_also_those_who_were_about_to_leave(run: Callable[..., Running]) -> None:
    running = run("lingers")
    _until_started(running)
    running.process.send_signal(signal.SIGHUP)
    until(lambda: running.notes.count("control ready") == 2 or None, "the new control process")
    assert len(running.workers()) == 4
    running.process.send_signal(signal.SIGTERM)
    assert running.wait() == 0
    assert running.notes.count("lingering drain") == 2
    assert running.notes[-1] == "control drain"


def test_orphans_know_at_once(run: Callable[..., Running]) -> None:
    running = run("good")
    _until_started(running)
    children = [*running.workers(), *named(running.process.pid, "control")]
    running.process.kill()
    until(lambda: not any(map(alive, children)) or None, "the orphans to end")
    assert running.notes.count("worker orphaned") == 2
    assert running.notes.count("control orphaned") == 1


@pytest.mark.slow
def test_a_silent_child_is_killed_and_replaced_and_does_not_hold_up_a_stop(
    run: Callable[..., Running],
) -> None:
    running = run("silent")
    _until_started(running)
    until(lambda: running.events("child_stuck") or None, "a silent child to be noticed", 60)
    until(lambda: running.notes.count("silent ready") >= 4 or None, "others in their place")
    running.process.send_signal(signal.SIGTERM)
    assert running.wait() == 0
    assert not running.workers()


def test_a_second_signal_ends_everything_at_once(run: Callable[..., Running]) -> None:
    running = run("silent")
    _until_started(running)
    children = [*running.workers(), *named(running.process.pid, "control")]
    running.process.send_signal(signal.SIGINT)
    until(lambda: running.events("draining") or None, "the drain to begin")
    running.process.send_signal(signal.SIGINT)
    assert running.wait() == 1
    until(lambda: not any(map(alive, children)) or None, "all to end")
