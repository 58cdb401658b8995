"""OpenAI's ``/v1/moderations``, answered by the core.

Its categories are about harmful content, which needs a model. Where none looked, the answer says so in
``unjudged`` instead of calling the text harmless; what the core does look for stands beside them.
"""

from collections.abc import Sequence
from typing import Any

from ...detection.dialects.openai_common import error_body
from ...detection.texts import Text
from ...detection.types import Action
from .call import Call, Operation, Reply
from .categories import counted
from .elsewhere import Elsewhere
from .faults import Fault
from .schemas import ANY_TEXT, NAME, OBJECT, STRING, any_of, array, obj, or_null
from .written import written

FAMILY = "OpenAI"
MODEL = "sluicegate"
MOST_INPUTS = 512
HARMS = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
"""OpenAI's categories."""
OURS = ("prompt_attack", "secret", "pii", "exfiltration", "code", "leak", "deny", "custom")
"""Families of the core."""
_PART = obj({"type": NAME}, {"text": ANY_TEXT, "image_url": OBJECT})
_INPUT = any_of(ANY_TEXT, array(any_of(ANY_TEXT, _PART), least=1, most=MOST_INPUTS))


async def moderate(call: Call) -> Reply:
    """Judge every input by itself; parts of one message are one input.

    On the gateway's port a model that an upstream serves is that upstream's to answer.
    """
    model = call.body.get("model") or MODEL
    if call.service == "proxy" and model != MODEL and call.tools.serves(model):
        raise Elsewhere
    given = call.body["input"]
    inputs: list[list[Any]] = [[given]] if isinstance(given, str) else _inputs(given)
    results = [await _result(call, number, texts) for number, texts in enumerate(inputs)]
    answer_id = "modr-" + call.exchange_id.replace("-", "")
    return Reply(written({"id": answer_id, "model": MODEL, "results": results}))


def _inputs(given: Sequence[Any]) -> list[list[Any]]:
    """Texts are inputs of their own; a list with parts is one message."""
    if all(isinstance(item, str) for item in given):
        return [[item] for item in given]
    return [list(given)]


async def _result(call: Call, number: int, items: Sequence[Any]) -> dict[str, Any]:
    texts = []
    for index, item in enumerate(items):
        text = item if isinstance(item, str) else item.get("text")
        if isinstance(text, str):
            texts.append(Text(text))
        else:
            call.judge.skip(f"/input/{number}/{index}", "media")
    judged = await call.judge.prompt(texts)
    findings = counted(judged.verdict.decided)
    scores = dict.fromkeys(HARMS + OURS, 0.0)
    for finding in findings:
        if finding.family in scores:
            scores[finding.family] = max(scores[finding.family], finding.score)
    found = {finding.family for finding in findings}
    return {
        "flagged": bool(findings) or judged.verdict.action is Action.BLOCK,
        "categories": {name: name in found for name in scores},
        "category_scores": scores,
        "category_applied_input_types": {name: ["text"] if name in OURS else [] for name in scores},
        "action": judged.verdict.action.label,
        "unjudged": list(HARMS),
    }


def render(fault: Fault, _service: str) -> tuple[int, dict[str, Any]]:
    """Render a fault as OpenAI does: what does not have its shape is a bad request that says where."""
    status = 400 if fault.status == 422 else fault.status
    if not fault.issues:
        return status, error_body(status, fault.code, fault.message)
    issue = fault.issues[0]
    param = ".".join(map(str, issue.where[1:])) or None
    return status, error_body(status, fault.code, f"{fault.message} {issue.text}", param)


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/moderations",
        family=FAMILY,
        summary="Judge texts in OpenAI's format",
        handler=moderate,
        body=obj({"input": _INPUT}, {"model": or_null(NAME)}),
        answer=obj({"id": STRING, "model": STRING, "results": array(OBJECT)}),
        render=render,
        example={"model": MODEL, "input": "Where is my parcel?"},
    ),
)
