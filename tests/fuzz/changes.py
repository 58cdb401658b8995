"""Changes that fuzzers make: to the values of JSON, to the frames of a stream, to bytes."""

import copy
import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random
from typing import Any

type Path = tuple[Any, ...]

_ODD: tuple[Callable[[Random], Any], ...] = (
    lambda _: None,
    lambda random: random.choice([True, False, 0, -1, 1, 2**53, 2**70, 0.5, 1e300, 12345678901]),
    lambda random: random.choice(
        ["", "x", "\ud800", "\u0000", "a" * 3000, "\u200b", "[DONE]", '{"a":', "{}"]
    ),
    lambda random: random.choice([[], {}, [[]], [{}], {"": {}}, [None], {"a": []}]),
    lambda random: json.loads("[" * (depth := random.randrange(1, 70)) + "]" * depth),
    lambda random: json.dumps({"in": json.dumps([random.choice(["x", 5, {"y": "z"}])])}),
    lambda random: random.choice(["text", "type", "content", "user", "assistant", "tool", "stop", "error"]),
    lambda random: {random.choice(["type", "text", "x", "index"]): random.choice(["text", 0, None, []])},
)
_BYTES = (
    *(
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\r",
        b"\n",
        b"\r\n",
        b"\n\n",
        b'"',
        b"\\",
        b"\\u",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"data: ",
        b"event: x\n",
        b": x\n",
        b"[DONE]",
        b"--",
        b"NaN",
        b"1e999",
    ),
)


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place of a tree."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def at(tree: Any, path: Path) -> Any:
    """The value at a place."""
    for step in path:
        tree = tree[step]
    return tree


def put(tree: Any, path: Path, value: Any) -> Any:
    """The tree with another value at a place; it is changed where it stands."""
    if not path:
        return value
    at(tree, path[:-1])[path[-1]] = value
    return tree


def changed(tree: Any, random: Random, strange: Any = None) -> Any:
    """A copy with one change: a value replaced, taken out, moved, doubled or wrapped."""
    tree = copy.deepcopy(tree)
    path = random.choice(list(places(tree)))
    value = at(tree, path)
    match random.randrange(8):
        case 0 if path and isinstance(at(tree, path[:-1]), dict):
            del at(tree, path[:-1])[path[-1]]
        case 1 if isinstance(value, list) and value:
            value.insert(random.randrange(len(value) + 1), copy.deepcopy(random.choice(value)))
        case 2 if isinstance(value, list) and value:
            value.pop(random.randrange(len(value)))
        case 3 if isinstance(value, dict) and value:
            key = random.choice(list(value))
            value[random.choice([key.upper(), key + "s", "x_" + key, "type", "text"])] = value.pop(key)
        case 4:
            tree = put(
                tree, path, random.choice([[value], {"text": value}, {"type": value}, json.dumps(value)])
            )
        case 5 if strange is not None:
            tree = put(tree, path, copy.deepcopy(at(strange, random.choice(list(places(strange))))))
        case _:
            tree = put(tree, path, random.choice(_ODD)(random))
    return tree


def shuffled(frames: list[Any], random: Random) -> list[Any]:
    """Frames of which one is missing, comes again, comes at another time or has changed."""
    frames = list(frames)
    if not frames:
        return frames
    here, there = random.randrange(len(frames)), random.randrange(len(frames))
    match random.randrange(6):
        case 0:
            del frames[here]
        case 1:
            frames.insert(there, frames[here])
        case 2:
            frames[here], frames[there] = frames[there], frames[here]
        case _:
            frames[here] = changed(frames[here], random, frames[there])
    return frames


def spoiled(data: bytes, random: Random) -> bytes:
    """Bytes of which some are others, missing, doubled or new."""
    low = random.randrange(len(data) + 1)
    high = min(len(data), low + random.randrange(1, 12))
    match random.randrange(5):
        case 0:
            return data[:low] + data[high:]
        case 1:
            return data[:low] + data[low:high] * random.randrange(2, 5) + data[high:]
        case 2:
            return data[:low] + bytes(random.randrange(256) for _ in data[low:high]) + data[high:]
        case 3:
            return data[:low]
        case _:
            return data[:low] + random.choice(_BYTES) + data[low:]


def in_pieces(data: bytes, random: Random) -> list[bytes]:
    """The same bytes, cut somewhere."""
    if random.random() < 0.3:
        return [data]
    if random.random() < 0.2:
        return [data[at : at + 1] for at in range(len(data))]
    edges = sorted({0, len(data), *(random.randrange(len(data) + 1) for _ in range(random.randrange(1, 9)))})
    return [data[low:high] for low, high in pairwise(edges)]
