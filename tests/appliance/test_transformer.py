"""The process of the small transformer: it answers everybody, in time or not at all, and may die."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import pytest

from sluicegate.appliance import model_client, model_queue
from sluicegate.appliance.bus import Bus, framed, make_bus
from sluicegate.appliance.chosen_models import chosen_models
from sluicegate.appliance.embeddings_settings import EmbeddingsSettings
from sluicegate.appliance.errors import SettingError
from sluicegate.appliance.model_client import ModelClient
from sluicegate.appliance.model_queue import Job, ModelQueue
from sluicegate.appliance.model_server import ModelServer
from sluicegate.appliance.settings import Settings
from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.tenant import Knowledge, Topic
from sluicegate.detection.tier_rule import TierRule, Use
from sluicegate.detection.tiers import Doubt, Opinion
from sluicegate.detection.types import Direction, Kind, Role, Tier
from tests.appliance.letters import LONG_TIME, Letters


def doubt(text: str) -> Doubt:
    return Doubt(text, Role.USER, Kind.TEXT, Direction.PROMPT)


async def judged(client: ModelClient, *texts: str, deadline: float = LONG_TIME) -> list[Opinion]:
    """Ask, and wait for the process to be there first."""
    while True:
        opinions = await client.judge([doubt(text) for text in texts], deadline)
        if not any(opinion.unjudged == "dead" for opinion in opinions):
            return list(opinions)
        await asyncio.sleep(0)


@asynccontextmanager
async def served(model: Letters | None = None) -> AsyncIterator[tuple[ModelClient, ModelServer, Bus]]:
    """A server and a worker's client of it, in one loop."""
    bus = make_bus()
    server, client = ModelServer(bus, model or Letters()), ModelClient(bus)
    await server.start()
    client.start()
    try:
        yield client, server, bus
    finally:
        await client.close()
        await server.close()
        bus.close()


async def test_texts_are_judged_in_order_by_the_worst_of_their_parts() -> None:
    async with served() as (client, *_):
        opinions = await judged(client, "xxxxx-----", "-" * 25 + "x" * 15, "\ud83d", "none")
    assert [opinion.scores[0].score for opinion in opinions] == [0.5, 1.0, 0.0, 0.0]
    assert {opinion.model for opinion in opinions} == {"letters-1"}
    assert all(opinion.seconds >= 0 and not opinion.unjudged for opinion in opinions)


async def test_workers_share_the_model() -> None:
    async with served() as (client, _, bus):
        other = ModelClient(bus)
        other.start()
        try:
            both = await asyncio.gather(judged(client, "x"), judged(other, "-"))
        finally:
            await other.close()
    assert [opinion.scores[0].score for (opinion,) in both] == [1.0, 0.0]


async def test_what_fails_is_unjudged_and_told_as_no_more_than_that() -> None:
    async with served() as (client, *_):
        bad, good = await judged(client, "oh no!", "xx")
    assert (bad.unjudged, bad.scores) == ("failed", ())
    assert good.scores[0].score == 1.0


async def test_who_waits_too_long_hears_so_and_is_not_read_later() -> None:
    model = Letters()
    async with served(model) as (client, *_):
        await judged(client, "first")
        model.gate.clear()
        late = await judged(client, "x" * 30, deadline=0.01)
        model.gate.set()
        await judged(client, "last")
    assert [opinion.unjudged for opinion in late] == ["deadline"]
    assert model.read_parts.count("x" * 10) <= 1


async def test_a_cancelled_ask_is_dropped_from_the_line() -> None:
    model = Letters()
    async with served(model) as (client, *_):
        await judged(client, "first")
        model.gate.clear()
        blocking = asyncio.create_task(judged(client, "blocks"))
        asked = asyncio.create_task(judged(client, "nobody"))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        last = asyncio.create_task(judged(client, "last"))
        await asyncio.sleep(0)
        model.gate.set()
        await asyncio.gather(blocking, last)
    assert "nobody" not in model.read_parts


async def test_too_many_are_told_that_it_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_queue, "MOST_TEXTS", 2)
    model = Letters()
    async with served(model) as (client, *_):
        await judged(client, "first")
        model.gate.clear()
        asked = asyncio.create_task(judged(client, *"abcdefgh"))
        while sum(future.done() for future in client._asked.values()) < 5:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
        model.gate.set()
        reasons = [opinion.unjudged for opinion in await asked]
    assert reasons.count("busy") >= 5
    assert reasons.count("") >= 2


async def test_a_stranger_is_cut_off() -> None:
    async with served() as (_, __, bus):
        reader, writer = await asyncio.open_unix_connection(sock=_connected(bus))
        writer.write(framed("judge", (1, 1.0, "x")))
        assert await reader.read() == b""
        writer.close()


def _connected(bus: Bus) -> socket.socket:
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    end.connect(bus.address)
    end.setblocking(False)
    return end


