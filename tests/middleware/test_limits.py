"""Rates: who is counted as whom, and what a refusal says."""

import pytest

from sluicegate.detection.testing import FakeClock, FixedWindows, OpenCounters
from sluicegate.middleware.limits import Rate, take_client, take_key
from sluicegate.middleware.rejection import Rejected


def test_beyond_the_rate_a_call_is_429_and_says_when() -> None:
    clock = FakeClock()
    counters = FixedWindows(clock)
    rate = Rate(2, 60.0)
    for _ in range(2):
        take_key(counters, rate, "gateway", "k1")
    clock.advance(9.5)
    with pytest.raises(Rejected) as refused:
        take_key(counters, rate, "gateway", "k1")
    assert (refused.value.status, refused.value.code) == (429, "rate_limit_exceeded")
    assert dict(refused.value.headers) == {
        b"retry-after": b"51",
        b"x-ratelimit-limit": b"2",
        b"x-ratelimit-remaining": b"0",
        b"x-ratelimit-reset": b"51",
    }
    take_key(counters, rate, "gateway", "k2")
    clock.advance(50.5)
    take_key(counters, rate, "gateway", "k1")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_an_ipv6_network_is_one_client(address: str, counted: str) -> None:
    counters = OpenCounters()
    take_client(counters, Rate(1), "gateway", address)
    assert list(counters.taken) == [f"gateway:client:{counted}"]


def test_no_rate_counts_nothing() -> None:
    counters = OpenCounters()
    take_client(counters, None, "gateway", "192.0.2.7")
    take_key(counters, None, "gateway", "k")
    assert counters.taken == {}


@pytest.mark.parametrize("bad", [lambda: Rate(0), lambda: Rate(1, 0.0)])
def test_a_rate_that_lets_nothing_pass_is_a_mistake(bad: object) -> None:
    assert callable(bad)
    with pytest.raises(ValueError, match="a rate needs"):
        bad()
