"""Fuzzing of every dialect: only the promised errors come out, and no secret goes by unseen.

The long runs take `FUZZ_SECONDS` (600) from `FUZZ_SEED` and keep inputs that reach lines no input reached
before. The short ones begin with the same seed each time.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sluicegate import detection
from sluicegate.detection.dialects import DIALECTS, Asked
from sluicegate.detection.dialects.collect import Collector
from sluicegate.detection.framing import messages
from tests.fuzz.changes import changed, in_pieces, shuffled, spoiled
from tests.fuzz.coverage import Reached, lines_reached
from tests.fuzz.material import MATERIALS
from tests.fuzz.oracle import (
    CANARY,
    UnscannedPass,
    framed,
    hold_answer,
    hold_request,
    hold_sorter,
    hold_stream,
    planted,
    shape_of,
)
from tests.fuzz.shapes import Material

SECONDS = float(os.environ.get("FUZZ_SECONDS", "600"))
SEED = int(os.environ.get("FUZZ_SEED", Random().randrange(10**6)))
_FOLDER = str(Path(detection.__file__).parent)
_FOLDERS = tuple(
    f"{_FOLDER}/{name}"
    for name in (
        "dialects",
        "framing",
        "frame",
        "grow",
        "document",
        "json_",
        "unescape",
        "pieces",
        "loose_form",
    )
)
_MOST_KEPT = 400
SOCKETS = {"openai_realtime", "gemini_live"}
"""Dialects of WebSockets, whose messages come whole."""

type Seed = tuple[Material, str, Any]
"""Whose words, what they are (request, answer or stream) and the words."""


def seeds() -> Iterator[Seed]:
    """What the fuzzers begin with."""
    for material in MATERIALS:
        for request in material.requests:
            yield material, "request", request
        for answer in material.answers:
            yield material, "answer", answer
        for stream in material.streams:
            yield material, "stream", list(stream)


def test_every_dialect_is_fuzzed() -> None:
    assert {material.dialect for material in MATERIALS} == DIALECTS.keys()
    streaming = {name for name in DIALECTS if DIALECTS[name].stream(Asked("m", stream=True)) is not None}
    assert {material.dialect for material in MATERIALS if material.streams} == streaming
    assert {material.dialect for material in MATERIALS if not material.requests} == {"openai_forms"}


def in_values(seed: Seed, random: Random) -> tuple[Any, bytes | list[bytes]]:
    """Change the values of a payload and plant the secret; return it and its bytes."""
    material, what, tree = seed
    for _ in range(random.randrange(4)):
        tree = shuffled(tree, random) if what == "stream" else changed(tree, random)
    if what != "stream":
        told = planted(tree, random)
        return tree, json.dumps(told, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    frames = list(tree)
    if frames:
        where = random.randrange(len(frames))
        frames[where] = planted(frames[where], random)
    if material.dialect in SOCKETS:
        return tree, [framed(shape_of(material), [frame]) for frame in frames]
    return tree, in_pieces(framed(shape_of(material), frames), random)


def in_bytes(seed: Seed, random: Random) -> tuple[Any, bytes | list[bytes]]:
    """Plant the secret and change the bytes of a payload."""
    tree, spelled = in_values(seed, random)
    if isinstance(spelled, list) and seed[0].dialect in SOCKETS:
        return tree, [
            messages.framed(spoiled(content, random) if random.random() < 0.3 else content)
            for chunk in spelled
            for content in messages.unframed(chunk)
        ]
    data = spelled if isinstance(spelled, bytes) else b"".join(spelled)
    for _ in range(random.randrange(1, 4)):
        data = spoiled(data, random)
    return tree, data if isinstance(spelled, bytes) else in_pieces(data, random)


def hold(material: Material, what: str, spelled: bytes | list[bytes]) -> None:
    """Hold a payload to what must hold of any."""
    if material.dialect in SOCKETS:
        hold_sorter(material, what, spelled)
    if isinstance(spelled, list):
        hold_stream(material, spelled)
    elif what == "request":
        hold_request(material, spelled)
    else:
        hold_answer(material, spelled)


type Way = Callable[[Seed, Random], tuple[Any, bytes | list[bytes]]]


def fuzzed(way: Way, random: Random, end: Callable[[int], bool]) -> tuple[int, int, dict[str, str]]:
    """Fuzz until `end` of the number of inputs; return that number, how many were kept, and the faults."""
    corpus = list(seeds())
    begun = len(corpus)
    reached: Reached = set()
    faults: dict[str, str] = {}
    tried = 0
    with lines_reached(reached, _FOLDERS):
        while not end(tried):
            seed = corpus[tried] if tried < begun else random.choice(corpus)
            tree, spelled = way(seed, random)
            known = len(reached)
            tried += 1
            try:
                hold(seed[0], seed[1], spelled)
            except Exception as fault:  # noqa: BLE001 - each kind of fault is told once, then it goes on
                where = traceback.extract_tb(fault.__traceback__)[-1]
                about = str(fault) if where.name.startswith("_hold") else f"{where.filename}:{where.lineno}"
                faults.setdefault(
                    f"{seed[0]} {seed[1]} {type(fault).__name__} {about[:300]}", repr(spelled)[:3000]
                )
            if len(reached) > known and len(corpus) < begun + _MOST_KEPT:
                corpus.append((seed[0], seed[1], tree))
    return tried, len(corpus) - begun, faults


@pytest.mark.parametrize("way", [in_values, in_bytes])
def test_a_short_fuzzing_finds_nothing(way: Way) -> None:
    _, _, faults = fuzzed(way, Random(5), lambda tried: tried >= 700)
    assert not faults


@pytest.mark.long
@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.parametrize("way", [in_values, in_bytes])
def test_a_long_fuzzing_finds_nothing(way: Way) -> None:
    end = time.monotonic() + SECONDS
    tried, kept, faults = fuzzed(way, Random(SEED), lambda _: time.monotonic() > end)
    sys.stdout.write(f"\nseed {SEED}: {tried} inputs, {kept} reached something new, {len(faults)} faults\n")
    sys.stdout.write(
        "".join(f"{fault}\n{spelled}\n" for fault, spelled in faults.items())
    )  # whole: pytest cuts
    assert not faults
    assert kept > 1


@pytest.mark.parametrize("overlooked", ["note", "instructions"])
def test_the_oracle_sees_what_leaves(overlooked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dialect that overlooks a member is found."""
    members = Collector.members

    def blind(self: Collector, value: dict[str, Any], *args: Any, **more: Any) -> None:
        members(self, {key: item for key, item in value.items() if key != overlooked}, *args, **more)

    body = json.dumps({"model": "m", "prompt": "x", "suffix": "s", overlooked: CANARY}).encode()
    material = next(item for item in MATERIALS if item.dialect == "openai_completions")
    hold_request(material, body)
    monkeypatch.setattr(Collector, "members", blind)
    with pytest.raises(UnscannedPass):
        hold_request(material, body)
