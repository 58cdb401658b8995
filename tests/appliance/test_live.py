"""Live events: what both workers recorded, in one order, for who is signed in."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.admin_ui.site import csrf
from tests.support.appliance import RunningAppliance, started

EACH = 10


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAppliance]:
    with started(tmp_path_factory.mktemp("live"), workers="2") as running:
        yield running


@pytest.fixture
def person(two: RunningAppliance) -> Iterator[httpx.Client]:
    """Somebody who signed in."""
    with httpx.Client(base_url=two.admin, timeout=30, trust_env=False) as client:
        form = {"email": two.email, "password": two.password, "csrftoken": csrf(client)}
        assert client.post("/login", data=form).status_code == 303
        yield client


def _events(lines: Iterator[str], count: int) -> list[dict[str, Any]]:
    """Read so many exchanges of a stream."""
    found: list[dict[str, Any]] = []
    number = ""
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            number = value
        elif name == "data":
            found.append(json.loads(value))
            assert found[-1]["number"] == int(number)
            if len(found) == count:
                break
    return found


def _ask(two: RunningAppliance, stack: ExitStack) -> list[str]:
    """Ask over connections of both workers; return the ids of the exchanges."""
    clients = [stack.enter_context(httpx.Client(trust_env=False, timeout=30)) for _ in range(4)]
    body = {"model": "demo", "messages": [{"role": "user", "content": "Hello"}]}
    url = f"{two.proxy}/v1/chat/completions"
    answers = [client.post(url, json=body, headers=two.headers()) for _ in range(EACH) for client in clients]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.headers["x-sluicegate-request-id"] for answer in answers]


def test_events_of_both_workers_arrive_in_the_order_of_the_record(
    two: RunningAppliance, person: httpx.Client
) -> None:
    with ExitStack() as stack, person.stream("GET", "/live") as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        lines = answer.iter_lines()
        assert next(lines) == ": watching"
        asked = _ask(two, stack)
        events = _events(lines, len(asked))
    numbers = [event["number"] for event in events]
    assert numbers == list(range(numbers[0], numbers[0] + len(asked)))
    assert {event["id"] for event in events} == set(asked)
    assert {(event["action"], event["outcome"], event["status"]) for event in events} == {
        ("pass", "complete", 200)
    }


def test_who_comes_again_gets_what_was_missed(two: RunningAppliance, person: httpx.Client) -> None:
    with ExitStack() as stack:
        with person.stream("GET", "/live") as answer:
            lines = answer.iter_lines()
            next(lines)
            asked = _ask(two, stack)
            seen = _events(lines, 5)
        again = {"last-event-id": str(seen[-1]["number"])}
        with person.stream("GET", "/live", headers=again) as answer:
            rest = _events(answer.iter_lines(), len(asked) - 5)
    assert {event["id"] for event in (*seen, *rest)} == set(asked)


def test_nobody_watches_without_a_session(two: RunningAppliance) -> None:
    answer = httpx.get(f"{two.admin}/live", trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Flive")


def test_a_watcher_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    with started(tmp_path) as running, httpx.Client(base_url=running.admin, trust_env=False) as client:
        form = {"email": running.email, "password": running.password, "csrftoken": csrf(client)}
        assert client.post("/login", data=form).status_code == 303
        with client.stream("GET", "/live") as answer:
            lines = answer.iter_lines()
            next(lines)
            assert running.stop() == 0
            assert not [line for line in lines if line.startswith("event:")]
