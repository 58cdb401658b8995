"""Every route that is served says how much of it is judged, and is served as its table says."""

import re

import pytest

from sluicegate.detection.dialects import DIALECTS
from sluicegate.gateway.census import census
from sluicegate.gateway.own_routes import OWN, TABLES
from sluicegate.gateway.router import MATCHER, Router
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.providers.match import Claim, Matcher
from sluicegate.middleware.providers.row import RouteRow
from tests.middleware.client import fields, scope

CLAIMS = [
    pytest.param(claim, id=f"{claim.provider}-{claim.row.method}-{claim.row.template}")
    for claim in MATCHER.claims
]


def router_of(provider: str) -> Router:
    kind = "vertex" if provider == "vertex" else provider
    return Router([] if provider == OWN else [UpstreamSpec("it", kind, "https://h", models=("*",))])


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_route_of_the_tables_is_served_as_its_row_says(claim: Claim) -> None:
    row = claim.row
    path = re.sub(r"\{[a-z_]+\*?\}", "x", row.template)
    router = router_of(claim.provider)
    prefix = "" if claim.provider == OWN else "/up/it"
    headers = fields((row.sign, "1")) if row.sign else []
    route = router.find(scope(row.method, prefix + path, headers))
    assert (route.method, route.path, route.dialect) == (row.method, row.template, row.dialect)
    assert (route.provider, route.target.decode()) == (claim.provider, path)
    assert "x" in route.addressed.model or "{model" not in row.template


def test_every_route_of_the_router_stands_in_the_census() -> None:
    router = Router([])
    listed = {(item.method, item.template, item.provider): item for item in census(router.claims)}
    assert len(listed) == len(router.claims) == sum(len(rows) for _, rows in TABLES)
    for claim in router.claims:
        item = listed[claim.row.method, claim.row.template, claim.provider]
        assert item.dialect in {None, *DIALECTS}
        assert (item.state == "exempt") == (item.dialect is None)
        assert bool(item.beside) == (item.state != "enforced")


def test_states() -> None:
    rows = (
        RouteRow(method="GET", template="/a", dialect="d"),
        RouteRow(method="GET", template="/b", dialect="d", unjudged=("x.y", "z")),
        RouteRow(method="GET", template="/c", exempt="a name"),
    )
    found = [(item.state, item.beside) for item in census(Matcher([("p", rows)]).claims)]
    assert found == [("enforced", ()), ("partly enforced", ("x.y", "z")), ("exempt", ("a name",))]
