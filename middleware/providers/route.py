"""A match in the tables, as the route that the door works with."""

from ...detection.dialects import NOTHING_ADDRESSED, Addressed
from ..routes import Route
from .match import Match


def as_route(match: Match, path: bytes, upstream: str = "") -> Route:
    """Return the route of a canonical path that fits a row, for an upstream named in the path."""
    row, provider = match.claim.row, match.claim.provider
    addressed = Addressed(
        match.parameters.get("model", ""), row.stream, row.framing, match.parameters.get("id", "")
    )
    if addressed == NOTHING_ADDRESSED:
        addressed = NOTHING_ADDRESSED
    accepts = frozenset(kind.encode("ascii") for kind in row.accepts)
    return Route(
        row.method,
        row.template,
        row.dialect,
        path,
        upstream,
        addressed,
        provider,
        frozenset(row.query),
        accepts,
        tuple([(item.encode("ascii"), name) for item, name in row.framings]),
    )
