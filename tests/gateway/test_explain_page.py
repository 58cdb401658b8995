"""The page behind a link: what it shows, to whom, and how little it lets anybody do."""

import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from sluicegate.detection.testing import FakeClock, FixedWindows, MemoryBans, OpenCounters
from sluicegate.detection.types import Ban, Direction, Why
from sluicegate.gateway.explain_page import RATE, ExplainPage
from sluicegate.middleware.sealed_links import SealedLinks
from tests.middleware.client import Answer, call, reply, scope

WHY = Why("exchange-1", "shop", "strict", Direction.PROMPT, "secret.key", "aws_key")
INNER = reply(b"inner", kind=b"text/plain")


class Site:
    """A page with fakes on its ports."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.links = SealedLinks(b"m" * 32, "", self.clock)
        self.counters: Any = OpenCounters()
        self.bans = MemoryBans()

    def path(self, why: Why = WHY) -> str:
        return self.links.link(why, 3600)

    async def get(self, path: str, *, method: str = "GET", accept: bytes = b"application/json") -> Answer:
        page = ExplainPage(INNER, self.links, self.counters, self.bans)
        return await call(page, scope(method, path, [(b"accept", accept)]))


@pytest.fixture
def site() -> Site:
    return Site()


async def test_json_for_programs(site: Site) -> None:
    answer = await site.get(site.path())
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    told = json.loads(answer.body)
    assert told == {
        "message": "The request was stopped. "
        "It holds what looks like a password, a key or another credential.",
        "exchange": "exchange-1",
        "application": "shop",
        "policy": "strict",
        "category": "secret.key",
        "rule": "aws_key",
        "valid_until": "2023-11-14 23:13 UTC",
    }


@pytest.mark.parametrize("accept", [b"", b"*/*", b"text/html,application/xhtml+xml;q=0.9"])
async def test_a_page_for_people(site: Site, accept: bytes) -> None:
    answer = await site.get(site.path(), accept=accept)
    text = answer.body.decode()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for word in ("Why this was stopped", "exchange-1", "shop", "strict", "secret.key", "aws_key"):
        assert word in text


async def test_what_the_policy_does_not_tell_is_not_there(site: Site) -> None:
    path = site.path(replace(WHY, category="", rule=""))
    told = json.loads((await site.get(path)).body)
    assert "category" not in told
    assert "rule" not in told
    assert "credential" not in told["message"]
    assert b"Category" not in (await site.get(path, accept=b"text/html")).body


async def test_names_cannot_be_markup(site: Site) -> None:
    evil = '<script>alert("x")</script>'
    text = (await site.get(site.path(replace(WHY, application=evil)), accept=b"text/html")).body.decode()
    assert "<script" not in text
    assert html.escape(evil) in text


async def test_headers_let_a_browser_do_nothing(site: Site) -> None:
    for path in (site.path(), "/why/nothing"):
        headers = (await site.get(path, accept=b"text/html")).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-robots-tag"] == "noindex"
        policy = headers["content-security-policy"]
        assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[^']+'; frame-ancestors 'none'", policy)


async def test_an_old_link_is_gone_and_tells_nothing(site: Site) -> None:
    path = site.path()
    site.clock.advance(3600)
    answer = await site.get(path)
    assert answer.status == 410
    assert list(json.loads(answer.body)) == ["message"]
    assert b"shop" not in (await site.get(path, accept=b"text/html")).body


@pytest.mark.parametrize("token", ["", "x", "A" * 100, "A" * 5000, "../health"])
async def test_what_is_no_link_is_not_found(site: Site, token: str) -> None:
    answer = await site.get("/why/" + token)
    assert answer.status == 404
    assert list(json.loads(answer.body)) == ["message"]


@pytest.mark.parametrize("path", ["/", "/why", "/v1/models", "/whyever/x"])
async def test_every_other_path_is_the_apps(site: Site, path: str) -> None:
    assert (await site.get(path)).body == b"inner"


async def test_only_reading_is_allowed(site: Site) -> None:
    refused = await site.get(site.path(), method="POST")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")
    head = await site.get(site.path(), method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) > 100


async def test_guessing_is_slow(site: Site) -> None:
    site.counters = FixedWindows(site.clock)
    answers = [await site.get("/why/guess") for _ in range(RATE.calls + 1)]
    assert {answer.status for answer in answers[:-1]} == {404}
    assert answers[-1].status == 429
    assert "retry-after" in answers[-1].headers


async def test_who_is_banned_sees_nothing(site: Site) -> None:
    site.bans.add(Ban("ip", "192.0.2.7", "", None))
    answer = await site.get(site.path())
    assert answer.status == 403
    assert b"shop" not in answer.body
