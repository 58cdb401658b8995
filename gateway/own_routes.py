"""Routes that the gateway answers itself, and all that it serves."""

from ..middleware.providers import tables
from ..middleware.providers.row import RouteRow

OWN = "sluicegate"
"""Stands for a provider where the gateway answers itself."""

MODELS = "/v1/models"
MODEL = "/v1/models/{id}"
EXCHANGE = "/v1/exchanges/{id}"

_LISTED = "answered here: names of models only"

ROUTES = (
    RouteRow(method="GET", template=MODELS, exempt=_LISTED),
    RouteRow(method="GET", template=MODEL, exempt=_LISTED),
    RouteRow(method="GET", template=EXCHANGE, exempt="answered here: a record holds no text"),
)

TABLES: tuple[tuple[str, tuple[RouteRow, ...]], ...] = ((OWN, ROUTES), *tables.TABLES)
"""Provider and its rows, as in `providers.tables`."""
