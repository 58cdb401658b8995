"""The list of models: what is configured, what upstreams tell, what a caller would reach."""

import asyncio
import json
from typing import Any

import pytest

from sluicegate.detection.errors import BadInput, UpstreamFault
from sluicegate.gateway.models import LARGEST_LIST, ModelList
from sluicegate.gateway.router import Router
from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.gateway.parts import CONFIGURED, ScriptedUpstream, spec


def listing(*names: Any) -> bytes:
    return json.dumps(
        {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}
    ).encode()


def bench(*pairs: tuple[UpstreamSpec, bytes]) -> tuple[ModelList, dict[str, ScriptedUpstream]]:
    upstreams = {item.name: ScriptedUpstream(body) for item, body in pairs}
    return ModelList(Router(item for item, _ in pairs), upstreams), upstreams


async def names(models: ModelList, named: str = "") -> dict[str, str]:
    document = json.loads(await models.render(named))
    assert document["object"] == "list"
    assert all(item["object"] == "model" and item["created"] == 0 for item in document["data"])
    return {item["id"]: item["owned_by"] for item in document["data"]}


async def test_lists_are_merged_as_a_call_would_be_routed() -> None:
    models, _ = bench(
        (spec("openai", "gpt-*"), listing("gpt-5", "gpt-5-mini", "whisper-1")),
        (spec("local", "*"), listing("llama", "gpt-5", "phi")),
        (spec("exact", "gpt-5-mini", "o9"), b"never asked"),
    )
    assert await names(models) == {
        "gpt-5": "openai", "gpt-5-mini": "exact", "llama": "local", "o9": "exact", "phi": "local",
    }  # fmt: skip
    assert await names(models, "local") == {"gpt-5": "local", "llama": "local", "phi": "local"}
    assert await names(models, "exact") == {"gpt-5-mini": "exact", "o9": "exact"}


@pytest.mark.parametrize(
    ("provider", "told", "target", "field"),
    [
        ("anthropic", {"data": [{"id": "claude-x", "type": "model"}]}, b"/v1/models", "x-api-key"),
        ("gemini", {"models": [{"name": "models/claude-x"}]}, b"/v1beta/models", "x-goog-api-key"),
        ("cohere", {"models": [{"name": "claude-x"}]}, b"/v1/models", "authorization"),
        ("mistral", {"data": [{"id": "claude-x"}]}, b"/v1/models", "authorization"),
        ("azure", {"data": [{"id": "claude-x"}]}, b"/openai/v1/models", "api-key"),
    ],
)
async def test_every_provider_tells_its_models_in_its_way(
    provider: str, told: dict[str, Any], target: bytes, field: str
) -> None:
    upstream = UpstreamSpec("it", provider, "https://it.example", CONFIGURED)
    models, upstreams = bench((upstream, json.dumps(told).encode()))
    assert await names(models) == {"claude-x": "it"}
    (request,) = upstreams["it"].requests
    assert request.target == target
    assert CONFIGURED in upstreams["it"].last[field]


async def test_who_has_no_list_is_not_asked_and_patterns_are_no_names() -> None:
    upstream = UpstreamSpec(
        "it", "bedrock", "https://h", models=("nova", "*-mini"), aliases=(("fast", "nova"), ("a-?", "b"))
    )
    models, upstreams = bench((upstream, listing("x-mini")))
    assert await names(models) == {"nova": "it", "fast": "it"}
    assert not upstreams["it"].requests


async def test_models_that_are_shared_are_listed_once() -> None:
    shared = [UpstreamSpec(name, "openai", f"https://{name}.example/v1", weight=1) for name in ("a", "b")]
    models, _ = bench((shared[0], listing("one")), (shared[1], listing("one", "two")))
    assert sorted(await names(models)) == ["one", "two"]


async def test_an_upstream_is_asked_once_a_minute_with_its_own_key() -> None:
    models, upstreams = bench((spec("openai"), listing("gpt-5")))
    await asyncio.gather(*(names(models) for _ in range(5)))
    await names(models, "openai")
    (request,) = upstreams["openai"].requests
    assert (request.method, request.target) == ("GET", b"/v1/models")
    assert upstreams["openai"].last["authorization"] == f"Bearer {CONFIGURED}"


@pytest.mark.parametrize("code", ["upstream_unreachable", "upstream_timeout"])
async def test_wall_5_a_dead_upstream_leaves_out_only_its_own(code: str) -> None:
    models, upstreams = bench((spec("dead", "gpt-*", "o1"), b""), (spec("local", "llama*"), listing("llama")))
    upstreams["dead"].fault = UpstreamFault("No.", code=code)
    for _ in range(3):
        assert await names(models) == {"llama": "local", "o1": "dead"}
    assert len(upstreams["dead"].requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"", b"not json", b"[]", b'{"data":7}', b'{"data":{"id":"x"}}', listing("big") + b" " * LARGEST_LIST,
        listing(7, None, "", "a b", "x" * 201, "caf\xe9", "line\nbreak"), b'{"data":["gpt-5",7]}',
    ],
)  # fmt: skip
async def test_a_list_that_is_none_adds_nothing(body: bytes) -> None:
    models, _ = bench((spec("odd"), body), (spec("local", "llama*"), listing("llama")))
    assert await names(models) == {"llama": "local"}


@pytest.mark.parametrize("status", [301, 401])
async def test_an_answer_that_misleads_adds_nothing(status: int) -> None:
    models, upstreams = bench((spec("odd"), listing("x")))
    upstreams["odd"].status = status
    assert await names(models) == {}


async def test_an_upstream_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluicegate.gateway.models.ASK_SECONDS", 0.01)

    class Hanging(ScriptedUpstream):
        async def _chunks(self) -> Any:
            await asyncio.Event().wait()
            yield b""

    item = spec("slow", "gpt-*", "o1")
    assert await names(ModelList(Router([item]), {"slow": Hanging()})) == {"o1": "slow"}


async def test_one_model_is_found_by_name() -> None:
    models, _ = bench((spec("openai"), listing("gpt-5")))
    assert json.loads(await models.render_one("gpt-5")) == {
        "id": "gpt-5", "object": "model", "created": 0, "owned_by": "openai",
        "permission": [], "root": "gpt-5", "parent": None,
    }  # fmt: skip
    with pytest.raises(BadInput) as refused:
        await models.render_one("gpt-6")
    assert (refused.value.status, refused.value.code) == (404, "model_not_found")