@contextmanager
def process_of(bus: Bus) -> Iterator[subprocess.Popen[bytes]]:
    """A process that serves the tiny model, until killed."""
    number = bus.listener.fileno()
    words = [sys.executable, "-m", "tests.appliance.letters", str(number), bus.token]
    process = subprocess.Popen(words, pass_fds=[number])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_wall_5_killed_under_load_it_leaves_texts_unjudged_and_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model_client, "_RETRY_SECONDS", 0.001)
    bus = make_bus()
    client = ModelClient(bus)
    client.start()
    try:
        with process_of(bus):
            assert (await judged(client, "x"))[0].scores[0].score == 1.0
            texts = [doubt("x" * 200)] * 20
            asked = [asyncio.create_task(client.judge(texts, LONG_TIME)) for _ in range(20)]
            await asyncio.sleep(0)
        answers = [opinion for task in asked for opinion in await task]
        assert {opinion.unjudged for opinion in answers} <= {"", "dead"}
        assert all(bool(opinion.scores) is not bool(opinion.unjudged) for opinion in answers)
        assert any(opinion.unjudged == "dead" for opinion in answers)
        with process_of(bus):
            assert (await judged(client, "x"))[0].scores[0].score == 1.0
    finally:
        await client.close()
        bus.close()


def job(size: int, until: float = 10.0) -> Job:
    return Job(["x" * size], until, lambda job, reason: job.scores.append(reason))


def test_short_texts_do_not_wait_for_long_ones() -> None:
    line = ModelQueue()
    long, short = [job(5000) for _ in range(3)], [job(10) for _ in range(3)]
    assert all(line.add(item) for item in (*long, *short))
    order = [line.next(0.0) for _ in range(6)]
    assert [order.index(item) for item in short] == [0, 2, 4]
    assert (len(line), line.next(0.0)) == (0, None)


def test_who_comes_too_late_is_told_and_who_is_gone_is_not() -> None:
    line = ModelQueue()
    late, gone, fine = job(1, until=1.0), job(1), job(1)
    gone.gone = True
    assert all(line.add(item) for item in (late, gone, fine))
    assert line.next(2.0) is fine
    assert (late.scores, gone.scores) == (["deadline"], [])


def policy(name: str, *rules: TierRule) -> Policy:
    return Policy(name, BALANCED.clauses, tiers=rules)


@pytest.mark.parametrize(
    ("settings", "policies", "runs"),
    [
        (Settings(), (BALANCED,), set()),
        (Settings(linear="on"), (BALANCED,), {Tier.LINEAR}),
        (Settings(transformer="on"), (BALANCED,), {Tier.LINEAR, Tier.TRANSFORMER}),
        (Settings(transformer="on", linear="off"), (BALANCED,), {Tier.TRANSFORMER}),
        (
            Settings(),
            (policy("own", TierRule(Tier.TRANSFORMER, use=Use.DOUBT)),),
            {Tier.LINEAR, Tier.TRANSFORMER},
        ),
        (Settings(), (policy("own", TierRule(Tier.LINEAR, use=Use.ALWAYS)),), {Tier.LINEAR}),
        (Settings(), (policy("own", TierRule(Tier.TRANSFORMER)),), set()),
        (Settings(transformer="off"), (policy("own", TierRule(Tier.TRANSFORMER, use=Use.DOUBT)),), set()),
    ],
)
def test_models_run_where_somebody_asks_for_them(
    settings: Settings, policies: tuple[Policy, ...], runs: set[Tier]
) -> None:
    assert chosen_models(settings, policies) == runs


def test_texts_are_compared_where_a_policy_has_something_to_compare_them_with() -> None:
    topics = replace(BALANCED, topics=(Topic("a", ("x", "y", "z")),))
    answers = replace(BALANCED, knowledge=(Knowledge("a", (), ("q",), ("a",)),))
    vectors = Settings(embeddings=EmbeddingsSettings(url="https://v.example/v1", model="m"))
    for settings, own in ((Settings(), topics), (Settings(), answers), (vectors, BALANCED)):
        assert chosen_models(settings, (own,)) == {Tier.SIMILARITY}


def test_a_model_that_cannot_be_loaded_is_a_fault_of_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluicegate.appliance.chosen_models.find_spec", lambda _: None)
    own = policy("own", TierRule(Tier.TRANSFORMER, use=Use.DOUBT))
    with pytest.raises(SettingError, match=r"policy own asks the transformer tier.*sluicegate\[models\]"):
        chosen_models(Settings(), (own,))
    assert chosen_models(Settings(), (BALANCED,)) == set()
    with pytest.raises(SettingError, match="numpy is not installed"):
        chosen_models(Settings(embeddings=EmbeddingsSettings(url="https://v/v1", model="m")), ())
