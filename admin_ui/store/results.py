"""The record in numbers and pages, for callers of the detection service: of their own tenant alone."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func
from sqlmodel import col

from ...detection.types import Principal
from ..models import DetectionResult
from ..models.detection_result import ACTED
from ..models.table import utc_now
from .database import Database
from .decisions import COUNTED
from .scope import TenantScope
from .text import storable

MOST_DAYS = 90
MOST_ROWS = 100
"""Rows of one page."""
_ID_LENGTH = 64
_LEVELS = ("no_risk", "low_risk", "medium_risk", "high_risk")
_SHOWN = (
    "request_id",
    "application_id",
    "application",
    "created_at",
    "action",
    "suggest_action",
    "security_risk_level",
    "security_categories",
    "compliance_risk_level",
    "compliance_categories",
    "data_risk_level",
    "data_categories",
    "face",
    "method",
    "path",
    "model",
    "upstream",
    "status",
    "outcome",
    "streamed",
    "policy",
    "guard_ms",
    "ip_address",
)
_COLUMNS = [getattr(DetectionResult, name) for name in _SHOWN]
_GROUPS = ("security", "compliance", "data")


class UnknownQuestion(LookupError):
    """Nobody answers this question."""


class ResultsReader:
    """Answers questions about the record.

    `settle` returns when what was recorded before is in the database, or after a while.
    """

    def __init__(self, database: Database, settle: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._settle = settle

    async def ask(self, question: str, principal: Principal, options: Mapping[str, Any]) -> Any:
        """Return what the record of the principal's tenant says, as JSON values.

        Questions: ``stats``, ``categories``, ``page``, ``one``, ``usage``. Raises `UnknownQuestion`, and
        SQLAlchemy's errors while the database is away.
        """
        answers = {
            "stats": self._stats,
            "categories": self._categories,
            "page": self._page,
            "one": self._one,
            "usage": self._usage,
        }
        if question not in answers:
            raise UnknownQuestion(question)
        await self._settle()
        return await answers[question](TenantScope(principal.tenant_id), principal, options)

    async def _stats(self, scope: TenantScope, _: Principal, options: Mapping[str, Any]) -> dict[str, Any]:
        day = func.date(col(DetectionResult.created_at))
        levels = [getattr(DetectionResult, f"{group}_risk_level") for group in _GROUPS]
        query = scope.columns(DetectionResult, day, *levels, func.count()).where(_since(options))
        return _numbers(await self._rows(query.group_by(day, *levels)))

    async def _categories(
        self, scope: TenantScope, _: Principal, options: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        columns = [getattr(DetectionResult, f"{group}_categories") for group in _GROUPS]
        query = scope.columns(DetectionResult, *columns).where(ACTED, _since(options)).limit(COUNTED)
        counted = Counter(name for row in await self._rows(query) for names in row for name in names)
        return [{"name": name, "value": value} for name, value in counted.most_common()]

    async def _page(self, scope: TenantScope, _: Principal, options: Mapping[str, Any]) -> dict[str, Any]:
        conditions = _conditions(options)
        size = min(int(options.get("per_page", 20)), MOST_ROWS)
        page = max(1, min(int(options.get("page", 1)), COUNTED // size))
        query = scope.columns(DetectionResult, *_COLUMNS).where(*conditions)
        newest = query.order_by(col(DetectionResult.created_at).desc(), col(DetectionResult.id).desc())
        (total,) = (await self._rows(scope.count(DetectionResult, *conditions, most=COUNTED)))[0]
        rows = await self._rows(newest.offset((page - 1) * size).limit(size))
        pages = -(-int(total) // size)
        items = [_shown(row) for row in rows]
        return {"items": items, "total": int(total), "page": page, "per_page": size, "pages": pages}

    async def _one(
        self, scope: TenantScope, _: Principal, options: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        wanted = storable(_exchange_id(str(options.get("id", ""))), _ID_LENGTH)
        query = scope.columns(DetectionResult, *_COLUMNS)
        rows = await self._rows(query.where(col(DetectionResult.request_id) == wanted))
        return _shown(rows[0]) if rows else None

    async def _usage(
        self, scope: TenantScope, principal: Principal, options: Mapping[str, Any]
    ) -> dict[str, Any]:
        conditions = (
            col(DetectionResult.application_id) == principal.application_id,
            col(DetectionResult.key_id) == principal.key_id,
            _since(options),
        )
        (total,) = (await self._rows(scope.count(DetectionResult, *conditions)))[0]
        return {"object": "usage", "days": _days(options), "requests": int(total)}

    async def _rows(self, query: Any) -> Sequence[Row[Any]]:
        async with self._database.session() as session:
            return (await session.execute(query)).all()


def _days(options: Mapping[str, Any]) -> int:
    return max(1, min(int(options.get("days", 30)), MOST_DAYS))


def _since(options: Mapping[str, Any]) -> ColumnElement[bool]:
    return col(DetectionResult.created_at) >= utc_now() - timedelta(days=_days(options))


def _conditions(options: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """Return what a page is narrowed to."""
    equal = ("action", "application_id", *(f"{group}_risk_level" for group in _GROUPS))
    narrowed = [
        col(getattr(DetectionResult, name)) == storable(str(options[name]), _ID_LENGTH)
        for name in equal
        if options.get(name)
    ]
    created = col(DetectionResult.created_at)
    if options.get("start_date"):
        narrowed.append(created >= _day(options["start_date"]))
    if options.get("end_date"):
        narrowed.append(created < _day(options["end_date"]) + timedelta(days=1))
    return narrowed


def _day(spelled: str) -> datetime:
    return datetime.strptime(spelled, "%Y-%m-%d").replace(tzinfo=UTC)


def _exchange_id(given: str) -> str:
    """Return the id of an exchange as it is stored; the detection service spells it without dashes."""
    try:
        return str(UUID(given.removeprefix("guardrails-")))
    except ValueError:
        return given


def _shown(row: Row[Any]) -> dict[str, Any]:
    item = dict(zip(_SHOWN, row, strict=True))
    item["created_at"] = item["created_at"].isoformat()
    levels = [_LEVELS.index(item[f"{group}_risk_level"]) for group in _GROUPS]
    return {"id": item["request_id"], **item, "overall_risk_level": _LEVELS[max(levels)]}


def _numbers(rows: Iterable[Row[Any]]) -> dict[str, Any]:
    """Add up counts by day and by the levels of the three groups."""
    overall: Counter[str] = Counter()
    risky: Counter[str] = Counter()
    days: dict[str, Counter[str]] = {}
    for row in rows:
        day, *levels, count = tuple(row)
        highest = _LEVELS[max(_LEVELS.index(level) for level in levels)]
        overall[highest] += count
        days.setdefault(str(day), Counter())[highest] += count
        risky.update(
            {group: count for group, level in zip(_GROUPS, levels, strict=True) if level != "no_risk"}
        )
    return {
        "total_requests": overall.total(),
        "security_risks": risky["security"],
        "compliance_risks": risky["compliance"],
        "data_leaks": risky["data"],
        **{f"{level}_count": overall[level] for level in reversed(_LEVELS[1:])},
        "safe_count": overall["no_risk"],
        "risk_distribution": {level: overall[level] for level in reversed(_LEVELS)},
        "daily_trends": [_trend(day, counted) for day, counted in sorted(days.items())],
    }


def _trend(day: str, counted: Counter[str]) -> dict[str, Any]:
    levels = {level: counted[level] for level in reversed(_LEVELS[1:])}
    return {"date": day, "total": counted.total(), **levels, "safe": counted["no_risk"]}
