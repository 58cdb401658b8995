"""The table of targets answers what the rows say."""

import pytest

from sluicegate.appliance.bench.figures import Spread
from sluicegate.appliance.bench.orders import Measured
from sluicegate.appliance.bench.rounds import Process, Row
from sluicegate.appliance.bench.summary import Summary
from sluicegate.appliance.bench.targets import (
    Answer,
    Target,
    exchange_answers,
    memory_answer,
    scaling_answers,
)

_CELLS = ("plain-1", "plain-16", "hits-16", "stream-16", "stream-64")


def _row(number: int, subject: str, cell: str, *, cpu: float, p50: float, rate: float = 100) -> Row:
    frames = 1000 if cell.startswith("stream") else 0
    measured = Measured(
        requests=1000, sent=frames, seconds=1000 / rate, latency={"p50": p50, "p99": 2 * p50}, cpu=cpu / 1000
    )
    return Row(number, subject, cell, measured, 0.0)


def _rows(**costs: float) -> list[Row]:
    """Rows of three rounds in which a subject takes `costs` microseconds, and waits ten times that."""
    return [
        _row(number, subject.replace("_", "+"), cell, cpu=cost * number, p50=100 + 10 * cost * number)
        for number in (1, 2, 3)
        for cell in _CELLS
        for subject, cost in costs.items()
    ]


def _answers(rows: list[Row]) -> dict[str, Answer]:
    return {answer.target.text: answer for answer in exchange_answers(Summary(rows))}


def test_ratios_are_those_of_each_round() -> None:
    found = _answers(_rows(direct=0, nginx=20, guarded=80, ferrogw=200, ferrogw_guards=1000))
    expected = {
        "CPU a request, 16 at once, to nginx's": 4,
        "CPU a request, ferrogw's to ours": 2.5,
        "CPU, ferrogw's with four guards to ours": 12.5,
        "added p50, one at a time, to nginx's": 4,
        "added p50 of frames, 64 streams": 4,
        "CPU of a request with hits to one without": 1,
    }
    for text, ratio in expected.items():
        spread = found[text].found
        assert spread is not None
        assert [spread.least, spread.middle, spread.most] == pytest.approx([ratio] * 3), text
    words = [answer.word for answer in found.values()]
    assert words == ["reached"] * 3 + ["not reached"] * 3 + ["not measured", "reached"]


def test_throughput_is_compared_with_unguarded() -> None:
    rows = [_row(1, "guarded", "plain-16", cpu=1, p50=1, rate=80)]
    rows += [_row(1, "unguarded", "plain-16", cpu=1, p50=1, rate=100)]
    assert _answers(rows)["throughput, 16 at once, to unguarded"].found == Spread(0.8, 0.8, 0.8)


def test_a_void_cell_answers_nothing() -> None:
    rows = _rows(direct=0, nginx=20, guarded=80)
    rows = [
        Row(row.round, row.subject, row.cell, Measured(error="no"), 0) if row.subject == "nginx" else row
        for row in rows
    ]
    summary = Summary(rows)
    assert len(summary.void()) == 15
    assert _answers(rows)["CPU a request, 16 at once, to nginx's"].word == "not measured"


@pytest.mark.parametrize(("found", "word"), [(2.2, "reached"), (2.21, "not reached"), (0.1, "reached")])
def test_at_most_takes_the_limit_itself(found: float, word: str) -> None:
    assert Answer(Target("x", "at most", 2.2), Spread(found, 0, 9)).word == word


@pytest.mark.parametrize(("found", "word"), [(2.0, "reached"), (1.99, "not reached"), (9.0, "reached")])
def test_at_least_takes_the_limit_itself(found: float, word: str) -> None:
    assert Answer(Target("x", "at least", 2), Spread(found, 0, 9)).word == word


def test_memory_is_that_of_the_workers() -> None:
    sizes = {"python": 300, "sg control": 200, "sg worker 0": 80, "sg worker 1": 90}
    processes = {"guarded": [Process(name, size * 10**6, 0, 1, 0) for name, size in sizes.items()]}
    assert memory_answer(processes).found == Spread(85, 80, 90)
    assert memory_answer({}).word == "not measured"


def test_two_workers_are_compared_by_what_a_request_costs_them() -> None:
    rows = [_row(1, "guarded-1", "plain-64", cpu=100, p50=1, rate=100)]
    rows += [_row(1, "guarded-2", "plain-64", cpu=110, p50=1, rate=140)]
    cost, seen = scaling_answers(Summary(rows), "plain-64")
    assert cost.found is not None
    assert cost.found.middle == pytest.approx(2 / 1.1)
    assert seen.found is not None
    assert seen.found.middle == pytest.approx(1.4)
    assert (cost.word, seen.word) == ("reached", "not reached")
