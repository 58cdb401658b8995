"""What the web admin shows of the gateway's routes."""

from ..admin_ui.views.routes import ServedRoute
from ..gateway.census import census
from ..gateway.router import Router
from .chosen import chosen_upstreams
from .settings import Settings


def served_routes(settings: Settings) -> list[ServedRoute]:
    """Return every route with the upstreams of the settings that may serve it."""
    router = Router(chosen_upstreams(settings))
    return [
        ServedRoute(
            item.method,
            item.template,
            item.provider,
            item.state,
            "; ".join(item.beside),
            ", ".join(router.speaking(item.provider, item.template)),
        )
        for item in census(router.claims)
    ]
