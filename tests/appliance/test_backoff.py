"""What ends again and again is started ever more slowly; what served for long starts afresh."""

import pytest

from sluicegate.appliance.backoff import HEALTHY, LONGEST, Backoff


def test_the_wait_doubles_up_to_a_bound() -> None:
    backoff, waits = Backoff(), []
    for _ in range(40):
        backoff = backoff.ended(0.0)
        waits.append(backoff.delay)
    assert waits[:6] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2])
    assert set(waits[6:]) == {LONGEST}


def test_nothing_that_never_ended_waits() -> None:
    assert Backoff().delay == 0


@pytest.mark.parametrize(("served", "ends"), [(HEALTHY - 0.1, 6), (HEALTHY, 1)])
def test_service_makes_earlier_ends_forgotten(served: float, ends: int) -> None:
    assert Backoff(5).ended(served) == Backoff(ends)
