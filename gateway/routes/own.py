"""Routes that the gateway answers itself."""

from .row import RouteRow

MODELS = "/v1/models"
MODEL = "/v1/models/{id}"
EXCHANGE = "/v1/exchanges/{id}"

_LISTED = "answered here: names of models only"

ROUTES = (
    RouteRow(method="GET", template=MODELS, exempt=_LISTED),
    RouteRow(method="GET", template=MODEL, exempt=_LISTED),
    RouteRow(method="GET", template=EXCHANGE, exempt="answered here: a record holds no text"),
)
