"""What the guard tells the app behind it, in the scope."""

from dataclasses import dataclass, field
from typing import Any

from ..detection.types import Principal, Verdict
from .asgi import Scope
from .routes import Route

KEY = "sluicegate"
"""Where the `Handover` stands in the scope."""


@dataclass(slots=True)
class Handover:
    """One identified request.

    `model` is what the request names, empty on routes that are not inspected; with `private` it may be
    served on premise only. The app writes into
    `upstream` the name of whom it asked, for the record.
    """

    exchange_id: str
    principal: Principal
    route: Route
    provider_key: str | None = field(default=None, repr=False)
    model: str = ""
    private: bool = False
    upstream: str = ""
    verdict: Verdict | None = None
    """What the request came to."""
    raised: Exception | None = field(default=None, repr=False)
    """What the app raised, which the guard answered."""
    kept: dict[str, Any] = field(default_factory=dict, repr=False)
    """What is derived from the head may be kept here for requests with the same head."""


def handover(scope: Scope) -> Handover:
    """The handover of a request. Raises `LookupError` where no guard stands in front."""
    value = scope.get(KEY)
    if not isinstance(value, Handover):
        raise LookupError("no guard stands in front of this app")
    return value
