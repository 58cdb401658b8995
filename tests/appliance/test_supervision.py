"""Processes that die are replaced, whoever is left goes on, and an end is an end in order."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.support.appliance import RunningAppliance, command, environment, started, until
from tests.support.processes import alive, named


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAppliance]:
    """An appliance with two workers; every test leaves it whole."""
    with started(tmp_path_factory.mktemp("two"), workers="2") as running:
        yield running


def _workers(running: RunningAppliance) -> list[int]:
    return named(running.process.pid, "worker")


def _control(running: RunningAppliance) -> int:
    (pid,) = named(running.process.pid, "control")
    return pid


def _asks(running: RunningAppliance, key: str | None = None) -> int:
    """Ask over a connection of its own."""
    body = {"model": "demo", "messages": [{"role": "user", "content": "Hello"}]}
    url = f"{running.proxy}/v1/chat/completions"
    return httpx.post(url, json=body, headers=running.headers(key), timeout=30, trust_env=False).status_code


def test_a_worker_that_is_killed_is_replaced_and_no_new_connection_fails(two: RunningAppliance) -> None:
    before = _workers(two)
    os.kill(before[0], signal.SIGKILL)
    assert [_asks(two) for _ in range(20)] == [200] * 20
    until(lambda: (before[0] not in (found := _workers(two)) and len(found) == 2) or None, "another")
    assert before[1] in _workers(two)
    ended = two.events("child_ended")[-1]
    assert (ended["child_pid"], ended["code"]) == (before[0], -signal.SIGKILL)


def test_counts_do_not_run_backwards_when_a_worker_is_replaced(two: RunningAppliance) -> None:
    def complete() -> float:
        text = httpx.get(f"{two.proxy}/metrics", trust_env=False).text
        name = 'guardrails_requests_total{outcome="complete",service="gateway"} '
        return float(next(line for line in text.splitlines() if line.startswith(name)).removeprefix(name))

    assert [_asks(two) for _ in range(6)] == [200] * 6
    before, workers = complete(), _workers(two)
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not set(_workers(two)) & set(workers) or None, "both to be replaced")
    assert complete() == before
    assert _asks(two) == 200
    assert complete() == before + 1


def test_without_the_control_process_workers_go_on_and_the_next_one_catches_up(two: RunningAppliance) -> None:
    control = _control(two)
    os.kill(control, signal.SIGSTOP)
    try:
        asked = httpx.post(
            f"{two.proxy}/v1/chat/completions",
            json={"model": "demo", "messages": [{"role": "user", "content": "Hello"}]},
            headers=two.headers(),
            trust_env=False,
        )
        assert asked.status_code == 200
        found = httpx.get(
            f"{two.proxy}/v1/exchanges/anything", headers=two.headers(), timeout=30, trust_env=False
        )
        assert (found.status_code, found.json()["error"]["code"]) == (503, "audit_unavailable")
        stale = until(lambda: _not_ready(two) or None, "readiness to end", 30)
        assert {"control", "database"} <= stale
    finally:
        with suppress(ProcessLookupError):  # its silence was noticed already
            os.kill(control, signal.SIGKILL)
    until(lambda: (not _not_ready(two)) or None, "readiness to come back")
    assert _control(two) != control
    exchange = asked.headers["x-sluicegate-request-id"]
    assert httpx.get(f"{two.proxy}/v1/exchanges/{exchange}", headers=two.headers()).status_code == 200
    key = two.run("key", "create", "--application", "late").stdout.strip()
    until(lambda: _asks(two, key) == 200 or None, "a new key to work")


def _not_ready(running: RunningAppliance) -> set[str]:
    try:
        answer = httpx.get(f"{running.proxy}/ready", trust_env=False).json()
    except httpx.HTTPError:
        return {"nobody"}
    return set(answer.get("not_ready", ()))


def test_when_the_supervisor_is_killed_the_others_end_and_a_restart_works_at_once(tmp_path: Path) -> None:
    ports = _free_ports()
    with started(tmp_path, workers="2", secrets=True, **ports) as running:
        orphans = [*_workers(running), _control(running)]
        assert _asks(running) == 200
        running.process.kill()
        running.process.wait()
        with started(tmp_path, workers="2", secrets=True, **ports) as again:
            assert _asks(again) == 200
            until(lambda: not any(map(alive, orphans)) or None, "the orphans to end")
            assert _asks(again) == 200
            assert again.stop() == 0


def _free_ports() -> dict[str, str]:
    names = ("admin_port", "detection_port", "proxy_port")
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = {name: str(taken.getsockname()[1]) for name, taken in zip(names, sockets, strict=True)}
    for taken in sockets:
        taken.close()
    return ports


def test_a_stop_ends_every_process_and_writes_the_record(tmp_path: Path) -> None:
    with started(tmp_path, workers="2") as running:
        children = [*_workers(running), _control(running)]
        assert [_asks(running) for _ in range(10)] == [200] * 10
        # As a terminal or an init system does, to the whole group.
        for pid in children:
            os.kill(pid, signal.SIGTERM)
        assert running.stop() == 0
        assert not any(map(alive, children))
        assert not list((running.data_dir / "spool").glob("*.seg"))
        assert running.events("stopped")


@pytest.mark.slow
def test_a_worker_that_is_stuck_is_replaced(two: RunningAppliance) -> None:
    before = _workers(two)
    os.kill(before[0], signal.SIGSTOP)
    until(lambda: (not alive(before[0])) or None, "the stuck worker to be killed", 60)
    until(lambda: len(_workers(two)) == 2 or None, "another")
    assert two.events("child_stuck")[-1]["child_pid"] == before[0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"database_url": "postgresql://127.0.0.1:9/none"}, "the database cannot be used: "),
        ({"database_url": "sqlite:////proc/none/file.db"}, "cannot open the database file"),
        ({"api_key": "x" * 24, "admin_email": "a@b", "admin_password": "12345678" * 129}, "admin_password"),
    ],
    ids=["no server", "no folder", "bad setting"],
)
def test_a_start_that_cannot_be_says_why_in_one_line_and_leaves_nobody(
    tmp_path: Path, settings: dict[str, str], words: str
) -> None:
    ran = command("up", folder=tmp_path, env=environment(tmp_path / "var", workers="2", **settings))
    assert ran.returncode != 0
    (line,) = ran.stderr.splitlines()
    assert line.startswith("sluicegate: ")
    assert words in line
    assert ran.stdout == ""
