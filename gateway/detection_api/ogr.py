"""The OpenGuardrails protocol 1.0: a policy enforcement point asks, we decide."""

from collections.abc import Iterator, Mapping
from typing import Any

from ... import __version__
from ...detection.types import Action, Verdict
from .call import Call, Operation, Reply
from .categories import bare_entity, counted, taxonomy
from .faults import Fault
from .ogr_payload import PROTOCOLS, Looked, look
from .schemas import BOOLEAN, INTEGER, NUMBER, OBJECT, STRING, any_of, array, enum, obj
from .shapes import Issue, Schema
from .written import written

FAMILY = "OGR"
PROVIDER = "sluicegate"
_LONG: Schema = {"type": "string", "maxLength": 4096}
_SHORT: Schema = {"type": "string", "maxLength": 128}
_CATEGORY: Schema = {"type": "string", "pattern": r"^(safety|security|privacy|x)\.[a-z0-9_.]+$"}
EVENT = obj(
    {
        "kind": enum("step/request", "step/response"),
        "step_id": _LONG,
        "agent_id": _LONG,
        "agent_type": _LONG,
        "agent_workspace": _LONG,
        "agent_user": _LONG,
        "llm_protocol": enum(*PROTOCOLS),
        "payload": OBJECT,
    },
    {"integration": _SHORT, "connection": _SHORT, "session_hint": _SHORT},
    additionalProperties=False,
)
FINDING = obj(
    {"category": _CATEGORY, "severity": enum("low", "medium", "high", "critical"), "path": STRING},
    {
        "start": INTEGER,
        "end": INTEGER,
        "score": NUMBER,
        "detector": STRING,
        "fp": STRING,
        "whitelisted": BOOLEAN,
    },
    additionalProperties=False,
)
SPAN = obj(
    {"path": STRING, "start": INTEGER, "end": INTEGER, "replacement": STRING}, additionalProperties=False
)
VERDICT = obj(
    {"event_id": STRING, "provider": STRING, "decision": enum("allow", "block")},
    {
        "latency_ms": NUMBER,
        "findings": array(FINDING),
        "modifications": obj({"spans": array(SPAN)}, additionalProperties=False),
        "unjudged": array(OBJECT),
    },
    additionalProperties=False,
)
_COUNTERS: Schema = {"type": "object", "additionalProperties": INTEGER, "maxProperties": 32}
_BEAT = {"instance_id": _SHORT, "interval_s": NUMBER, "counters": _COUNTERS}


async def evaluate(call: Call) -> Reply:
    """Judge one step of an agent."""
    event = call.body
    looked = await look(
        call.judge, event["llm_protocol"], event["payload"], answer=event["kind"] == "step/response"
    )
    verdict = call.judge.verdict(looked.verdict)
    addressed = all(looked.addressed(edit) for edit in verdict.edits)
    blocked = verdict.action is Action.BLOCK or not addressed
    body: dict[str, Any] = {
        "event_id": call.exchange_id,
        "provider": PROVIDER,
        "decision": "block" if blocked else "allow",
        "latency_ms": round(verdict.seconds * 1000, 3),
        "findings": list(_findings(looked, verdict)),
        "unjudged": [{"path": "payload", "reason": item.reason} for item in verdict.receipt.unjudged],
    }
    if blocked and not body["findings"]:
        body["findings"] = [{"category": "x.sluicegate.unjudged", "severity": "high", "path": "payload"}]
    if not blocked and verdict.edits:
        body["modifications"] = {"spans": list(_spans(looked, verdict))}
    return Reply(written(body))


async def heartbeat(_: Call) -> Reply:
    """Take a sign of life."""
    return Reply(written({"ok": True}))


async def health(_: Call) -> Reply:
    """Say that the service serves."""
    return Reply(written({"status": "ok", "version": __version__}))


def _findings(looked: Looked, verdict: Verdict) -> Iterator[dict[str, Any]]:
    for finding in counted(verdict.decided):
        found: dict[str, Any] = {
            "category": taxonomy(finding.category),
            "severity": finding.level.label,
            "path": looked.path(finding),
            "score": finding.score,
            "detector": finding.rule,
            "fp": finding.digest,
        }
        if "#" not in finding.pointer:
            found |= {"start": finding.span.start, "end": finding.span.end}
        yield found


def _spans(looked: Looked, verdict: Verdict) -> Iterator[dict[str, Any]]:
    """Name every value by its kind and a number; the same value has the same name."""
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    for edit in verdict.edits:
        if edit.text not in names:
            kind = next(
                (
                    bare_entity(item.finding.category)
                    for item in verdict.decided
                    if item.finding.pointer == edit.pointer and item.finding.span.start == edit.span.start
                ),
                "VALUE",
            )
            counts[kind] = counts.get(kind, 0) + 1
            names[edit.text] = f"${{OGR_{kind}_{counts[kind]}}}"
        yield {
            "path": looked.path(edit),
            "start": edit.span.start,
            "end": edit.span.end,
            "replacement": names[edit.text],
        }


def render(fault: Fault, _: str) -> tuple[int, dict[str, Any]]:
    """Tell of a fault in the protocol's words."""
    if fault.status == 429:
        return 429, {"error": "rate_limited", "limit": fault.limit}
    if fault.status == 401:
        return 401, {"error": "unauthorized"}
    if fault.status in (400, 413, 415, 422):
        issues = fault.issues or (Issue(fault.code, ("body",), fault.message),)
        return 400, {"error": "invalid_event", "details": [_detail(issue) for issue in issues]}
    return fault.status, {"error": fault.code, "message": fault.message}


def _detail(issue: Issue) -> Mapping[str, Any]:
    path = list(issue.where[1:])
    if issue.kind == "extra_forbidden":
        return {"code": "unrecognized_keys", "keys": path[-1:], "path": path[:-1], "message": issue.text}
    return {"code": issue.kind, "path": path, "message": issue.text}


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/evaluate",
        family=FAMILY,
        summary="Judge one step of an agent",
        handler=evaluate,
        body=EVENT,
        answer=VERDICT,
        render=render,
        example={
            "kind": "step/request",
            "step_id": "1",
            "agent_id": "helper",
            "agent_type": "",
            "agent_workspace": "",
            "agent_user": "",
            "llm_protocol": "openai.chat",
            "payload": {"model": "any", "messages": [{"role": "user", "content": "Where is my parcel?"}]},
        },
    ),
    Operation(
        method="POST",
        path="/v1/heartbeat",
        family=FAMILY,
        summary="Take a sign of life",
        handler=heartbeat,
        body=any_of(obj({"integration": _SHORT}, _BEAT), obj({"agent_id": _SHORT}, _BEAT)),
        answer=obj({"ok": BOOLEAN}),
        judged=False,
        render=render,
        example={"integration": "example/1"},
    ),
    Operation(
        method="GET",
        path="/v1/health",
        family=FAMILY,
        summary="Whether the service serves",
        handler=health,
        answer=obj({"status": STRING, "version": STRING}),
        judged=False,
        open=True,
        render=render,
    ),
)
