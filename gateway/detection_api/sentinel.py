"""SENTINEL's BRAIN API 4.1: ``/v1/analyze``, ``/v1/engines``; and its course's sidecar, ``/scan``."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from ...detection.texts import Text
from ...detection.types import Action, Finding, Verdict
from ...middleware.rejection import Rejected
from .call import Call, Operation, Reply
from .categories import counted, score
from .engines import ENGINES, chosen, described, engine_of, statistics
from .faults import Invalid
from .schemas import BOOLEAN, INTEGER, NAME, NUMBER, OBJECT, STRING, array, enum, obj, or_null
from .shapes import Schema, missing
from .written import written

FAMILY = "SENTINEL"
LONGEST = 100_000
MOST_TEXTS = 100
_THRESHOLDS = {"lite": 0.8, "standard": 0.7, "enterprise": 0.6}
"""Least score of a finding that counts without a block, by profile; SENTINEL's own figures, of 100."""
_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST}
_TEXTS: Schema = array(_TEXT, least=1, most=MOST_TEXTS)
_ENGINES: Schema = or_null(array(enum(*ENGINES), most=len(ENGINES)))
_PROFILE = enum(*_THRESHOLDS)
_CHOICES = {"profile": _PROFILE, "session_id": or_null(NAME), "engines": _ENGINES}
_THREAT = obj({"name": STRING, "engine": STRING, "confidence": NUMBER, "details": OBJECT})
ANALYSIS = obj(
    {
        "verdict": enum("ALLOW", "WARN", "BLOCK"),
        "risk_score": NUMBER,
        "is_safe": BOOLEAN,
        "threats": array(_THREAT),
        "profile": _PROFILE,
        "latency_ms": NUMBER,
        "engines_used": array(STRING),
        "request_id": STRING,
    },
    {"unjudged": array(STRING)},
)


async def analyze(call: Call) -> Reply:
    """Judge a text."""
    return Reply(written(await _analysis(call, call.body["text"])))


async def batch(call: Call) -> Reply:
    """Judge up to a hundred texts, each by itself: from the body, or from the query as the original does."""
    texts: Sequence[str] = (call.body or {}).get("texts") or call.query.get("texts") or ()
    if not texts:
        raise Invalid([missing(("body", "texts"))])
    results = []
    for text in texts:
        results.append(await _analysis(call, text))
        await asyncio.sleep(0)  # others are served between two texts
    blocked = sum(result["verdict"] == "BLOCK" for result in results)
    return Reply(written({"results": results, "total": len(results), "blocked": blocked}))


async def stream(call: Call) -> Reply:
    """Judge a text and tell of it as events."""
    analysis = await _analysis(call, call.body["text"])
    return Reply(b"".join(_events(analysis)), kind="text/event-stream")


async def scan(call: Call) -> Reply:
    """Say whether a text is safe, as the sidecar does."""
    analysis = await _analysis(call, call.body["text"])
    return Reply(written({name: analysis[name] for name in ("is_safe", "risk_score", "verdict", "threats")}))


async def engines(call: Call) -> Reply:
    """List the engines and what they run."""
    rules = call.tools.rules()
    listed = [described(name, rules) for name in ENGINES]
    return Reply(written({"engines": listed, "total": len(listed)}))


async def engine(call: Call) -> Reply:
    """Describe one engine."""
    return Reply(written(described(_named(call), call.tools.rules())))


async def engine_statistics(call: Call) -> Reply:
    """Say in numbers what an engine runs, and what it found for the caller's tenant."""
    name = _named(call)
    seen = await call.tools.results.ask("categories", call.principal, {"days": 30})
    return Reply(written(statistics(name, call.tools.rules(), seen or ())))


def _named(call: Call) -> str:
    name = call.path["name"]
    if name not in ENGINES:
        raise Rejected("There is no such engine.", code="engine_not_found", status=404, reason="not_found")
    return name


async def _analysis(call: Call, text: str) -> dict[str, Any]:
    given = call.body or {}
    profile, wanted = given.get("profile", "standard"), given.get("engines") or []
    judged = await call.judge.prompt([Text(text)])
    verdict = judged.verdict
    found = _counted(verdict, profile, wanted)
    unjudged = [item.reason for item in verdict.receipt.unjudged]
    analysis = {
        "verdict": _verdict(verdict, found, wanted),
        "risk_score": score(found),
        "is_safe": not found and not unjudged,
        "threats": [_threat(item) for item in found],
        "profile": profile,
        "latency_ms": round(verdict.seconds * 1000, 3),
        "engines_used": wanted or list(ENGINES),
        "request_id": call.exchange_id,
    }
    return {**analysis, "unjudged": unjudged} if unjudged else analysis


