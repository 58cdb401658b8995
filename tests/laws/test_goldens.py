"""The streamed exchanges of the corpus, cut at every byte: what leaves and the record are the same."""

import re
from collections.abc import Callable
from functools import cache

import pytest

from sluicegate.detection.dialects import Addressed
from sluicegate.detection.framing import STREAMED
from sluicegate.detection.types import AuditCore
from tests.detection.support import ALICE, INSPECTOR, run
from tests.walls.exchanges import Exchange, Told, exchanges
from tests.walls.faces import timeless
from tests.walls.formats import FORMATS

NAMES = [form.name for form in FORMATS if form.streams]
_BY_CHANCE = re.compile(rb"msg_[0-9a-f]{32}|(?<=created_at\":)\d+")
"""What a refusal takes from chance and from the clock."""
_LONG = "long"
_CUT_IN_TWO = ("a secret comes", "a secret stops", "mask and restore", "a tool call", "clean, other letters")


def addressed(exchange: Exchange) -> Addressed:
    """What the target of an exchange says."""
    if "streamGenerateContent" in exchange.target:
        framing = "sse" if "alt=sse" in exchange.target else "json_array"
        return Addressed("gemini-2.5-pro", stream=True, framing=framing)
    return Addressed("m", stream=True) if exchange.dialect == "bedrock_converse" else Addressed()


def judged(exchange: Exchange, answer: bytes | None, cut: int = 0) -> tuple[bytes, bytes, AuditCore]:
    """Judge an exchange; the answer comes cut at one place, at every byte (-1) or not at all (0).

    Returns:
        The answer as the provider told it, what left of it and the record. No answer: what was asked for.
    """
    inspection = INSPECTOR.open(exchange.dialect, exchange.policy, ALICE)
    decision = inspection.request(exchange.request, addressed(exchange))
    assert decision.body is not None
    answer = exchange.answer(decision.body).body if answer is None else answer
    chunks = [answer[:cut], answer[cut:]] if cut >= 0 else [answer[at : at + 1] for at in range(len(answer))]
    out = _BY_CHANCE.sub(b"0", run(inspection, chunks))
    return answer, out, timeless(inspection.core())


def _streams(exchange: Exchange) -> bool:
    inspection = INSPECTOR.open(exchange.dialect, exchange.policy, ALICE)
    decision = inspection.request(exchange.request, addressed(exchange))
    if decision.body is None:
        return False
    told: Told = exchange.answer(decision.body)
    kind = told.kind.partition(";")[0].encode()
    return told.status < 400 and (kind in STREAMED or exchange.name.startswith("gemini array"))


@cache
def _all() -> tuple[Exchange, ...]:
    return tuple(exchange for exchange in exchanges() if exchange.streamed)


def goldens(form: str, which: Callable[[str], bool]) -> list[Exchange]:
    """The streamed exchanges of a format whose situations are some, told by their names."""
    named = ((exchange, exchange.name.partition(": ")[2].rpartition(",")[0]) for exchange in _all())
    mine = [item for item, name in named if item.name.startswith(f"{form}: ") and which(name)]
    return [exchange for exchange in mine if _streams(exchange)]


@pytest.mark.parametrize("form", NAMES)
def test_exchanges_that_come_byte_by_byte_are_the_same(form: str) -> None:
    found = goldens(form, lambda name: name != _LONG)
    assert len(found) > 8
    for exchange in found:
        answer, *whole = judged(exchange, None)
        assert judged(exchange, answer, -1)[1:] == tuple(whole), exchange.name


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("form", NAMES)
def test_exchanges_that_are_cut_in_two_anywhere_are_the_same(form: str) -> None:
    for exchange in goldens(form, lambda name: name in _CUT_IN_TWO):
        answer, *whole = judged(exchange, None)
        for cut in range(1, len(answer)):
            assert judged(exchange, answer, cut)[1:] == tuple(whole), (exchange.name, cut)


@pytest.mark.long
@pytest.mark.parametrize("form", NAMES)
def test_long_exchanges_that_come_byte_by_byte_are_the_same(form: str) -> None:
    for exchange in goldens(form, lambda name: name == _LONG):
        answer, *whole = judged(exchange, None)
        assert judged(exchange, answer, -1)[1:] == tuple(whole), exchange.name
