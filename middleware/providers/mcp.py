"""Routes of the Model Context Protocol over streamable HTTP.

The older transport, a stream beside an address for messages, is not served.
"""

from .row import RouteRow

_MEDIA = ("result.content media", "result.contents.blob")

ROUTES = (
    RouteRow(method="POST", template="/mcp", dialect="mcp", unjudged=_MEDIA),
    RouteRow(method="GET", template="/mcp", dialect="mcp", unjudged=_MEDIA),
    RouteRow(method="DELETE", template="/mcp", dialect="mcp"),
)
