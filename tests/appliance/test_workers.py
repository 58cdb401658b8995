"""Two workers behind one port: they share it evenly, count together and know the same."""

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.support.appliance import KEY, RunningAppliance, started, until
from tests.support.processes import connections, named, resident

BODY = json.dumps({"model": "demo", "messages": [{"role": "user", "content": "Hello"}]})
LIMIT = 100
MOST_RESIDENT = 100 * 1024 * 1024


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAppliance]:
    """An appliance with two workers."""
    with started(tmp_path_factory.mktemp("two"), workers="2") as running:
        yield running


class Caller:
    """One keep-alive connection."""

    def __init__(self, running: RunningAppliance, key: str = KEY) -> None:
        self._connection = http.client.HTTPConnection(running.proxy.removeprefix("http://"), timeout=30)
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    def ask(self) -> int:
        """Ask and return the status."""
        self._connection.request("POST", "/v1/chat/completions", BODY, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def close(self) -> None:
        self._connection.close()


def _port(running: RunningAppliance) -> int:
    return int(running.proxy.rpartition(":")[2])


def _workers(running: RunningAppliance) -> list[int]:
    return named(running.process.pid, "worker")


def _callers(stack: ExitStack, running: RunningAppliance, count: int, key: str = KEY) -> list[Caller]:
    """Open connections one after the other, each of which was answered."""
    callers = [Caller(running, key) for _ in range(count)]
    for caller in callers:
        stack.callback(caller.close)
        assert caller.ask() == 200
    return callers


def _empty(running: RunningAppliance) -> None:
    """Wait until nobody is connected any more."""
    running.client.close()
    running.client = httpx.Client(timeout=30, trust_env=False)
    port = _port(running)
    until(lambda: not any(connections(pid, port) for pid in _workers(running)) or None, "nobody to be there")


@pytest.mark.parametrize("count", [16, 64])
def test_connections_are_shared_evenly(two: RunningAppliance, count: int) -> None:
    _empty(two)
    with ExitStack() as stack, ThreadPoolExecutor(count) as pool:
        callers = [Caller(two) for _ in range(count)]
        for caller in callers:
            stack.callback(caller.close)
        assert set(pool.map(Caller.ask, callers)) == {200}
        shares = [connections(pid, _port(two)) for pid in _workers(two)]
    assert sum(shares) == count
    # exactly half each, but for a machine with much else to do
    assert min(shares) >= count // 4


def test_a_worker_is_small_and_knows_no_database(two: RunningAppliance) -> None:
    for pid in _workers(two):
        assert resident(pid) < MOST_RESIDENT
        maps = Path(f"/proc/{pid}/maps").read_text()
        assert "greenlet" not in maps
        assert "_sqlite3" not in maps


def test_a_key_that_is_revoked_is_refused_by_both(two: RunningAppliance) -> None:
    key = two.run("key", "create", "--application", "shop").stdout.strip()
    until(lambda: two.ask("Hello", key=key).status_code == 200 or None, "the new key to work", 10)
    line = next(line for line in two.run("key", "list").stdout.splitlines() if " shop " in line)
    _empty(two)
    with ExitStack() as stack:
        callers = _callers(stack, two, 4, key)
        assert all(connections(pid, _port(two)) == 2 for pid in _workers(two))
        assert two.run("key", "revoke", line.split()[0]).returncode == 0
        until(lambda: {caller.ask() for caller in callers} == {401} or None, "all to be refused", 10)


def test_both_count_the_metrics_of_all(two: RunningAppliance) -> None:
    assert two.ask("Hello").status_code == 200
    _empty(two)

    def complete(caller: httpx.Client) -> float:
        text = caller.get(f"{two.proxy}/metrics").text
        name = 'guardrails_requests_total{outcome="complete",service="gateway"} '
        return float(next(line for line in text.splitlines() if line.startswith(name)).removeprefix(name))

    with ExitStack() as stack:
        clients = [stack.enter_context(httpx.Client(trust_env=False)) for _ in range(2)]
        before = {complete(client) for client in clients}
        assert len(before) == 1
        for caller in _callers(stack, two, 6):
            caller.ask()
        assert {complete(client) for client in clients} == {before.pop() + 12}
        assert len([pid for pid in _workers(two) if connections(pid, _port(two))]) == 2


def test_an_exchange_is_found_whichever_worker_is_asked(two: RunningAppliance) -> None:
    asked = two.ask("Hello").headers["x-sluicegate-request-id"]
    _empty(two)
    with ExitStack() as stack:
        for _ in range(4):
            client = stack.enter_context(httpx.Client(trust_env=False, headers=two.headers()))
            found = client.get(f"{two.proxy}/v1/exchanges/{asked}")
            assert (found.status_code, found.json()["outcome"]) == (200, "complete")
            assert client.get(f"{two.proxy}/v1/exchanges/nothing").status_code == 404


def test_a_limit_counts_both_workers_together(tmp_path: Path) -> None:
    with (
        started(tmp_path, workers="2", rate_limit="off", proxy_rate_limit=f"{LIMIT}/minute") as running,
        ThreadPoolExecutor(8) as pool,
        ExitStack() as stack,
    ):
        callers = [Caller(running) for _ in range(8)]
        for caller in callers:
            stack.callback(caller.close)

        def ask(caller: Caller) -> list[int]:
            return [caller.ask() for _ in range(40)]

        statuses = [status for answers in pool.map(ask, callers) for status in answers]
        assert set(statuses) == {200, 429}
        assert LIMIT - 1 <= statuses.count(200) <= LIMIT + 1
        served = [connections(pid, _port(running)) for pid in _workers(running)]
        assert min(served) >= 2
