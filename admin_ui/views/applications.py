"""The applications of the tenant."""

from typing import Any

from sqlmodel import col
from starlette.requests import Request

from ..auth.session import tenant_of
from ..models import Application
from .tenant_view import TenantView


class ApplicationsView(TenantView):
    """Lists applications by name. They come into being with their first key."""

    list_template = "applications/list.html"

    def __init__(self) -> None:
        super().__init__(Application, "applications", "Applications")

    def get_list_query(self, request: Request) -> Any:
        """Select the tenant's applications, by name."""
        return tenant_of(request).select(Application).order_by(col(Application.name))
