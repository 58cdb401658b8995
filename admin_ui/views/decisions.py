"""The decisions: a list newest first, and a page a decision that says why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col
from starlette.requests import Request

from ...detection.types import Action
from ..auth.session import tenant_of
from ..models import DetectionResult
from ..store.decisions import COUNTED, ApplicationName, DecisionFilter, Overview, counting, listing
from ..store.entries import from_row
from . import words
from .explain import Explanation, explain
from .tenant_view import TenantView

_SHOWN_CATEGORIES = 2


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision as the list shows it."""

    exchange_id: str
    at: datetime
    application: str
    model: str
    action: str
    done: str
    categories: tuple[tuple[str, str], ...]
    more: int
    tier: str
    guard: str
    waited: str
    outcome: str
    ended_well: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """One action, how often it was taken in the last day, and whether the list is narrowed to it."""

    action: str
    name: str
    number: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class DecisionsPage:
    """What stands around the list."""

    narrowed: DecisionFilter
    tallies: tuple[Tally, ...]
    day: int
    applications: Sequence[ApplicationName]
    counted: int = COUNTED


class DecisionsView(TenantView):
    """Shows the record. Nothing in it can be changed."""

    list_template = "decisions/list.html"
    detail_template = "decisions/detail.html"

    def __init__(self, overview: Overview) -> None:
        super().__init__(DetectionResult, "decisions", "Decisions")
        self._overview = overview

    def can_view_detail(self, request: Request) -> bool:
        """Whoever may see the list may see why."""
        return True

    def get_list_query(self, request: Request) -> Any:
        """Select what the filter leaves of the tenant's record, newest first."""
        newest = (col(DetectionResult.created_at).desc(), col(DetectionResult.id).desc())
        return listing(tenant_of(request), _narrowed(request)).order_by(*newest)

    def get_count_query(self, request: Request) -> Any:
        """Count what the filter leaves, up to a bound."""
        return counting(tenant_of(request), _narrowed(request))

    async def find_all(self, request: Request, *args: Any, **kwargs: Any) -> Sequence[Any]:
        """Return the rows, and leave what stands around them for the template."""
        request.state.page = await self._page(request)
        return await super().find_all(request, *args, **kwargs)

    async def find_by_pk(self, request: Request, pk: Any) -> Any:
        """Find a decision by the id its exchange went by, which clients see in their headers."""
        wanted = DecisionFilter(exchange_id=str(pk))
        return await request.state.session.scalar(listing(tenant_of(request), wanted))

    async def serialize(
        self,
        obj: Any,
        request: Request,
        include_relationships: bool = True,
        include_select2: bool = False,
    ) -> dict[str, Any]:
        """Give the list a line and the page of a decision its whole explanation."""
        detail = request.state.action.value == "DETAIL"
        return {"id": obj.id, "shown": _explained(obj) if detail else _line(obj)}

    async def _page(self, request: Request) -> DecisionsPage:
        scope, narrowed = tenant_of(request), _narrowed(request)
        numbers = await self._overview.last_day(scope)
        return DecisionsPage(
            narrowed=narrowed,
            tallies=tuple(
                Tally(
                    action.label,
                    words.ACTIONS[action],
                    numbers.get(action.label, 0),
                    narrowed.action == action.label,
                )
                for action in sorted(Action, reverse=True)
            ),
            day=sum(numbers.values()),
            applications=await self._overview.applications(scope),
        )


def turned(request: Request, page: int) -> str:
    """Return the address of another page of the same list."""
    return f"/decisions/list?{request.url.include_query_params(page=page).query}"


def _narrowed(request: Request) -> DecisionFilter:
    given = request.query_params
    return DecisionFilter(
        action=given.get("action", ""),
        application_id=given.get("application", ""),
        exchange_id=given.get("exchange", "").strip(),
    )


def _explained(row: DetectionResult) -> Explanation:
    return explain(from_row(row))


def _line(row: DetectionResult) -> DecisionLine:
    categories = [*row.security_categories, *row.data_categories, *row.compliance_categories]
    action = Action[row.action.upper()]
    return DecisionLine(
        exchange_id=row.request_id,
        at=row.created_at,
        application=row.application,
        model=row.model,
        action=row.action,
        done=words.ACTIONS[action],
        categories=tuple(
            (words.short(name), words.category(name)) for name in categories[:_SHOWN_CATEGORIES]
        ),
        more=max(0, len(categories) - _SHOWN_CATEGORIES),
        tier=f"{row.tier}",
        guard=words.milliseconds(row.guard_ms / 1000),
        waited=words.milliseconds(row.upstream_ms / 1000) if row.upstream_ms else "",
        outcome=words.OUTCOMES.get(row.outcome, row.outcome),
        ended_well=row.outcome in ("complete", "refused", "stopped", "open"),
    )
