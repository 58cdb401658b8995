"""Percentiles, medians over rounds, and ratios that are taken within a round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

SHOWN = {"p50": 0.50, "p90": 0.90, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some rounds, and the least and most of them."""

    middle: float
    least: float
    most: float


def percentiles(nanoseconds: Sequence[int]) -> dict[str, float]:
    """Return p50, p90, p99, mean and most, in microseconds; nothing of nothing."""
    if not nanoseconds:
        return {}
    ordered = sorted(nanoseconds)
    last = len(ordered) - 1
    found = {name: ordered[round(part * last)] / 1e3 for name, part in SHOWN.items()}
    return found | {"mean": sum(ordered) / len(ordered) / 1e3, "most": ordered[-1] / 1e3}


def spread(values: Sequence[float]) -> Spread | None:
    """Return the spread of values of rounds; None of nothing."""
    return Spread(median(values), min(values), max(values)) if values else None


def ratios(of: Mapping[int, float], to: Mapping[int, float]) -> list[float]:
    """Return the quotients of the rounds that have both; a divisor of zero or less says nothing."""
    return [of[number] / to[number] for number in sorted(of.keys() & to.keys()) if to[number] > 0]


def gathered(of: Mapping[int, float], each: int) -> dict[int, float]:
    """Return the medians of every `each` rounds, numbered from one: what disturbs one of them is not seen."""
    values: dict[int, list[float]] = {}
    for number in sorted(of):
        values.setdefault((number - 1) // each + 1, []).append(of[number])
    return {number: median(some) for number, some in values.items()}


def differences(of: Mapping[int, float], less: Mapping[int, float]) -> dict[int, float]:
    """Return by round what one has more than the other."""
    return {number: of[number] - less[number] for number in of.keys() & less.keys()}