def _counted(verdict: Verdict, profile: str, engines: Sequence[str]) -> list[Finding]:
    blocking = {id(item.finding) for item in verdict.decided if item.action is Action.BLOCK}
    found = chosen(counted(verdict.decided), engines)
    return [item for item in found if item.score >= _THRESHOLDS[profile] or id(item) in blocking]


def _verdict(verdict: Verdict, found: Sequence[Finding], engines: Sequence[str]) -> str:
    """A block counts when an engine that was asked for saw why."""
    actions = {id(item.finding): item.action for item in verdict.decided}
    if any(actions[id(item)] is Action.BLOCK for item in found):
        return "BLOCK"
    if verdict.action is Action.BLOCK and not engines:  # for what nobody could look at
        return "BLOCK"
    return "WARN" if found else "ALLOW"


def _threat(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.category,
        "engine": engine_of(finding),
        "confidence": finding.score,
        "details": {
            "rule": finding.rule,
            "severity": finding.level.label,
            "start": finding.span.start,
            "end": finding.span.end,
            "view": finding.view,
        },
    }


def _events(analysis: dict[str, Any]) -> Iterator[bytes]:
    """Tell a finished analysis in the order of the original's events."""
    yield _event("start", {"request_id": analysis["request_id"], "profile": analysis["profile"]})
    yield _event("progress", {"percent": 100, "layer": "patterns", "current": 1, "total": 1})
    for threat in analysis["threats"]:
        told = {"engine": threat["engine"], "threat": threat["name"], "risk": threat["confidence"]}
        yield _event("finding", told)
    for reason in analysis.get("unjudged", ()):
        yield _event("warning", {"message": f"unjudged: {reason}"})
    yield _event("complete", analysis)


def _event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), written(data))


_ONE_TEXT = obj({"text": _TEXT}, _CHOICES)
_EXAMPLE = {"text": "Where is my parcel?", "profile": "standard"}
_DESCRIBED = obj({"name": STRING, "description": STRING, "enabled": BOOLEAN, "rules": INTEGER})

OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/analyze",
        family=FAMILY,
        summary="Judge a text",
        handler=analyze,
        body=_ONE_TEXT,
        answer=ANALYSIS,
        example=_EXAMPLE,
    ),
    Operation(
        method="POST",
        path="/v1/analyze/batch",
        family=FAMILY,
        summary="Judge up to a hundred texts",
        handler=batch,
        body=obj({}, {"texts": _TEXTS, **_CHOICES}),
        body_optional=True,
        query={"texts": _TEXTS},
        answer=obj({"results": array(ANALYSIS), "total": INTEGER, "blocked": INTEGER}),
        example={"texts": ["Where is my parcel?", "When does it come?"]},
    ),
    Operation(
        method="POST",
        path="/v1/analyze/stream",
        family=FAMILY,
        summary="Judge a text, told as server-sent events",
        handler=stream,
        body=_ONE_TEXT,
        answer=obj({"event": STRING, "data": STRING}),
        answer_kind="text/event-stream",
        example=_EXAMPLE,
    ),
    Operation(
        method="POST",
        path="/scan",
        family=FAMILY,
        summary="Whether a text is safe",
        handler=scan,
        body=obj({"text": _TEXT}, _CHOICES),
        answer=obj({"is_safe": BOOLEAN, "risk_score": NUMBER, "verdict": STRING, "threats": array(_THREAT)}),
        example={"text": "Where is my parcel?"},
    ),
    Operation(
        method="GET",
        path="/v1/engines",
        family=FAMILY,
        summary="What is looked for",
        handler=engines,
        answer=obj({"engines": array(_DESCRIBED), "total": INTEGER}),
        judged=False,
    ),
    Operation(
        method="GET",
        path="/v1/engines/{name}",
        family=FAMILY,
        summary="One engine",
        handler=engine,
        answer=_DESCRIBED,
        judged=False,
    ),
    Operation(
        method="GET",
        path="/v1/engines/{name}/stats",
        family=FAMILY,
        summary="One engine in numbers",
        handler=engine_statistics,
        answer=obj({"name": STRING, "rules": INTEGER, "categories": OBJECT, "total_detections": INTEGER}),
        judged=False,
    ),
)
