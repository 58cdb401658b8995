"""OpenGuardrails' two calls for other gateways: judge a request before it is sent, and what comes back."""

from collections.abc import Mapping
from typing import Any

from ...detection.texts import Judged, Text
from ...detection.types import Action, Role, Verdict
from ...detection.vault import SHAPE
from .call import Call, Operation, Reply
from .categories import counted, risk
from .conversation import MESSAGES, Heard, edited, placed_texts
from .faults import Fault, detail_body, moment
from .labelled import restore_mapping
from .risks import Group, risks_of
from .schemas import ANY_TEXT, BOOLEAN, INTEGER, NAME, NUMBER, OBJECT, STRING, enum, obj, or_null
from .sessions import LONGEST_ID
from .shapes import Schema
from .written import written

FAMILY = "OpenGuardrails for gateways"
BLOCKED_MODEL = "openguardrails-security"
MOST_RESTORED = 1_000
_MAPPING: Schema = {"type": "object", "additionalProperties": ANY_TEXT, "maxProperties": MOST_RESTORED}
_COMMON = {"request_id": STRING, "detection_result": OBJECT, "processing_time_ms": NUMBER}


async def process_input(call: Call) -> Reply:
    """Judge a request. What is masked can be restored by whoever sends the session back."""
    address = call.body.get("client_ip")
    if address and call.tools.bans.find("ip", address) is not None:
        return _input(
            call, "block", Verdict(Action.BLOCK), block_response=_completion(call, "User is banned")
        )
    said = placed_texts(call.body["messages"], call.judge)
    judged = await call.judge.prompt([placed.text for placed in said])
    verdict = call.judge.verdict(judged.verdict)
    if verdict.action is Action.BLOCK:
        return _input(call, "block", verdict, block_response=_completion(call, call.notice(verdict)))
    heard = Heard(said, judged)
    if tuple(heard.texts()) == judged.texts:
        return _input(call, "pass", verdict)
    changed = [placed.text for placed, now in zip(said, judged.texts, strict=True) if now != placed.text.text]
    mapping = restore_mapping(judged, heard.texts()) if call.tools.options.restore_mapping else None
    return _input(
        call,
        "anonymize",
        verdict,
        anonymized_messages=edited(call.body["messages"], said, judged.texts),
        session_id=call.tools.sessions.seal(call.principal, changed),
        restore_mapping=mapping,
    )


async def process_output(call: Call) -> Reply:
    """Judge an answer, and put back what its session replaced, where that may go."""
    given = call.body
    exchange = call.judge.exchange()
    session = given.get("session_id")
    texts = call.tools.sessions.open(call.principal, session) if session else []
    asked = texts + [placed.text for placed in placed_texts(given.get("messages") or [], call.judge)]
    if asked:
        await exchange.prompt(asked)
    judged = await exchange.answer([Text(given["content"], Role.ASSISTANT)])
    verdict = call.judge.verdict(judged.verdict)
    if verdict.action is Action.BLOCK:
        return _output(call, "block", verdict, block_response=_completion(call, call.notice(verdict)))
    now = _restored(call, judged)
    if judged.verdict.edits:
        return _output(call, "anonymize", verdict, anonymized_content=now)
    if now != given["content"]:
        return _output(call, "restore", verdict, restored_content=now, buffer_pending="")
    return _output(call, "pass", verdict, content=now)


async def health(call: Call) -> Reply:
    """Say that the service serves."""
    now = moment(call.tools.now())
    return Reply(written({"status": "healthy", "service": "gateway_integration", "timestamp": now}))


def _restored(call: Call, judged: Judged) -> str:
    """Return the answer; values that the caller keeps itself are put back where it was told them."""
    text = judged.texts[0]
    mapping: Mapping[str, str] = call.body.get("restore_mapping") or {}
    if call.tools.options.restore_mapping:
        return SHAPE.sub(lambda token: mapping.get(token.group(), token.group()), text)
    return text


