"""The same pages over a real PostgreSQL."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.admin_ui import site as sites
from tests.admin_ui.site import Site, csrf, sign_in
from tests.store import postgres_server


@pytest.fixture
def on_postgres() -> Iterator[Site]:
    """A fresh admin over a server of its own."""
    reason = postgres_server.missing()
    if reason is not None:
        pytest.skip(reason)
    with postgres_server.running() as server:
        url = server.url("postgres")
        asyncio.run(sites.furnish(url))
        with sites.running(url) as site:
            yield site


def test_the_pages_work_on_postgres(on_postgres: Site) -> None:
    on_postgres.record(60)
    with on_postgres.client() as client:
        client.cookies.set(sites.SESSION, sign_in(client))
        assert client.get("/decisions/list").text.count("/decisions/detail") == 50
        assert client.get("/decisions/list?page=2").text.count("/decisions/detail") == 10
        assert client.get("/decisions/list?action=block").text.count("/decisions/detail") == 13
        assert client.get("/decisions/list?exchange=%00").status_code == 200
        assert "Blocked before it reached" in client.get("/decisions/detail?pk=exchange-0000").text
        assert client.get("/decisions/detail?pk=%00").status_code == 404
        made = client.post(
            "/keys/new", data={"application": "Billing", "csrftoken": csrf(client, "/keys/new")}
        )
        secret = made.text.partition('<code id="secret">')[2].partition("<")[0]
        principal = on_postgres.directory.find(secret)
        assert principal is not None
        client.post("/keys/revoke", data={"key": principal.key_id, "csrftoken": csrf(client, "/keys/new")})
        assert on_postgres.directory.find(secret) is None
        for path in ("/keys", "/applications/list", "/bans"):
            assert client.get(path).status_code == 200
