"""A secret anywhere in a request or a stream is masked, stops it, or stands in what the receipt names."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from sluicegate.detection.errors import BadInput
from sluicegate.detection.pointer import public
from tests.detection.host_samples import REQUESTS, STREAMS
from tests.detection.support import ALICE, INSPECTOR, MASK_ALL, run

SECRET = "AKIA" + "5XGQ7R2MZN4CTYLB"
CANARY = f"key {SECRET} "
NAMES = frozenset(("model", "agent_id"))
"""Members that choose who answers: nobody reads them but the provider's machinery."""
MACHINERY = NAMES | frozenset(
    (
        "id",
        "object",
        "created_at",
        "conversation_id",
        "generation_id",
        "provider",
        "role",
        "finish_reason",
        "data",
    )
)
"""Members of an answer that its provider's machinery writes, and reasoning that only it can read."""

type Place = tuple[str | int, ...]


def places(value: Any, path: Place = ()) -> Iterator[tuple[Place, bool]]:
    """Every place of a value where a secret may stand, and whether it is a key's."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key), True
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))
    elif isinstance(value, str):
        yield path, False


def planted(tree: Any, path: Place, *, key: bool) -> Any:
    """A copy with the secret in one place."""
    tree = copy.deepcopy(tree)
    holder = tree
    for step in path[:-1]:
        holder = holder[step]
    last = path[-1]
    if key:
        holder[CANARY] = "x"
    else:
        holder[last] = json.dumps({"a": CANARY}) if holder[last].startswith("{") else CANARY
    return tree


def written(dialect: str, frames: list[Any]) -> bytes:
    """The bytes of a stream."""
    if dialect == "cohere_chat_v1":
        return b"".join(json.dumps(frame).encode() + b"\n" for frame in frames)
    names = [f"event: {frame['type']}\n" if "type" in frame else "" for frame in frames]
    return b"".join(
        f"{name}data: {json.dumps(frame)}\n\n".encode() for name, frame in zip(names, frames, strict=True)
    )


@pytest.mark.parametrize("dialect", REQUESTS)
def test_a_secret_anywhere_in_a_request_is_dealt_with(dialect: str) -> None:
    tried = 0
    for path, key in places(REQUESTS[dialect]):
        body = json.dumps(planted(REQUESTS[dialect], path, key=key)).encode()
        inspection = INSPECTOR.open(dialect, MASK_ALL, ALICE)
        try:
            decision = inspection.request(body)
        except BadInput:
            continue
        tried += 1
        if decision.body is not None and SECRET.encode() in decision.body and path[-1] not in NAMES:
            here = public("/" + "/".join(map(str, path)))
            named = [item.pointer for item in decision.verdict.receipt.unjudged]
            assert any(here.startswith(pointer) for pointer in named), here
    assert tried > 3


@pytest.mark.parametrize("dialect", STREAMS)
def test_a_secret_anywhere_in_a_stream_is_dealt_with(dialect: str) -> None:
    for path, key in places(STREAMS[dialect]):
        if path[-1] == "event_type" or (path[-1] == "type" and not key):
            continue  # the frame would be another one
        inspection = INSPECTOR.open(dialect, MASK_ALL, ALICE)
        inspection.request(json.dumps(REQUESTS[dialect]).encode())
        out = run(inspection, [written(dialect, planted(STREAMS[dialect], path, key=key))])
        assert SECRET.encode() not in out or path[-1] in MACHINERY or "usage" in path, path
