"""Links: whoever has the key reads them for as long as they live; nobody else, and nothing changed."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.detection.ports import Links
from sluicegate.detection.testing import FakeClock
from sluicegate.detection.types import Direction, Why
from sluicegate.middleware.sealed_links import LONGEST, PATH, SealedLinks

WHY = Why("exchange-1", "shop", "strict", Direction.ANSWER, "pii.email", "email")
BASE = "https://gate.example/llm"


def token_of(link: str) -> str:
    found = re.fullmatch(re.escape(BASE + PATH) + r"([A-Za-z0-9_-]+)", link)
    assert found
    return found[1]


def test_a_link_tells_what_was_put_in_until_its_time_is_over() -> None:
    clock = FakeClock()
    links = SealedLinks(b"m" * 32, BASE, clock)
    port: Links = links
    token = token_of(port.link(WHY, 3600))
    opened = links.open(token)
    assert opened is not None
    assert (opened.why, opened.expired) == (WHY, False)
    clock.advance(3599)
    assert (opened := links.open(token)) is not None
    assert not opened.expired
    clock.advance(2)
    assert (opened := links.open(token)) is not None
    assert opened.expired


def test_another_worker_with_the_key_opens_it_and_another_appliance_does_not() -> None:
    clock = FakeClock()
    token = token_of(SealedLinks(b"m" * 32, BASE, clock).link(WHY, 60))
    assert SealedLinks(b"m" * 32, "http://elsewhere", clock).open(token) is not None
    assert SealedLinks(b"n" * 32, BASE, clock).open(token) is None


def test_nothing_of_what_it_tells_can_be_read_from_it() -> None:
    link = SealedLinks(b"m" * 32, BASE, FakeClock()).link(WHY, 60)
    for word in ("exchange", "shop", "strict", "email"):
        assert word not in link


def test_every_exchange_has_another_one() -> None:
    links = SealedLinks(b"m" * 32, BASE, FakeClock())
    first, second = (token_of(links.link(replace(WHY, exchange=name), 60)) for name in ("x-1", "x-2"))
    assert first[:20] != second[:20]


@given(data=st.data())
def test_a_changed_token_opens_nothing(data: st.DataObject) -> None:
    links = SealedLinks(b"m" * 32, BASE, FakeClock())
    token = token_of(links.link(WHY, 60))
    at = data.draw(st.integers(0, len(token) - 3))
    other = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda character: character != token[at]))
    assert links.open(token[:at] + other + token[at + 1 :]) is None
    assert links.open(token[: at + 1]) is None


@pytest.mark.parametrize("token", ["", "x", "A" * 40, "A" * (LONGEST + 1), "ä" * 40, "%41" * 20, "/" * 40])
def test_what_is_no_token_opens_nothing(token: str) -> None:
    assert SealedLinks(b"m" * 32, BASE, FakeClock()).open(token) is None
