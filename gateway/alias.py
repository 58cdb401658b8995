"""A request for a model that its upstream knows by another name."""

from urllib.parse import quote

import orjson

from ..detection.document import edit_json
from ..detection.errors import BadInput
from ..detection.types import Edit, Span
from ..middleware.providers.match import named_places
from ..middleware.routes import Route
from ..middleware.spooled import Body

_PLAIN = "!$&'()*+,=:@~"
"""What may stand in a segment of a path as it is, beside letters, digits and ``-._``."""


def with_model(route: Route, body: Body, model: str) -> tuple[bytes, Body]:
    """Return target and body of a request with the other name in the place of the model's.

    Nothing else changes. Raises `BadInput` (``model_alias``) where the name stands in neither.
    """
    if route.addressed.model:
        return _path_with(route, model), body
    try:
        tree = orjson.loads(body) if isinstance(body, bytes) else None
    except orjson.JSONDecodeError:
        tree = None
    if not isinstance(body, bytes) or not isinstance(tree, dict) or not isinstance(tree.get("model"), str):
        raise BadInput(
            "The model has another name at its upstream, and this request has no place for it.",
            code="model_alias",
            param="model",
        )
    edit = Edit("/model", Span(0, len(tree["model"])), model)
    return route.target, edit_json(body.decode(), [edit]).encode()


def _path_with(route: Route, model: str) -> bytes:
    start, end = named_places(route.path, route.target)["model"]
    return route.target[:start] + quote(model, safe=_PLAIN).encode("ascii") + route.target[end:]
