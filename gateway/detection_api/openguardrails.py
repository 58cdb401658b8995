"""OpenGuardrails 5.4, its detection service: ``/v1/guardrails`` and what its SDKs call beside it."""

from collections.abc import Iterable
from typing import Any

from ...detection.texts import Text
from ...detection.types import Action, Decided, Role
from .call import Call, Operation, Reply
from .categories import DATA, entity_name, entity_type, risk
from .conversation import MESSAGES, Heard, Placed, hear, placed_texts, verdicts
from .faults import moment
from .labelled import label, labelled, place, restore_mapping
from .risks import Risks, done, risks_of, suggested
from .schemas import INTEGER, NAME, NUMBER, OBJECT, STRING, STRINGS, TEXT, array, enum, obj, or_null
from .written import written

FAMILY = "OpenGuardrails"
MODEL = "OpenGuardrails-Text"
_RISK = enum("no_risk", "low_risk", "medium_risk", "high_risk")
_GROUP = {"risk_level": _RISK, "categories": STRINGS}
_UNJUDGED = array(obj({"pointer": STRING, "reason": STRING}))
REPORT = obj(
    {
        "id": STRING,
        "result": obj(
            {
                "compliance": obj(_GROUP),
                "security": obj(_GROUP),
                "data": obj(
                    {
                        **_GROUP,
                        "detected_entities": array(OBJECT),
                        "anonymized_text": or_null(STRING),
                        "restore_mapping": or_null(OBJECT),
                    }
                ),
            }
        ),
        "overall_risk_level": _RISK,
        "suggest_action": enum(
            "pass", "reject", "replace", "anonymize", "anonymize_restore", "switch_private_model"
        ),
        "suggest_answer": or_null(STRING),
        "score": NUMBER,
    },
    {"unjudged": _UNJUDGED},
)
_USER = {"xxai_app_user_id": or_null(NAME)}


async def conversation(call: Call) -> Reply:
    """Judge a conversation."""
    said = placed_texts(call.body["messages"], call.judge)
    return _report(call, *(await hear(call.judge, said)))


async def one_input(call: Call) -> Reply:
    """Judge what a user wrote."""
    return _report(call, *(await hear(call.judge, [Placed(Text(call.body["input"]))])))


async def one_output(call: Call) -> Reply:
    """Judge what a model answered, in the light of what it was asked."""
    said = [Placed(Text(call.body["input"])), Placed(Text(call.body["output"], Role.ASSISTANT), 1)]
    return _report(call, *(await hear(call.judge, said)))


async def health(call: Call) -> Reply:
    """Say that the service serves."""
    now = moment(call.tools.now())
    return Reply(written({"status": "healthy", "service": "detection_guardrails", "timestamp": now}))


async def models(_: Call) -> Reply:
    """List the one model of the service."""
    model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "sluicegate"}
    return Reply(written({"object": "list", "data": [model]}))


def _report(call: Call, asked: Heard | None, answered: Heard | None) -> Reply:
    verdict = call.judge.verdict(*verdicts(asked, answered))
    risks = risks_of(verdict)
    mapping = _mapping(call, asked)
    body: dict[str, Any] = {
        "id": "guardrails-" + call.exchange_id.replace("-", ""),
        "result": _groups(risks, asked, answered, mapping),
        "overall_risk_level": risk(risks.level),
        "suggest_action": suggested(verdict, restorable=bool(mapping)),
        "suggest_answer": call.notice(verdict) if verdict.action is Action.BLOCK else None,
        "score": risks.score,
    }
    if verdict.receipt.unjudged:
        body["unjudged"] = [
            {"pointer": item.pointer, "reason": item.reason} for item in verdict.receipt.unjudged
        ]
    return Reply(written(body))


def _groups(
    risks: Risks, asked: Heard | None, answered: Heard | None, mapping: dict[str, str] | None
) -> dict[str, object]:
    return {
        "compliance": risks.compliance.body(),
        "security": risks.security.body(),
        "data": {
            **risks.data.body(),
            "detected_entities": [*_entities(asked), *_entities(answered)],
            "anonymized_text": _anonymized(answered or asked, keep=bool(mapping)),
            "restore_mapping": mapping,
        },
    }


def _mapping(call: Call, asked: Heard | None) -> dict[str, str] | None:
    if not call.tools.options.restore_mapping or asked is None:
        return None
    return restore_mapping(asked.judged, asked.texts()) or None


def _anonymized(heard: Heard | None, *, keep: bool) -> str | None:
    """Return the last text that was changed, as it is now; None where none was, or none may go on."""
    if heard is None or heard.judged.verdict.action is Action.BLOCK:
        return None
    shown = heard.judged.texts if keep else labelled(heard.judged)
    changed = [text for text, before in zip(shown, heard.texts(), strict=True) if text != before]
    return changed[-1] if changed else None


def _entities(heard: Heard | None) -> Iterable[dict[str, object]]:
    for item in heard.judged.verdict.decided if heard else ():
        if heard and item.finding.family in DATA and item.action is not Action.PASS:
            yield _entity(heard, item)


def _entity(heard: Heard, item: Decided) -> dict[str, object]:
    """One value, as its owner sent it: nobody else gets this answer."""
    finding = item.finding
    said = heard.said[place(finding.pointer)]
    start, end = finding.span
    changed = next(
        (
            edit
            for edit in heard.judged.verdict.edits
            if edit.pointer == finding.pointer and edit.span.start <= start < edit.span.end
        ),
        None,
    )
    return {
        "entity_type": entity_type(finding),
        "entity_type_name": entity_name(finding.category),
        "start": start,
        "end": end,
        "text": said.text.text[start:end] if "#" not in finding.pointer else "",
        "risk_level": finding.level.label,
        "anonymization_method": done(item),
        "anonymization_config": None,
        "restore_code": None,
        "restore_code_hash": None,
        "anonymized_value": label(changed, (item,)) if changed else None,
        "score": finding.score,
        "message": said.message,
    }


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/guardrails",
        family=FAMILY,
        summary="Judge a conversation",
        handler=conversation,
        body=obj(
            {"model": NAME, "messages": MESSAGES},
            {"max_tokens": or_null(INTEGER), "extra_body": or_null(obj({}, _USER)), **_USER},
        ),
        answer=REPORT,
        example={"model": MODEL, "messages": [{"role": "user", "content": "Where is my parcel?"}]},
    ),
    Operation(
        method="POST",
        path="/v1/guardrails/input",
        family=FAMILY,
        summary="Judge what a user wrote",
        handler=one_input,
        body=obj({"input": TEXT}, {"model": NAME, **_USER}),
        answer=REPORT,
        example={"input": "Where is my parcel?", "xxai_app_user_id": "u1"},
    ),
    Operation(
        method="POST",
        path="/v1/guardrails/output",
        family=FAMILY,
        summary="Judge what a model answered",
        handler=one_output,
        body=obj({"input": TEXT, "output": TEXT}, _USER),
        answer=REPORT,
        example={"input": "Where is my parcel?", "output": "It arrives tomorrow."},
    ),
    Operation(
        method="GET",
        path="/v1/guardrails/health",
        family=FAMILY,
        summary="Whether the service serves",
        handler=health,
        answer=obj({"status": STRING, "service": STRING, "timestamp": STRING}),
        judged=False,
    ),
    Operation(
        method="GET",
        path="/v1/guardrails/models",
        family=FAMILY,
        summary="The model that clients may name",
        handler=models,
        answer=obj({"object": STRING, "data": array(OBJECT)}),
        judged=False,
    ),
)
