"""Shares, areas and thresholds against their definitions, and against figures from the literature."""

import itertools
import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.appliance.evaluation.auroc import auroc
from sluicegate.appliance.evaluation.intervals import Share, wilson
from sluicegate.appliance.evaluation.thresholds import ANY, caught, curve, threshold_at

SCORES = st.lists(st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.75, 0.95, 1.0]), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [
        # Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_figures_of_newcombe(hits: int, count: int, low: float, high: float) -> None:
    assert wilson(hits, count) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 200), st.integers(1, 200))
def test_an_interval_holds_its_share_and_stays_inside(hits: int, count: int) -> None:
    hits = min(hits, count)
    low, high = wilson(hits, count)
    assert 0 <= low <= hits / count <= high <= 1
    assert wilson(count - hits, count) == pytest.approx((1 - high, 1 - low))


def test_a_share_of_nothing_says_nothing() -> None:
    assert (Share(0, 0).value, wilson(0, 0)) == (0.0, (0.0, 1.0))


def _wins(score: float, others: list[float]) -> float:
    return sum(1.0 if score > other else 0.5 if score == other else 0.0 for other in others) / len(others)


def _sample_variance(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1) if len(values) > 1 else 0.0


@given(SCORES, SCORES)
def test_the_area_and_its_interval_are_those_of_the_definition(good: list[float], bad: list[float]) -> None:
    found = auroc(Counter(good), Counter(bad))
    assert found is not None
    above = [_wins(score, bad) for score in good]
    area = sum(above) / len(above)
    assert found.value == pytest.approx(area)
    assert found.low <= found.value <= found.high
    if 0 < area < 1:
        below = [1 - _wins(score, good) for score in bad]
        deviation = math.sqrt(_sample_variance(above) / len(good) + _sample_variance(below) / len(bad))
        spread = 1.959964 * deviation / (area * (1 - area))
        assert math.log(found.high / (1 - found.high)) == pytest.approx(
            math.log(area / (1 - area)) + spread, abs=1e-4
        )


@given(SCORES, SCORES)
def test_the_area_is_that_under_the_curve(good: list[float], bad: list[float]) -> None:
    points = curve(Counter(good), Counter(bad))
    assert points[0] == (0.0, 0.0)
    assert points[-1] == pytest.approx((1.0, 1.0))
    under = sum((right[0] - left[0]) * (left[1] + right[1]) / 2 for left, right in itertools.pairwise(points))
    found = auroc(Counter(good), Counter(bad))
    assert found is not None
    assert under == pytest.approx(found.value)


def test_a_perfect_area_is_not_said_to_be_certain() -> None:
    found = auroc(Counter({0.9: 5}), Counter({0.0: 1000}))
    assert found is not None
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(wilson(5, 5)[0])


def test_there_is_no_area_with_one_side_only() -> None:
    assert auroc(Counter({0.5: 3}), Counter()) is None


@pytest.mark.parametrize(
    ("threshold", "hits"), [(ANY, 3), (0.4, 3), (0.41, 2), (0.95, 1), (0.96, 0), (math.inf, 0)]
)
def test_what_reaches_a_threshold_is_caught_and_no_finding_never_is(threshold: float, hits: int) -> None:
    scores = Counter({0.0: 7, 0.4: 1, 0.6: 1, 0.95: 1})
    assert caught(scores, threshold) == Share(hits, 10)


@given(SCORES, st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]))
def test_a_threshold_at_a_rate_keeps_it_and_is_the_lowest_that_does(bad: list[float], rate: float) -> None:
    scores = Counter(bad)
    found = threshold_at(scores, rate)
    assert caught(scores, found).hits <= rate * len(bad)
    lower = [score for score in {*bad, 0.0} if score < found]
    assert all(caught(scores, score).hits > rate * len(bad) for score in lower)