def _input(call: Call, action: str, verdict: Verdict, **more: Any) -> Reply:
    return _reply(call, "gw-", action, verdict, more)


def _output(call: Call, action: str, verdict: Verdict, **more: Any) -> Reply:
    return _reply(call, "gw-out-", action, verdict, more)


def _reply(call: Call, prefix: str, action: str, verdict: Verdict, more: Mapping[str, Any]) -> Reply:
    digits = call.exchange_id.replace("-", "")
    detection = f"guardrails-{digits}"
    body = {
        "action": action,
        "request_id": prefix + digits[-12:],
        "detection_id": detection,
        "detection_result": _result(detection, verdict, more.get("block_response") is not None, call),
        "processing_time_ms": round(verdict.seconds * 1000, 2),
        **more,
    }
    return Reply(written(body))


def _result(detection: str, verdict: Verdict, blocked: bool, call: Call) -> dict[str, Any]:
    risks = risks_of(verdict)
    found = counted(verdict.decided)
    denied = sorted({item.rule for item in found if item.family == "deny"})

    def group(of: Group) -> dict[str, object]:
        return {"risk_level": risk(of.level), "categories": list(of.names)}

    return {
        "detection_id": detection,
        "blacklist_hit": bool(denied),
        "blacklist_keywords": denied,
        "whitelist_hit": False,
        "suggest_answer": call.notice(verdict) if blocked else None,
        "data_risk": {**group(risks.data), "entity_count": len(risks.data.names)},
        "compliance_risk": group(risks.compliance),
        "security_risk": group(risks.security),
        "overall_risk_level": risk(risks.level),
        "matched_scanners": sorted({item.rule for item in found}),
    }


def _completion(call: Call, text: str) -> dict[str, Any]:
    """A refusal as the other gateway is to send it: a completion, spelled as a string."""
    body = {
        "id": "chatcmpl-blocked-" + call.exchange_id.replace("-", "")[-12:],
        "object": "chat.completion",
        "created": int(call.tools.now()),
        "model": BLOCKED_MODEL,
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "content_filter"}
        ],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }
    return {"code": 200, "content_type": "application/json", "body": written(body).decode()}


def _render(fault: Fault, service: str) -> tuple[int, dict[str, Any]]:
    """Tell of a missing key as these two routes do."""
    status, body = detail_body(fault, service)
    if fault.status == 401:
        body["detail"] = {"error": {"message": "Invalid API key", "type": "authentication_error"}}
    return status, body


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/gateway/process-input",
        family=FAMILY,
        summary="Judge a request for another gateway",
        handler=process_input,
        body=obj(
            {"messages": MESSAGES},
            {
                "stream": or_null(BOOLEAN),
                "client_ip": or_null(NAME),
                "user_id": or_null(NAME),
                "application_id": or_null(NAME),
            },
        ),
        answer=obj({"action": enum("block", "anonymize", "pass"), **_COMMON}),
        render=_render,
        example={"messages": [{"role": "user", "content": "Where is my parcel?"}]},
    ),
    Operation(
        method="POST",
        path="/v1/gateway/process-output",
        family=FAMILY,
        summary="Judge an answer for another gateway",
        handler=process_output,
        body=obj(
            {"content": ANY_TEXT},
            {
                "session_id": or_null({"type": "string", "maxLength": LONGEST_ID}),
                "restore_mapping": or_null(_MAPPING),
                "is_streaming": or_null(BOOLEAN),
                "chunk_index": or_null(INTEGER),
                "messages": or_null({**MESSAGES, "minItems": 0}),
            },
        ),
        answer=obj({"action": enum("block", "anonymize", "restore", "pass"), **_COMMON}),
        render=_render,
        example={"content": "It arrives tomorrow."},
    ),
    Operation(
        method="GET",
        path="/v1/gateway/health",
        family=FAMILY,
        summary="Whether the service serves",
        handler=health,
        answer=obj({"status": STRING, "service": STRING, "timestamp": STRING}),
        judged=False,
        render=_render,
    ),
)
