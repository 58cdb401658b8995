"""Dify's API-based extension for moderation (https://docs.dify.ai, "API-based extension: moderation")."""

from typing import Any

from ...detection.texts import Judged, Text
from ...detection.types import Action, Role
from .call import Call, Operation, Reply
from .faults import Invalid
from .labelled import labelled
from .schemas import ANY_TEXT, NAME, STRING, any_of, enum, obj, or_null
from .schemas import BOOLEAN as YES_OR_NO
from .shapes import Schema, missing
from .written import written

FAMILY = "Dify"
MOST_INPUTS = 256
_PING, _INPUT, _OUTPUT = "ping", "app.moderation.input", "app.moderation.output"
_VALUE: Schema = {}
_INPUTS: Schema = {"type": "object", "additionalProperties": _VALUE, "maxProperties": MOST_INPUTS}
_PARAMS = obj(
    {},
    {
        "app_id": or_null(NAME),
        "inputs": or_null(_INPUTS),
        "query": or_null(ANY_TEXT),
        "text": or_null(ANY_TEXT),
    },
)


async def moderate(call: Call) -> Reply:
    """Answer one of the three questions that Dify asks."""
    point = call.body["point"]
    if point == _PING:
        return Reply(written({"result": "pong"}))
    params = call.body.get("params")
    if not isinstance(params, dict):
        raise Invalid([missing(("body", "params"))])
    return await (_input(call, params) if point == _INPUT else _output(call, params))


async def _input(call: Call, params: dict[str, Any]) -> Reply:
    inputs = params.get("inputs") or {}
    named = {name: value for name, value in inputs.items() if isinstance(value, str)}
    for name in inputs.keys() - named.keys():
        if inputs[name] is not None and not isinstance(inputs[name], int | float):
            call.judge.skip("/params/inputs", "not a text")
    query = params.get("query")
    texts = [Text(value, name=name) for name, value in named.items()]
    if isinstance(query, str):
        texts.append(Text(query))
    judged = await call.judge.prompt(texts)
    if not _changed(judged, texts):
        return _plain(call, judged)
    told = labelled(judged)
    body: dict[str, Any] = {"flagged": True, "action": "overridden"}
    body["inputs"] = {**inputs, **dict(zip(named, told, strict=False))}
    body["query"] = told[-1] if isinstance(query, str) else ""
    return Reply(written(body))


async def _output(call: Call, params: dict[str, Any]) -> Reply:
    text = params.get("text")
    if not isinstance(text, str):
        raise Invalid([missing(("body", "params", "text"))])
    texts = [Text(text, Role.ASSISTANT)]
    judged = await call.judge.exchange().answer(texts)
    if not _changed(judged, texts):
        return _plain(call, judged)
    return Reply(written({"flagged": True, "action": "overridden", "text": labelled(judged)[0]}))


def _changed(judged: Judged, texts: list[Text]) -> bool:
    """Say whether texts may go on, but not as they were."""
    if judged.verdict.action is Action.BLOCK:
        return False
    return any(now != before.text for now, before in zip(judged.texts, texts, strict=True))


def _plain(call: Call, judged: Judged) -> Reply:
    """Nothing was changed: it goes on as it is, or something else is said."""
    blocked = call.judge.verdict(judged.verdict).action is Action.BLOCK
    told = call.notice(judged.verdict) if blocked else ""
    return Reply(written({"flagged": blocked, "action": "direct_output", "preset_response": told}))


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/dify/moderation",
        family=FAMILY,
        summary="Judge the inputs or the output of a Dify app",
        handler=moderate,
        body=obj({"point": enum(_PING, _INPUT, _OUTPUT)}, {"params": or_null(_PARAMS)}),
        answer=any_of(
            obj({"flagged": YES_OR_NO, "action": enum("direct_output", "overridden")}),
            obj({"result": STRING}),
        ),
        example={"point": _INPUT, "params": {"inputs": {"name": "Jane"}, "query": "Where is my parcel?"}},
    ),
)
