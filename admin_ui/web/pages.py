"""Rendering a page of ours inside starlette-admin."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette_admin import CustomView
from starlette_admin.flash import get_flashed_messages


def page(
    view: CustomView,
    request: Request,
    template: str,
    context: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Render a template with what every page shows."""
    if view.templates is None:
        raise RuntimeError(f"{type(view).__name__} was not added to the site")
    shown = {"flashed_messages": get_flashed_messages(request), **context}
    return view.templates.TemplateResponse(request, template, shown, status, headers)
