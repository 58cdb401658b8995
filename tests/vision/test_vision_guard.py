"""The guard that is shown pictures, over real sockets: what it is sent, what it does, on both faces."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from sluicegate.detection.core import Core
from sluicegate.detection.escalation import Models
from sluicegate.detection.models.guards.doubts import Extent
from sluicegate.detection.models.guards.passage import Passage
from sluicegate.detection.models.guards.registry import FORMATS, SEEING
from sluicegate.detection.testing import FixedPolicy
from sluicegate.detection.tier_rule import FailMode, TierRule
from sluicegate.detection.tiers import Doubt, Opinion
from sluicegate.detection.types import Action, Direction, Kind, Role, Tier, Verdict
from sluicegate.gateway.app import proxy_app
from sluicegate.library.panel import Panel
from sluicegate.middleware.guard_client.client import GuardClient
from sluicegate.middleware.guard_client.target import Target
from tests.fakes.guard_server import Answer, FakeGuard, fake_guard, flood, hang, said, stop, whole
from tests.gateway.parts import Ports, ScriptedUpstream, spec
from tests.middleware.client import AUTHORIZED, JSON_TYPE, call, scope
from tests.middleware.house import House, one_entry
from tests.middleware.test_asking import Upstream
from tests.vision.shown import BAD, GOOD, JPEG, chat, png, url
from tests.vision.test_pictures import BLOCKS

LONG, SHORT = 30.0, 0.25
SAFE = said('{"unsafe": false, "categories": []}')
UNSAFE = said('{"unsafe": true, "categories": ["S5"]}')


def doubt(picture: bytes = GOOD, **more: Any) -> Doubt:
    return Doubt(url(picture), Role.USER, Kind.IMAGE, Direction.PROMPT, **more)


@asynccontextmanager
async def seer(guard: FakeGuard, **more: Any) -> AsyncIterator[GuardClient]:
    made = GuardClient(Target(guard.url, "Seer", **{"format": "judge", **more}), tier=Tier.VISION)
    try:
        yield made
    finally:
        await made.close()


async def judged(guard: FakeGuard, *doubts: Doubt, deadline: float = LONG, **more: Any) -> list[Opinion]:
    async with seer(guard, **more) as tier:
        return list(await tier.judge(doubts or [doubt()], deadline))


def worst(opinion: Opinion) -> dict[str, float]:
    return {score.category: score.score for score in opinion.scores if score.score}


async def test_a_judge_is_shown_the_picture_and_nothing_of_the_texts_around() -> None:
    async with fake_guard(UNSAFE) as guard:
        (opinion,) = await judged(guard)
        (body,) = guard.bodies
    assert worst(opinion) == {"harmful.violent_crime": 1.0}
    system, user = body["messages"]
    assert user == {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url(GOOD)}}]}
    assert system["role"] == "system"
    assert "a user shows it to an AI model" in system["content"]
    assert "S9: Prompt Attacks" in system["content"]
    assert body["response_format"]["json_schema"]["strict"] is True


async def test_llama_guard_is_shown_it_as_a_part() -> None:
    async with fake_guard(said("unsafe\nS1")) as guard:
        (opinion,) = await judged(guard, format="llama-guard-4")
        answer = Doubt(url(GOOD), Role.ASSISTANT, Kind.IMAGE, Direction.ANSWER)
        await judged(guard, answer, format="llama-guard-4")
        asked, answered = guard.bodies
    assert worst(opinion) == {"harmful.violent_crime": 1.0}
    part = {"type": "image_url", "image_url": {"url": url(GOOD)}}
    assert asked["messages"] == [{"role": "user", "content": [part]}]
    assert [turn["role"] for turn in answered["messages"]] == ["user", "assistant"]
    assert answered["messages"][1]["content"] == [part]


@pytest.mark.parametrize("way", sorted(SEEING))
def test_no_format_that_sees_reads_a_text_in_the_place_of_a_picture(way: str) -> None:
    passage = Passage("", tags=("S5",), nonce="0" * 16, picture=url(GOOD))
    (asked,) = SEEING[way].calls(passage)
    assert url(GOOD) in json.dumps(asked.body)


@pytest.mark.parametrize("way", sorted(FORMATS.keys() - SEEING.keys()))
def test_a_format_that_does_not_see_is_none(way: str) -> None:
    with pytest.raises(KeyError):
        GuardClient(Target("http://127.0.0.1:1/v1", "m", way), tier=Tier.VISION)


async def test_each_is_asked_about_what_it_reads_alone() -> None:
    text = Doubt("a text", Role.USER, Kind.TEXT, Direction.PROMPT)
    async with fake_guard(SAFE) as guard:
        (opinion,) = await judged(guard, text)
        reader = GuardClient(Target(guard.url, "m", "judge"))
        (other,) = await reader.judge([doubt()], LONG)
        await reader.close()
        assert guard.bodies == []
    assert (opinion.unjudged, other.unjudged) == ("not its subject", "not its subject")


async def test_one_that_is_too_large_is_not_sent() -> None:
    large = png(bytes(4096))
    async with fake_guard(SAFE) as guard:
        first, second = await judged(guard, doubt(large), doubt(), extent=Extent(picture=1024))
        assert len(guard.bodies) == 1
    assert (first.unjudged, first.scores) == ("over size", ())
    assert second.unjudged == ""


TROUBLE: Mapping[str, tuple[Answer, str]] = {
    "hang": (hang, "deadline"),
    "garbage": (said("It shows a cat."), "unreadable"),
    "contradiction": (said('{"unsafe": false, "categories": ["S5"]}'), "unreadable"),
    "cut off": (said('{"unsafe": false', "length"), "unreadable"),
    "error": (whole(b"{}", 500), "status 500"),
    "half": (stop, "away"),
    "flood": (flood, "answer over size"),
}


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_whatever_goes_wrong_is_unjudged(trouble: str) -> None:
    answer, reason = TROUBLE[trouble]
    async with fake_guard(answer) as guard:
        (opinion,) = await judged(guard, deadline=SHORT if trouble == "hang" else LONG)
    assert (opinion.unjudged, opinion.scores) == (reason, ())


def core() -> Core:
    return Core(bytes(32), (), models=Models(tiers={Tier.VISION}))


async def in_middleware(tier: GuardClient, rule: TierRule, body: bytes) -> tuple[bool, Verdict]:
    """Whether an app behind the middleware was reached, and what the record says of the prompt."""
    house = House(core(), FixedPolicy(replace(BLOCKS, tiers=(rule,))), panel=Panel([tier]))
    upstream = Upstream()
    await call(house.guard(upstream), body=body)
    return upstream.reached == 1, one_entry(house).core.prompt


async def in_gateway(tier: GuardClient, rule: TierRule, body: bytes) -> tuple[bool, Verdict]:
    """Whether an upstream was called, and what the record says of the prompt."""
    ports = Ports(policies=FixedPolicy(replace(BLOCKS, tiers=(rule,))), inspector=core())
    upstream = ScriptedUpstream()
    parts = replace(ports.parts([(spec("openai"), upstream)]), panel=Panel([tier]))
    answer = await call(
        proxy_app(parts), scope("POST", "/v1/chat/completions", [*AUTHORIZED, *JSON_TYPE]), body
    )
    assert answer.status == 200
    return bool(upstream.requests), ports.audit.entries[-1].core.prompt


FACES = pytest.mark.parametrize("face", [in_middleware, in_gateway])


@FACES
async def test_a_safe_picture_goes_on_and_a_bad_one_does_not(face: Any) -> None:
    def choose(body: Mapping[str, Any]) -> Answer:
        return UNSAFE if url(BAD) in json.dumps(body) else SAFE

    async with fake_guard(choose=choose) as guard, seer(guard) as tier:
        reached, verdict = await face(tier, TierRule(Tier.VISION, deadline=LONG), chat(GOOD, JPEG))
        assert (reached, verdict.action, verdict.receipt.unjudged) == (True, Action.PASS, ())
        reached, verdict = await face(tier, TierRule(Tier.VISION, deadline=LONG), chat(GOOD, BAD))
    assert (reached, verdict.action, verdict.tier) == (False, Action.BLOCK, Tier.VISION)
    assert [item.finding.pointer for item in verdict.decided] == ["/messages/0/content/2"]


@FACES
@pytest.mark.parametrize("trouble", ["hang", "garbage", "error"])
@pytest.mark.parametrize("fail", [FailMode.OPEN, FailMode.CLOSED])
async def test_wall_5_nothing_unjudged_is_called_safe(face: Any, trouble: str, fail: FailMode) -> None:
    answer, reason = TROUBLE[trouble]
    rule = TierRule(Tier.VISION, fail, SHORT if trouble == "hang" else LONG)
    async with fake_guard(answer) as guard, seer(guard) as tier:
        reached, verdict = await face(tier, rule, chat(GOOD))
    assert reached is (fail is FailMode.OPEN)
    assert verdict.action is (Action.FLAG if fail is FailMode.OPEN else Action.BLOCK)
    assert [item.reason for item in verdict.receipt.unjudged] == ["image", f"dead tier vision: {reason}"]
