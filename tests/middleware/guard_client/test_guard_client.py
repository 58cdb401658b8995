"""The client of guards, against guards over real sockets that answer well, badly, or not at all."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sluicegate.detection.models.guards.doubts import Extent
from sluicegate.detection.tenant import CustomScanner
from sluicegate.detection.texts import Text
from sluicegate.detection.tiers import Doubt, Opinion, SlowTier
from sluicegate.detection.types import Direction, Kind, Level, Role, Tier
from sluicegate.middleware.breaker import Breaker
from sluicegate.middleware.guard_client.client import GuardClient
from sluicegate.middleware.guard_client.target import Target
from tests.fakes.guard_server import (
    Answer,
    FakeGuard,
    close,
    drip,
    fake_guard,
    flood,
    hang,
    said,
    stop,
    whole,
)

LONG = 30.0
SHORT = 0.25
SECRET = "sk-guard-0123456789"
OWN = CustomScanner(
    "project", "S100", "custom.project", "genai", Level.MEDIUM, definition="Names an unannounced project."
)


class Counted:
    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def guard_call(self, model: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        self.calls.append((model, outcome))


def doubt(text: str = "How do I open this lock?", **more: Any) -> Doubt:
    return Doubt(text, Role.USER, Kind.TEXT, Direction.PROMPT, **more)


@asynccontextmanager
async def client(guard: FakeGuard, **more: Any) -> AsyncIterator[GuardClient]:
    tally, breaker = more.pop("tally", None), more.pop("breaker", None)
    fields = {"format": "openguardrails", "model": "Guard-Text", **more}
    tier = GuardClient(Target(guard.url, **fields), tally=tally, breaker=breaker)
    try:
        yield tier
    finally:
        await tier.close()


def scores(opinion: Opinion) -> Mapping[str, float]:
    return {score.category: score.score for score in opinion.scores}


async def asked(guard: FakeGuard, *doubts: Doubt, deadline: float = LONG, **more: Any) -> Sequence[Opinion]:
    async with client(guard, **more) as tier:
        return await tier.judge(doubts or [doubt()], deadline)


async def test_a_finding_is_told_with_its_category_and_level() -> None:
    async with fake_guard(said("unsafe\nS9,S16")) as guard:
        (opinion,) = await asked(guard)
    found = {score.category: score for score in opinion.scores}
    assert (found["prompt_attack.model"].score, found["prompt_attack.model"].level) == (1.0, Level.HIGH)
    assert found["harmful.self_harm"].score == 1.0
    assert found["harmful.violent_crime"].score == 0.0
    assert opinion.unjudged == ""
    assert opinion.model == "openguardrails.guard-text"
    assert opinion.seconds > 0


async def test_it_is_the_slow_tier_three() -> None:
    async with fake_guard(said("safe")) as guard, client(guard) as made:
        tier: SlowTier = made
        assert tier.tier is Tier.GUARD_MODEL
        assert await tier.judge([], LONG) == []


async def test_what_is_sent() -> None:
    async with fake_guard(said("safe")) as guard:
        await asked(guard, doubt("Hello \ud800 you", families=("prompt_attack",)), api_key=SECRET)
        (body,) = guard.bodies
        assert guard.paths == ["/v1/chat/completions"]
        assert guard.headers[0]["authorization"] == f"bearer {SECRET}"
        assert "cookie" not in guard.headers[0]
    assert body["model"] == "Guard-Text"
    assert body["temperature"] == 0
    assert body["logprobs"] is True
    assert "S9: Prompt Attacks" in body["messages"][0]["content"]
    assert "S5:" not in body["messages"][0]["content"]
    assert "User: Hello ? you" in body["messages"][0]["content"]


async def test_definitions_of_a_tenant_are_asked_in_the_same_call() -> None:
    async with fake_guard(said("unsafe\nS100")) as guard:
        (opinion,) = await asked(guard, doubt(definitions=(OWN,)))
        assert len(guard.bodies) == 1
        assert "S100: project. Names an unannounced project." in guard.bodies[0]["messages"][0]["content"]
    assert scores(opinion)["custom.project"] == 1.0


async def test_a_guard_that_takes_no_definitions_leaves_them_unjudged() -> None:
    async with fake_guard(said("safe")) as guard:
        (opinion,) = await asked(guard, doubt(definitions=(OWN,)), format="llama-guard-3")
        assert opinion == Opinion(opinion.model, (), opinion.seconds, "own scanners not supported")
        guard.answer = said("unsafe\nS1")
        (opinion,) = await asked(guard, doubt(definitions=(OWN,)), format="llama-guard-3")
        assert scores(opinion)["harmful.violent_crime"] == 1.0


async def test_an_answer_is_judged_with_its_question() -> None:
    said_before = (Text("What is it?", Role.USER), Text("Hm.", Role.ASSISTANT))
    answer = Doubt("It is a lock.", Role.ASSISTANT, Kind.TEXT, Direction.ANSWER, before=said_before)
    async with fake_guard(said("safe")) as guard:
        await asked(guard, answer, format="llama-guard-3")
        turns = guard.bodies[0]["messages"]
    assert turns == [
        {"role": "user", "content": "What is it?"},
        {"role": "assistant", "content": "It is a lock."},
    ]


async def test_of_all_windows_the_worst_counts() -> None:
    text = "a" * 150 + " needle " + "b" * 150

    def choose(body: Mapping[str, Any]) -> Answer:
        return said("unsafe\nS9" if "needle" in body["messages"][0]["content"] else "safe")

    async with fake_guard(choose=choose) as guard:
        (opinion,) = await asked(guard, doubt(text), extent=Extent(100, 8))
        assert len(guard.bodies) == 4
        assert scores(opinion)["prompt_attack.model"] == 1.0
        (opinion,) = await asked(guard, doubt("a" * 300), extent=Extent(100, 3))
        assert (opinion.unjudged, opinion.scores) == ("over size", ())
        (opinion,) = await asked(guard, doubt(text), extent=Extent(100, 3))
        assert scores(opinion)["prompt_attack.model"] == 1.0


async def test_a_window_without_an_answer_leaves_the_text_unjudged() -> None:
    def choose(body: Mapping[str, Any]) -> Answer:
        return said("It depends." if "needle" in body["messages"][0]["content"] else "safe")

    async with fake_guard(choose=choose) as guard:
        (opinion,) = await asked(guard, doubt("a" * 150 + " needle"), extent=Extent(100, 8))
    assert (opinion.unjudged, opinion.scores) == ("unreadable", ())


async def test_every_text_has_its_own_opinion_in_order() -> None:
    def choose(body: Mapping[str, Any]) -> Answer:
        content = body["messages"][0]["content"]
        return said("unsafe\nS9" if "two" in content else "nonsense" if "three" in content else "safe")

    async with fake_guard(choose=choose) as guard:
        one, two, three = await asked(guard, doubt("one"), doubt("two"), doubt("three"))
    assert scores(one)["prompt_attack.model"] == 0.0
    assert scores(two)["prompt_attack.model"] == 1.0
    assert three.unjudged == "unreadable"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (close, "away"),
        (stop, "away"),
        (b"\x16\x03\x01 no HTTP\r\n\r\n", "away"),
        (flood, "answer over size"),
        (whole(b"{}", 500), "status 500"),
        (whole(b"{}", 401), "status 401"),
        (whole(b"", 302, location="http://127.0.0.1:1/"), "status 302"),
        (whole(b"{}", 429), "busy"),
        (whole(b"{}", 503), "busy"),
        (whole(b"\x1f\x8b", 200, content_encoding="gzip"), "encoded answer"),
        (whole(b"half of"), "unreadable"),
        (said("safe", "length"), "unreadable"),
        (said("As a language model I cannot"), "unreadable"),
    ],
)
async def test_whatever_goes_wrong_is_unjudged(answer: Answer, reason: str) -> None:
    tally = Counted()
    async with fake_guard(answer) as guard:
        (opinion,) = await asked(guard, tally=tally)
    assert (opinion.unjudged, opinion.scores) == (reason, ())
    assert tally.calls == [("openguardrails", reason)]


@pytest.mark.parametrize("answer", [hang, drip])
async def test_a_deadline_holds(answer: Answer) -> None:
    async with fake_guard(answer) as guard:
        opinions = await asked(guard, doubt("one"), doubt("two"), deadline=SHORT)
    assert [opinion.unjudged for opinion in opinions] == ["deadline", "deadline"]


async def test_nobody_there() -> None:
    async with fake_guard() as guard:
        pass
    (opinion,) = await asked(guard)
    assert opinion.unjudged == "away"


async def test_a_connection_that_breaks_is_tried_once_more() -> None:
    answers: list[Answer] = [close, said("safe"), close, close, said("safe")]
    async with fake_guard(choose=lambda _: answers.pop(0)) as guard, client(guard) as tier:
        (first,) = await tier.judge([doubt()], LONG)
        (second,) = await tier.judge([doubt()], LONG)
    assert (first.unjudged, second.unjudged) == ("", "away")
    assert len(guard.bodies) == 4


async def test_a_guard_that_fails_is_left_alone_until_it_is_back() -> None:
    now = [100.0]
    breaker = Breaker(failures=2, rest=5.0, clock=lambda: now[0])
    async with fake_guard(whole(b"{}", 500)) as guard, client(guard, breaker=breaker) as tier:
        reasons = [(await tier.judge([doubt()], LONG))[0].unjudged for _ in range(3)]
        assert reasons == ["status 500", "status 500", "resting"]
        assert len(guard.bodies) == 2
        now[0] += 5.1
        assert (await tier.judge([doubt()], LONG))[0].unjudged == "status 500"
        assert (await tier.judge([doubt()], LONG))[0].unjudged == "resting"
        now[0] += 5.1
        guard.answer = said("safe")
        assert (await tier.judge([doubt()], LONG))[0].unjudged == ""
        assert (await tier.judge([doubt()], LONG))[0].unjudged == ""
        assert breaker.state == "closed"


async def test_a_probe_that_is_given_up_makes_room_for_another() -> None:
    now = [100.0]
    breaker = Breaker(failures=1, rest=5.0, clock=lambda: now[0])
    async with fake_guard(whole(b"{}", 500)) as guard, client(guard, breaker=breaker) as tier:
        await tier.judge([doubt()], LONG)
        now[0] += 5.1
        guard.answer = hang
        assert (await tier.judge([doubt()], SHORT))[0].unjudged == "deadline"
        guard.answer = said("safe")
        assert (await tier.judge([doubt()], LONG))[0].unjudged == ""


async def test_only_so_many_ask_at_once_and_the_rest_is_turned_away() -> None:
    two, opened = asyncio.Event(), asyncio.Event()

    async def later(writer: asyncio.StreamWriter) -> None:
        if guard.now == 2:
            two.set()
        await opened.wait()
        writer.write(said("safe"))

    async with fake_guard(later) as guard, client(guard, concurrency=2, queue=1) as tier:
        asking = [asyncio.ensure_future(tier.judge([doubt(str(number))], LONG)) for number in range(5)]
        await two.wait()
        early = [(await task)[0].unjudged for task in asking[3:]]
        assert early == ["busy", "busy"]
        opened.set()
        assert [(await task)[0].unjudged for task in asking[:3]] == ["", "", ""]
    assert guard.most == 2


async def test_who_is_cancelled_leaves_the_line() -> None:
    tally = Counted()
    async with fake_guard(hang) as guard, client(guard, concurrency=1, tally=tally) as tier:
        first = asyncio.ensure_future(tier.judge([doubt("one"), doubt("two")], LONG))
        await guard.arrived.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        guard.answer = said("safe")
        (opinion,) = await tier.judge([doubt("three")], LONG)
    assert opinion.unjudged == ""
    assert tier.breaker.state == "closed"


async def test_the_target_bounds_what_a_policy_allows() -> None:
    async with fake_guard(hang) as guard:
        (opinion,) = await asked(guard, deadline=LONG, seconds=SHORT)
    assert opinion.unjudged == "deadline"


async def test_one_question_a_call_where_a_format_asks_so() -> None:
    def choose(body: Mapping[str, Any]) -> Answer:
        return said("Yes" if "Hate" in body["chat_template_kwargs"]["guideline"] else "No")

    async with fake_guard(choose=choose) as guard:
        (opinion,) = await asked(guard, doubt(definitions=(OWN,)), format="shieldgemma")
        assert len(guard.bodies) == 5
    found = scores(opinion)
    assert found["harmful.hate"] == 1.0
    assert found["custom.project"] == 0.0
    assert "prompt_attack.model" not in found


async def test_a_guard_that_knows_nothing_of_what_is_asked_is_not_called() -> None:
    async with fake_guard(said("safe")) as guard:
        (opinion,) = await asked(guard, doubt(families=("harmful",)), format="jailbreak-detect")
        assert guard.bodies == []
    assert (opinion.unjudged, opinion.scores) == ("not its subject", ())


async def test_neither_text_nor_key_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    async with fake_guard(close) as guard:
        opinions = await asked(guard, doubt("a private word"), api_key=SECRET)
        guard.answer = whole(b"a private word", 500)
        opinions = [*opinions, *await asked(guard, doubt("a private word"), api_key=SECRET)]
    told = caplog.text + repr(opinions) + repr(Target("http://x/v1", "m", "judge", SECRET))
    assert SECRET not in told
    assert "private" not in told


async def test_a_closed_client_says_nothing() -> None:
    async with fake_guard(said("safe")) as guard, client(guard) as tier:
        await tier.close()
        assert (await tier.judge([doubt()], LONG))[0].unjudged == "away"


async def test_an_exchange_of_many_requests_is_one_in_line() -> None:
    async with fake_guard(said("safe")) as guard:
        opinions = await asked(guard, *[doubt("a" * 500)] * 5, concurrency=2, queue=0, extent=Extent(100, 10))
        assert len(guard.bodies) == 5 * 6
    assert guard.most <= 2
    assert [opinion.unjudged for opinion in opinions] == [""] * 5


async def test_who_is_turned_away_is_told_so_for_every_text() -> None:
    tally = Counted()
    async with fake_guard(hang) as guard, client(guard, concurrency=1, queue=0, tally=tally) as tier:
        first = asyncio.ensure_future(tier.judge([doubt()], LONG))
        await guard.arrived.wait()
        assert [item.unjudged for item in await tier.judge([doubt(), doubt()], LONG)] == ["busy", "busy"]
        first.cancel()
    assert ("openguardrails", "busy") in tally.calls
