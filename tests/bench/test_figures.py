"""Percentiles, spreads and ratios."""

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.appliance.bench.figures import Spread, differences, gathered, percentiles, ratios, spread


def test_percentiles_are_microseconds_of_the_ordered_values() -> None:
    found = percentiles([1000 * value for value in range(100, -1, -1)])
    assert (found["p50"], found["p90"], found["p99"], found["most"], found["mean"]) == (50, 90, 99, 100, 50)


def test_nothing_has_no_percentiles_and_no_spread() -> None:
    assert percentiles([]) == {}
    assert spread([]) is None


@given(st.lists(st.integers(0, 10**12), min_size=1))
def test_percentiles_grow_and_are_values_that_occurred(values: list[int]) -> None:
    found = percentiles(values)
    assert min(values) / 1e3 <= found["p50"] <= found["p90"] <= found["p99"] <= found["most"]
    assert found["p50"] in {value / 1e3 for value in values}


def test_rounds_are_gathered_into_medians_of_so_many() -> None:
    short = {1: 1.0, 2: 90.0, 3: 2.0, 4: 5.0, 6: 7.0, 7: 3.0}
    assert gathered(short, 3) == {1: 2.0, 2: 6.0, 3: 3.0}
    assert gathered(short, 1) == short
    assert gathered({}, 3) == {}


def test_a_spread_is_median_least_and_most() -> None:
    assert spread([3.0, 1.0, 2.0, 10.0]) == Spread(2.5, 1.0, 10.0)


def test_ratios_are_taken_within_a_round_only() -> None:
    assert ratios({1: 10.0, 2: 30.0, 4: 7.0}, {2: 10.0, 1: 2.0, 3: 1.0}) == [5.0, 3.0]


def test_a_divisor_that_is_not_above_zero_says_nothing() -> None:
    assert ratios({1: 1.0, 2: 1.0, 3: 1.0}, {1: 0.0, 2: -1.0, 3: 2.0}) == [0.5]


def test_differences_are_taken_within_a_round_only() -> None:
    assert differences({1: 5.0, 2: 9.0}, {2: 4.0, 3: 1.0}) == {2: 5.0}
