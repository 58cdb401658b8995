"""An embeddings endpoint over real sockets: what it is sent, what its vectors mean, what goes wrong."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sluicegate.detection.similar.subjects import Subject, Subjects
from sluicegate.detection.tiers import Doubt, Opinion, SlowTier
from sluicegate.detection.types import Direction, Kind, Level, Role, Tier
from sluicegate.middleware.breaker import Breaker
from sluicegate.middleware.guard_client.target import Target
from sluicegate.middleware.similarity.client import MOST_PIECES, SimilarityClient
from sluicegate.middleware.similarity.vectors import BadVectors, read_vectors
from tests.fakes.guard_server import Answer, FakeGuard, fake_guard, hang, stop, whole

LONG, SHORT = 30.0, 0.25
CATS, LAW = "About cats, all of them.", "About law and its courts."
SUBJECTS = Subjects(
    [
        Subject("topic.cats", (CATS, "Kittens are small cats."), Level.HIGH),
        Subject("topic.law", (LAW,), Level.LOW, least=0.9),
    ]
)
AXES = {"cat": 0, "law": 1}


def vector(text: str) -> list[float]:
    """A direction for each thing a text speaks of, and one for all else."""
    found = [1.0 if word in text.lower() else 0.0 for word in AXES]
    return [*found, 0.0 if any(found) else 1.0]


def said(vectors: Sequence[Any], *, turned: bool = False) -> bytes:
    data = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(vectors)]
    return whole(json.dumps({"object": "list", "data": data[::-1] if turned else data}).encode())


def meaning(body: Mapping[str, Any]) -> Answer:
    return said([vector(text) for text in body["input"]], turned=True)


@asynccontextmanager
async def client(server: FakeGuard, **more: Any) -> AsyncIterator[SimilarityClient]:
    breaker = more.pop("breaker", None)
    made = SimilarityClient(Target(server.url, "BAAI/bge-m3", "embeddings", **more), breaker=breaker)
    try:
        yield made
    finally:
        await made.close()


def doubt(text: str, subjects: Subjects | None = SUBJECTS) -> Doubt:
    return Doubt(text, Role.USER, Kind.TEXT, Direction.PROMPT, subjects=subjects)


def scores(opinion: Opinion) -> dict[str, float]:
    return {score.category: round(score.score, 3) for score in opinion.scores}


async def test_texts_are_compared_by_their_vectors() -> None:
    async with fake_guard(choose=meaning) as server, client(server, api_key="k-1") as made:
        tier: SlowTier = made
        assert tier.tier is Tier.SIMILARITY
        cat, law, both, none = await tier.judge(
            [
                doubt(text)
                for text in ("A cat sleeps on the sofa.", "The law says so.", "A cat and a law.", "Rain.")
            ],
            LONG,
        )
        assert server.paths == ["/v1/embeddings"] * 5
        assert server.headers[0]["authorization"] == "bearer k-1"
    assert server.bodies[0] == {
        "model": "BAAI/bge-m3", "input": ["A cat sleeps on the sofa."], "encoding_format": "float",
    }  # fmt: skip
    assert server.bodies[1]["input"] == [CATS, "Kittens are small cats.", LAW]
    assert scores(cat) == {"topic.cats": 1.0, "topic.law": 0.0}
    assert scores(law) == {"topic.cats": 0.0, "topic.law": 1.0}
    half = scores(both)
    assert half["topic.cats"] > 0.5 > half["topic.law"] > 0.3
    assert scores(none) == {"topic.cats": 0.0, "topic.law": 0.0}
    assert cat.model == "embeddings.baai-bge-m3"
    assert {score.category: score.level for score in cat.scores}["topic.law"] is Level.LOW


async def test_examples_are_sent_once_and_many_in_parts() -> None:
    many = Subjects([Subject("topic.many", tuple(f"Example {number} of cats" for number in range(70)))])
    async with fake_guard(choose=meaning) as server, client(server) as made:
        for _ in range(2):
            (found,) = await made.judge([doubt("A cat.", many)], LONG)
            assert scores(found) == {"topic.many": 1.0}
        assert [len(body["input"]) for body in server.bodies] == [1, 32, 32, 6, 1]


async def test_the_nearest_piece_counts_and_behind_the_last_nothing_is_known() -> None:
    other = "It rains again in the north today.\n"
    async with fake_guard(choose=meaning) as server, client(server) as made:
        (found,) = await made.judge([doubt(other * 10 + "A cat sleeps on the sofa.\n" + other)], LONG)
        (blind,) = await made.judge([doubt(other * (MOST_PIECES + 1) + "A cat sleeps on the sofa.")], LONG)
    assert scores(found)["topic.cats"] == 1.0
    assert (blind.unjudged, blind.scores) == ("over size", ())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (hang, "deadline"),
        (stop, "away"),
        (whole(b"{}", 500), "status 500"),
        (whole(b"{}", 429), "busy"),
        (whole(b"cats"), "unreadable"),
        (whole(b'{"data": []}'), "unreadable"),
        (said([[1.0, 0.0], [0.0, 1.0]]), "unreadable"),
    ],
)
async def test_whatever_goes_wrong_is_unjudged(answer: Answer, reason: str) -> None:
    async with fake_guard(answer) as server, client(server) as made:
        (found,) = await made.judge([doubt("A cat.")], SHORT if answer is hang else LONG)
    assert (found.unjudged, found.scores) == (reason, ())


async def test_vectors_of_another_length_than_the_examples_are_not_compared() -> None:
    lengths = iter((2, 3))
    subjects = Subjects([Subject("topic.cats", (CATS,))])

    def choose(body: Mapping[str, Any]) -> Answer:
        return said([[1.0] * next(lengths)] * len(body["input"]))

    async with fake_guard(choose=choose) as server, client(server) as made:
        (found,) = await made.judge([doubt("A cat.", subjects)], LONG)
    assert found.unjudged == "unreadable"


async def test_one_that_fails_is_left_alone_until_it_is_back() -> None:
    now = [100.0]
    breaker = Breaker(failures=1, rest=5.0, clock=lambda: now[0])
    async with fake_guard(whole(b"{}", 500)) as server, client(server, breaker=breaker) as made:
        reasons = [(await made.judge([doubt("A cat.")], LONG))[0].unjudged for _ in range(2)]
        assert reasons == ["status 500", "resting"]
        now[0] += 5.1
        server.choose = meaning
        assert (await made.judge([doubt("A cat.")], LONG))[0].unjudged == ""


async def test_without_subjects_nobody_is_asked() -> None:
    async with fake_guard(choose=meaning) as server, client(server) as made:
        (found,) = await made.judge([doubt("A cat.", None)], LONG)
        assert server.bodies == []
    assert found.unjudged == "not its subject"


@pytest.mark.parametrize(
    "rows",
    [
        [[1.0, float("inf")]],
        [[0.0, 0.0]],
        [[]],
        [["a", "b"]],
        [[1.0, None]],
        [1.0],
        [[[1.0]]],
        [[1e300, 1e300]],
        [{"a": 1}],
    ],
)
def test_what_is_no_vector_is_refused(rows: list[Any]) -> None:
    body = json.dumps({"data": [{"index": at, "embedding": row} for at, row in enumerate(rows)]}).encode()
    with pytest.raises(BadVectors):
        read_vectors(body, len(rows))


@pytest.mark.parametrize("places", [[0, 0], [1, 2], [0], [0, 1, 2], ["0", "1"], [None, 1]])
def test_there_is_one_a_text(places: list[Any]) -> None:
    body = json.dumps({"data": [{"index": at, "embedding": [1.0]} for at in places]}).encode()
    with pytest.raises(BadVectors):
        read_vectors(body, 2)
