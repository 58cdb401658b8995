"""Counters let through exactly what the limit says, in every window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.appliance.counters import MemoryCounters
from sluicegate.detection.ports import Allowance, CounterStore
from sluicegate.detection.testing import FakeClock


def test_the_call_beyond_the_limit_is_refused_until_the_oldest_leaves_the_window() -> None:
    clock = FakeClock()
    counters: CounterStore = MemoryCounters(clock)
    for remaining in (2, 1, 0):
        assert counters.take("a", 3, 60) == Allowance(True, 3, remaining, 0)
        clock.advance(10)
    assert counters.take("a", 3, 60) == Allowance(False, 3, 0, 30)
    clock.advance(29.5)
    assert counters.take("a", 3, 60) == Allowance(False, 3, 0, 0.5)
    clock.advance(0.5)
    assert counters.take("a", 3, 60) == Allowance(True, 3, 0, 0)
    assert not counters.take("a", 3, 60).allowed


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), max_size=80),
)
def test_in_no_window_are_more_than_the_limit_and_no_call_that_fits_is_refused(
    limit: int, calls: list[tuple[str, int]]
) -> None:
    clock = FakeClock()
    counters = MemoryCounters(clock)
    taken: dict[str, list[float]] = {"a": [], "b": []}
    for name, pause in calls:
        clock.advance(pause)
        now = clock.monotonic()
        within = [time for time in taken[name] if time > now - 60]
        allowance = counters.take(name, limit, 60)
        assert allowance.allowed == (len(within) < limit)
        if allowance.allowed:
            taken[name].append(now)
            assert allowance.remaining == limit - len(within) - 1
        else:
            assert allowance.retry_after == within[-limit] + 60 - now


def test_a_lowered_limit_counts_what_was_taken_before() -> None:
    clock = FakeClock()
    counters = MemoryCounters(clock)
    for _ in range(5):
        counters.take("a", 5, 60)
        clock.advance(1)
    assert counters.take("a", 2, 60) == Allowance(False, 2, 0, 58)


def test_names_are_bounded_and_the_one_unused_for_longest_goes() -> None:
    counters = MemoryCounters(FakeClock(), names=2)
    for name in ("a", "b", "a", "c"):
        counters.take(name, 2, 60)
    assert len(counters) == 2
    assert not counters.take("a", 2, 60).allowed
    assert counters.take("b", 2, 60).remaining == 1


@pytest.mark.parametrize("calls", [1, 500])
def test_refused_calls_take_no_memory(calls: int) -> None:
    counters = MemoryCounters(FakeClock())
    for _ in range(calls + 1):
        counters.take("a", 1, 60)
    assert len(counters._taken["a"]) == 1
