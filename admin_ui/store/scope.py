"""The one layer through which the rows of tenants are reached.

Every statement about a table whose rows belong to tenants is begun here and so carries the
tenant; nothing else in `admin_ui` begins one (a test reads the sources and sees to it). The few
that cannot carry a tenant - sign-in, a key's digest, the snapshot that serves all tenants'
requests - are in `crossing`, by name.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, func, literal, select, update
from sqlmodel import col

from ..models import TenantOwned


@dataclass(frozen=True, slots=True)
class TenantScope:
    """Begins statements that see one tenant's rows and no others."""

    tenant_id: str

    def select[T: TenantOwned](self, model: type[T]) -> Select[T]:
        """Select rows of the tenant."""
        return select(model).where(self._owns(model))

    def columns(self, model: type[TenantOwned], *columns: Any) -> Select[*tuple[Any, ...]]:
        """Select some columns of the tenant's rows."""
        return select(*columns).select_from(model).where(self._owns(model))

    def count(
        self, model: type[TenantOwned], *conditions: ColumnElement[bool], most: int | None = None
    ) -> Select[int]:
        """Count the tenant's rows that meet all conditions, and stop at `most`."""
        rows = select(literal(1)).select_from(model).where(self._owns(model), *conditions).limit(most)
        return select(func.count()).select_from(rows.subquery())

    def update(self, model: type[TenantOwned]) -> Update:
        """Change rows of the tenant."""
        return update(model).where(self._owns(model))

    def _owns(self, model: type[TenantOwned]) -> ColumnElement[bool]:
        return col(model.tenant_id) == self.tenant_id
