"""The record as people read it: newest first, by action or application, and the last day in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiocache import SimpleMemoryCache
from sqlalchemy import ColumnElement, Select, func
from sqlmodel import col

from ...detection.types import Action
from ..models import Application, DetectionResult
from ..models.detection_result import ACTED
from ..models.table import utc_now
from .database import Database
from .scope import TenantScope
from .text import storable

_SUMMARY_SECONDS = 2
_DAY = timedelta(days=1)
_LONGEST = 64

COUNTED = 10_000
"""Rows that are counted before a list just says "more": counting all of them reads all of them."""


@dataclass(frozen=True, slots=True)
class DecisionFilter:
    """What a list is narrowed to. Empty fields narrow nothing."""

    action: str = ""
    application_id: str = ""
    exchange_id: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter as conditions that all hold."""
        given = (
            (DetectionResult.action, self.action),
            (DetectionResult.application_id, self.application_id),
            (DetectionResult.request_id, self.exchange_id),
        )
        narrowed = [col(column) == storable(value, _LONGEST) for column, value in given if value]
        return [*narrowed, ACTED] if self.action not in {"", Action.PASS.label} else narrowed


@dataclass(frozen=True, slots=True)
class ApplicationName:
    """An application to choose from."""

    application_id: str
    name: str


def listing(scope: TenantScope, narrowed: DecisionFilter) -> Select[DetectionResult]:
    """Select the rows of a list, in no order."""
    return scope.select(DetectionResult).where(*narrowed.conditions())


def counting(scope: TenantScope, narrowed: DecisionFilter) -> Select[int]:
    """Count the rows of a list, up to `COUNTED`."""
    return scope.count(DetectionResult, *narrowed.conditions(), most=COUNTED)


class Overview:
    """What the record says about the last day; asked for with every page, so kept for seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache = SimpleMemoryCache()

    async def last_day(self, scope: TenantScope) -> Mapping[str, int]:
        """Return how many exchanges of the last 24 hours came to which action."""
        known: Mapping[str, int] | None = await self._cache.get(scope.tenant_id)
        if known is None:
            known = await self._count(scope)
            # A first request must not wait to be seen.
            if known:
                await self._cache.set(scope.tenant_id, known, ttl=_SUMMARY_SECONDS)
        return known

    async def applications(self, scope: TenantScope) -> list[ApplicationName]:
        """Return the applications to choose from, by name."""
        query = scope.columns(Application, Application.id, Application.name).order_by(col(Application.name))
        async with self._database.session() as session:
            return [ApplicationName(*row) for row in await session.execute(query)]

    async def _count(self, scope: TenantScope) -> Mapping[str, int]:
        counted: list[Any] = [DetectionResult.action, func.count()]
        query = (
            scope.columns(DetectionResult, *counted)
            .where(col(DetectionResult.created_at) >= utc_now() - _DAY)
            .group_by(col(DetectionResult.action))
        )
        async with self._database.session() as session:
            return {str(row[0]): int(row[1]) for row in await session.execute(query)}
