"""The record for its owners: dashboards and results, of the caller's own tenant alone."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ...middleware.rejection import Rejected
from .call import Call, Operation, Reply
from .faults import Invalid
from .schemas import INTEGER, NAME, OBJECT, STRING, array, enum, obj
from .shapes import Issue, Schema
from .written import written

FAMILY = "Results"
_DAYS: Mapping[str, Schema] = {"days": {"type": "integer", "minimum": 1, "maximum": 90}}
_RISK = enum("no_risk", "low_risk", "medium_risk", "high_risk")
_DATE: Schema = {"type": "string", "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"}
_PAGE: Mapping[str, Schema] = {
    "page": {"type": "integer", "minimum": 1, "maximum": 10_000},
    "per_page": {"type": "integer", "minimum": 1, "maximum": 100},
    "action": enum("pass", "flag", "mask", "replace", "block"),
    "application_id": NAME,
    "security_risk_level": _RISK,
    "compliance_risk_level": _RISK,
    "data_risk_level": _RISK,
    "start_date": _DATE,
    "end_date": _DATE,
}
_COUNTS = (
    "total_requests",
    "security_risks",
    "compliance_risks",
    "data_leaks",
    "high_risk_count",
    "medium_risk_count",
    "low_risk_count",
    "safe_count",
)


async def stats(call: Call) -> Reply:
    """Count what was recorded."""
    return Reply(written(await _ask(call, "stats")))


async def categories(call: Call) -> Reply:
    """Count what was found, by category."""
    return Reply(written({"categories": await _ask(call, "categories")}))


async def page(call: Call) -> Reply:
    """List what was recorded, newest first."""
    for name in ("start_date", "end_date"):
        if name in call.query and not _is_date(call.query[name]):
            raise Invalid(
                [Issue("date_from_datetime_parsing", ("query", name), "Input should be a valid date")]
            )
    return Reply(written(await _ask(call, "page")))


async def one(call: Call) -> Reply:
    """Show one record."""
    found = await call.tools.results.ask("one", call.principal, dict(call.path))
    if found is None:
        raise Rejected("There is no such result.", code="result_not_found", status=404, reason="not_found")
    return Reply(written(found))


async def usage(call: Call) -> Reply:
    """Count the recorded calls of the key that asks."""
    return Reply(written(await _ask(call, "usage")))


def _is_date(spelled: str) -> bool:
    try:
        date.fromisoformat(spelled)
    except ValueError:
        return False
    return True


async def _ask(call: Call, question: str) -> Any:
    return await call.tools.results.ask(question, call.principal, call.query)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/dashboard/stats",
        family=FAMILY,
        summary="Exchanges of the last days in numbers",
        handler=stats,
        query=_DAYS,
        answer=obj(
            {
                **dict.fromkeys(_COUNTS, INTEGER),
                "risk_distribution": OBJECT,
                "daily_trends": array(OBJECT),
            }
        ),
        judged=False,
    ),
    Operation(
        method="GET",
        path="/api/v1/dashboard/category-distribution",
        family=FAMILY,
        summary="What was found in the last days",
        handler=categories,
        query=_DAYS,
        answer=obj({"categories": array(obj({"name": STRING, "value": INTEGER}))}),
        judged=False,
    ),
    Operation(
        method="GET",
        path="/api/v1/results",
        family=FAMILY,
        summary="Exchanges, newest first",
        handler=page,
        query=_PAGE,
        answer=obj(
            {
                "items": array(OBJECT),
                "total": INTEGER,
                "page": INTEGER,
                "per_page": INTEGER,
                "pages": INTEGER,
            }
        ),
        judged=False,
    ),
    Operation(
        method="GET",
        path="/api/v1/results/{id}",
        family=FAMILY,
        summary="One exchange",
        handler=one,
        answer=obj({"id": STRING, "action": STRING}),
        judged=False,
    ),
    Operation(
        method="GET",
        path="/v1/model/usage",
        family="OpenGuardrails",
        summary="Calls of the key that asks",
        handler=usage,
        query=_DAYS,
        answer=obj({"object": STRING, "days": INTEGER, "requests": INTEGER}),
        judged=False,
    ),
)
