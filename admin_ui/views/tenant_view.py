"""A list and a detail page over one table, for the tenant who asks, read only."""

from typing import Any

from sqlalchemy import Select, true
from starlette.requests import Request
from starlette_admin.contrib.sqlmodel import ModelView
from starlette_admin.fields import StringField

from ..auth.session import tenant_of
from ..models import TenantOwned


class TenantView(ModelView):
    """Base of the pages: shows rows of the tenant's scope and can change none of them.

    Whatever changes something is a route of its own, with its own form. Templates get each row's
    presentation as ``row.shown`` (see `present`).
    """

    searchable_fields = ()
    sortable_fields = ()
    exporters = ()
    importers = ()
    row_actions = ()
    actions = ()
    column_visibility = False
    page_size = 50
    page_size_options = (50,)

    def __init__(self, model: type[TenantOwned], key: str, menu_label: str) -> None:
        self.fields = [StringField("id")]
        super().__init__(model, key=key, menu_label=menu_label)

    def can_create(self, request: Request) -> bool:
        """Never."""
        return False

    def can_edit(self, request: Request) -> bool:
        """Never."""
        return False

    def can_delete(self, request: Request) -> bool:
        """Never."""
        return False

    def can_export(self, request: Request) -> bool:
        """Never."""
        return False

    def can_import(self, request: Request) -> bool:
        """Never."""
        return False

    def can_view_detail(self, request: Request) -> bool:
        """Never, where a page does not say otherwise."""
        return False

    def get_list_query(self, request: Request) -> Select[Any]:
        """Select the tenant's rows."""
        return tenant_of(request).select(self._table())

    def get_count_query(self, request: Request) -> Select[Any]:
        """Count the tenant's rows."""
        return tenant_of(request).count(self._table())

    async def build_full_text_search_query(self, request: Request, term: str, model: Any) -> Any:
        """Search for nothing: no column of ours holds text."""
        return true()

    def present(self, row: Any) -> Any:
        """Return what a template shows of a row."""
        return row

    async def serialize(
        self,
        obj: Any,
        request: Request,
        include_relationships: bool = True,
        include_select2: bool = False,
    ) -> dict[str, Any]:
        """Give the template the row's presentation."""
        return {"id": obj.id, "shown": self.present(obj)}

    def _table(self) -> type[TenantOwned]:
        table: type[TenantOwned] = self.model
        return table
