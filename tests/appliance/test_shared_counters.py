"""Counters that workers share: never more than the limit and one a rival, never fewer than fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.appliance.board import NAMES, RING, Board
from sluicegate.appliance.shared_counters import SharedCounters
from sluicegate.detection.ports import Allowance, CounterStore
from sluicegate.detection.testing import FakeClock

WINDOW = 62.0
PART = WINDOW / (RING - 1)
"""Two seconds: how much longer a call may count than it has to."""


def sharing(workers: int, clock: FakeClock) -> list[SharedCounters]:
    board = Board(workers)
    return [SharedCounters(board, slot, clock=clock.monotonic) for slot in board.slots]


def test_workers_count_together_and_a_place_is_free_when_the_wait_is_over() -> None:
    clock = FakeClock()
    one, two = sharing(2, clock)
    first: CounterStore = one
    assert first.take("a", 3, WINDOW) == Allowance(True, 3, 2, 0)
    assert two.take("a", 3, WINDOW) == Allowance(True, 3, 1, 0)
    clock.advance(10)
    assert one.take("a", 3, WINDOW) == Allowance(True, 3, 0, 0)
    refused = two.take("a", 3, WINDOW)
    assert (refused.allowed, refused.remaining) == (False, 0)
    assert WINDOW - 10 <= refused.retry_after <= WINDOW - 10 + PART
    clock.advance(refused.retry_after - 0.001)
    assert not one.take("a", 3, WINDOW).allowed
    clock.advance(0.002)
    assert one.take("a", 3, WINDOW).allowed
    assert two.take("a", 3, WINDOW).allowed
    assert not two.take("a", 3, WINDOW).allowed


def test_names_do_not_meet() -> None:
    one, two = sharing(2, FakeClock())
    assert one.take("a", 1, WINDOW).allowed
    assert two.take("b", 1, WINDOW).allowed
    assert one.take("a", 1, WINDOW / 2).allowed
    assert not two.take("a", 1, WINDOW).allowed


@given(
    st.integers(1, 5),
    st.integers(1, 3),
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.floats(0, 40) | st.sampled_from([0.0, PART])),
        max_size=60,
    ),
)
def test_never_more_than_the_limit_in_any_window_and_never_less_than_fits_with_a_part_to_spare(
    limit: int, workers: int, calls: list[tuple[str, int, float]]
) -> None:
    clock = FakeClock()
    counters = sharing(workers, clock)
    taken: dict[str, list[float]] = {"a": [], "b": []}
    for name, worker, pause in calls:
        clock.advance(pause)
        now = clock.monotonic()
        allowance = counters[worker % workers].take(name, limit, WINDOW)
        exact = sum(time > now - WINDOW for time in taken[name])
        at_most = sum(time > now - WINDOW - PART - 1e-6 for time in taken[name])
        if allowance.allowed:
            assert exact < limit
            taken[name].append(now)
            assert limit - at_most - 1 <= allowance.remaining <= limit - exact - 1
        else:
            assert at_most >= limit
            assert 0 < allowance.retry_after <= WINDOW + PART


def test_who_takes_a_slot_over_goes_on_counting() -> None:
    clock = FakeClock()
    board = Board(2)
    before = SharedCounters(board, board.slots[0], clock=clock.monotonic)
    other = SharedCounters(board, board.slots[1], clock=clock.monotonic)
    for _ in range(3):
        before.take("a", 5, WINDOW)
    other.take("a", 5, WINDOW)
    after = SharedCounters(board, board.slots[0], clock=clock.monotonic)
    assert after.take("a", 5, WINDOW).remaining == 0
    assert not other.take("a", 5, WINDOW).allowed


def test_a_holder_that_was_killed_between_two_words_is_put_right() -> None:
    clock = FakeClock()
    board = Board(1)
    before = SharedCounters(board, board.slots[0], clock=clock.monotonic)
    before.take("a", 5, WINDOW)
    (at,) = [index for index, key in enumerate(board.slots[0].keys) if key]
    board.slots[0].rows[at * 2 + 1] = 77
    after = SharedCounters(board, board.slots[0], clock=clock.monotonic)
    assert after.take("a", 5, WINDOW).remaining == 3


def test_names_are_bounded_and_the_one_unused_for_longest_gives_way() -> None:
    clock = FakeClock()
    (counters,) = sharing(1, clock)
    counters.take("kept", 10**6, WINDOW)
    for number in range(2 * NAMES):
        clock.advance(0.0001)
        counters.take(f"name {number}", 5, WINDOW)
        counters.take("kept", 10**6, WINDOW)
    assert counters.take("kept", 10**6, WINDOW).remaining == 10**6 - 2 * NAMES - 2
    assert len(counters) <= NAMES


@pytest.mark.parametrize("pause", [WINDOW + 2 * PART, 1000 * WINDOW])
def test_after_a_long_silence_nothing_counts(pause: float) -> None:
    clock = FakeClock()
    one, two = sharing(2, clock)
    for _ in range(4):
        one.take("a", 4, WINDOW)
    clock.advance(pause)
    assert two.take("a", 4, WINDOW).remaining == 3
    assert one.take("a", 4, WINDOW).remaining == 2


def test_a_limit_of_nothing_lets_nothing_through() -> None:
    (counters,) = sharing(1, FakeClock())
    refused = counters.take("a", 0, WINDOW)
    assert not refused.allowed
    assert 0 < refused.retry_after <= WINDOW + PART
