"""The page of the routes: what is served and judged, nothing that anybody may change."""

import httpx

from sluicegate.appliance.served_routes import served_routes
from sluicegate.appliance.settings import Settings
from sluicegate.gateway.router import MATCHER


def test_routes_with_an_upstream_are_shown_and_all_on_request(admin: httpx.Client) -> None:
    page = admin.get("/routes").text
    assert "/v1/chat/completions" in page
    assert "Partly enforced" in page
    assert "first, second" in page
    assert "1 of 2 have an upstream" in page
    assert "/api/tags" not in page
    page = admin.get("/routes?all=1").text
    assert "/api/tags" in page
    assert "tells &lt;names&gt;" in page
    assert "Exempt" in page


def test_every_route_of_the_gateway_is_given_to_the_page() -> None:
    shown = served_routes(Settings())
    assert len(shown) == len(MATCHER.claims)
    assert {item.upstreams for item in shown} == {"", "demo"}
