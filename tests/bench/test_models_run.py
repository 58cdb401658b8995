"""The load of the models' benchmark, and what it concludes."""

from collections.abc import Iterator
from itertools import count, islice

import pytest

from sluicegate.appliance.bench import models_run
from sluicegate.appliance.bench.benign_mix import requests
from sluicegate.appliance.bench.models_run import Figures, _answers
from sluicegate.appliance.bench.open_load import BadAnswer, Load, Upstream
from sluicegate.appliance.bench.subject import free_port


def numbers() -> Iterator[str]:
    return (f"text {number}" for number in count())


def test_the_mix_is_the_same_again_and_holds_nothing_twice() -> None:
    first = list(islice(requests(7), 500))
    assert first == list(islice(requests(7), 500))
    assert first != list(islice(requests(8), 500))
    assert len(set(first)) == len(first)
    assert {len(text) > 1000 for text in first} == {True, False}


async def test_both_loads_count_what_was_answered() -> None:
    upstream, port = Upstream(), free_port()
    await upstream.start(port)
    load = Load(port, {"x-a": "b"}, numbers())
    try:
        closed = await load.closed(2, 0.05)
        upstream.delay = 0.02
        opened = await load.open(200.0, 0.1, seed=1)
    finally:
        await load.close()
        await upstream.close()
    assert closed.rate > 0
    assert len(closed.first) == len(closed.last)
    assert opened.last
    assert all(0.02 <= first <= last for first, last in zip(opened.first, opened.last, strict=True))


async def test_a_connection_that_was_closed_meanwhile_is_not_used_again() -> None:
    upstream, port = Upstream(), free_port()
    await upstream.start(port)
    load = Load(port, {}, numbers())
    try:
        await load.closed(2, 0.02)
        for writer in tuple(upstream._open):
            writer.close()
        for reader, _ in load._free:
            assert await reader.read() == b""
        assert (await load.closed(2, 0.02)).rate > 0
    finally:
        await load.close()
        await upstream.close()


async def test_an_answer_of_somebody_else_ends_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    upstream, port = Upstream(), free_port()
    await upstream.start(port)
    monkeypatch.setattr("sluicegate.appliance.bench.open_load.MARK", "another end")
    load = Load(port, {}, numbers())
    try:
        with pytest.raises(ExceptionGroup) as caught:
            await load.closed(1, 1.0)
    finally:
        await load.close()
        await upstream.close()
    assert caught.group_contains(BadAnswer)


def test_targets_compare_round_by_round() -> None:
    found = {
        "patterns": Figures([100.0, 200.0], [1.0, 2.0], [5.0, 5.0], [101.0, 100.0]),
        "models": Figures([80.0, 120.0], [1.2, 2.2], [9.0, 30.0]),
        "gating": Figures(first=[110.0, 110.0]),
        "racing": Figures(first=[101.5, 100.25]),
    }
    answers = _answers(found)
    assert [answer.found and round(answer.found.middle, 3) for answer in answers] == [0.7, 1.15, 14.5, 0.375]
    assert [answer.reached for answer in answers] == [True] * 4
    assert [subject.name for subject in models_run.SUBJECTS] == list(found)
