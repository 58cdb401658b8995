"""Nobody but the proxy can hand a request over, and each ticket is good once."""

import asyncio
import os
import time
from dataclasses import replace
from typing import Any

import pytest

from sluicegate.detection.presets import BALANCED, STRICT
from sluicegate.gateway.intercepted.app import intercepted_app
from sluicegate.gateway.intercepted.destinations import Destinations
from sluicegate.gateway.intercepted.host_rules import HostRule, rules_of
from sluicegate.gateway.intercepted.once import Once
from sluicegate.gateway.intercepted.ticket import (
    ALIVE,
    HEADER,
    VALID_SECONDS,
    BadTicket,
    TicketOffice,
    read_ticket,
)
from sluicegate.gateway.upstream.base import Upstream
from sluicegate.gateway.upstream.resolver import Resolver
from tests.gateway.parts import ScriptedUpstream
from tests.transparent.proxying import KEY, FakeHosts, Gateway

CHAT = b'{"model":"m","messages":[{"role":"user","content":"Hello"}]}'
RULES = rules_of((HostRule(pattern="no.example", action="refuse"),))


class Hosts:
    """A gateway's hand-over service over hosts that answer from memory."""

    def __init__(self) -> None:
        self.upstream = ScriptedUpstream()
        self.asked: list[str] = []
        self.body = CHAT
        self.gateway = Gateway(RULES, FakeHosts())
        self.gateway.loop.close()
        self.parts = self.gateway.parts(Destinations(self._make))
        self.app = intercepted_app(self.parts)
        self.office = TicketOffice(KEY)

    def _make(self, base_url: str, resolver: Resolver) -> Upstream:
        self.asked.append(base_url)
        return self.upstream

    def ticket(self, host: str = "api.openai.com", **more: Any) -> str:
        return self.office.issue("https", host, 443, "192.0.2.7", **more)

    async def ask(
        self, *tickets: str, method: str = "POST", path: str = "/v1/chat/completions", **fields: str
    ) -> tuple[int, bytes]:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(self.body))]
        headers += [(HEADER.encode(), ticket.encode()) for ticket in tickets]
        headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": headers, "client": ("127.0.0.1", 1), "http_version": "1.1", "scheme": "http",
        }  # fmt: skip
        sent: list[Any] = []
        given = iter(({"type": "http.request", "body": self.body, "more_body": False},))

        async def receive() -> Any:
            for message in given:
                return message
            return await asyncio.Event().wait()  # the client stays

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return sent[0]["status"], b"".join(part.get("body", b"") for part in sent[1:])


@pytest.fixture
def hosts() -> Hosts:
    return Hosts()


async def test_a_ticket_lets_one_request_through_to_the_host_it_names(hosts: Hosts) -> None:
    status, body = await hosts.ask(hosts.ticket(), authorization="Bearer sk-own")
    assert (status, hosts.asked) == (200, ["https://api.openai.com"])
    assert b"Hello there." in body
    assert hosts.upstream.last["authorization"] == "Bearer sk-own"
    (entry,) = hosts.gateway.ports.audit.entries
    assert (entry.client, entry.upstream, entry.face) == ("192.0.2.7", "api.openai.com", "transparent")


async def test_a_field_that_makes_another_request_of_it_ends_here(hosts: Hosts) -> None:
    asked = {"x_http_method_override": "DELETE", "x_original_url": "/v1/other", "cookie": "a=b"}
    await hosts.ask(hosts.ticket(), **asked)
    assert hosts.upstream.last["cookie"] == "a=b"
    assert not any(name.startswith(("x-http-method", "x-original")) for name in hosts.upstream.last)


async def test_a_question_whether_somebody_is_there_reaches_nobody(hosts: Hosts) -> None:
    status, body = await hosts.ask(hosts.office.issue(ALIVE, "api.openai.com", 443, ""))
    assert (status, body, hosts.asked) == (204, b"", [])
    assert hosts.gateway.ports.audit.entries == []


async def test_a_proxys_user_stands_in_the_record(hosts: Hosts) -> None:
    await hosts.ask(hosts.ticket(user="alice"))
    assert hosts.gateway.ports.audit.entries[0].principal.key_id == "proxy:alice"


def _forged(hosts: Hosts, kind: str) -> list[str]:
    good = hosts.ticket()
    match kind:
        case "none":
            return []
        case "another key":
            return [TicketOffice(b"x" * 32).issue("https", "api.openai.com", 443, "192.0.2.7")]
        case "over":
            office = TicketOffice(KEY, lambda: time.time() - VALID_SECONDS - 1)
            return [office.issue("https", "api.openai.com", 443, "192.0.2.7")]
        case "from the future":
            office = TicketOffice(KEY, lambda: time.time() + 10 * VALID_SECONDS)
            return [office.issue("https", "api.openai.com", 443, "192.0.2.7")]
        case "two":
            return [good, hosts.ticket()]
        case "changed":
            return [good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")]
        case "long":
            return ["A" * 5000]
        case _:
            return ["not a ticket, nor base64"]


@pytest.mark.parametrize(
    "kind", ["none", "another key", "over", "from the future", "two", "changed", "long", "junk"]
)
async def test_what_is_no_ticket_reaches_nobody(hosts: Hosts, kind: str) -> None:
    status, body = await hosts.ask(*_forged(hosts, kind))
    assert (status, hosts.asked, hosts.upstream.requests) == (403, [], [])
    assert b"transparent proxy only" in body
    assert hosts.gateway.ports.audit.entries == []


async def test_a_ticket_is_good_once(hosts: Hosts) -> None:
    ticket = hosts.ticket()
    assert (await hosts.ask(ticket))[0] == 200
    assert (await hosts.ask(ticket))[0] == 403
    assert len(hosts.upstream.requests) == 1


def test_a_number_is_taken_once_by_all_processes() -> None:
    once = Once()
    child = os.fork()
    if child == 0:
        os._exit(0 if once.take(70_000) and not once.take(70_000) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert not once.take(70_000)
    assert once.take(70_001)
    assert not once.take(70_000 - 65_536), "one of long ago, whose place is taken"


@pytest.mark.parametrize(
    "host", ["no.example", "unknown.example", "127.0.0.1", "169.254.169.254", "api.openai.com.evil.example"]
)
async def test_a_host_that_no_rule_inspects_is_not_reached(hosts: Hosts, host: str) -> None:
    status, body = await hosts.ask(hosts.ticket(host))
    assert (status, hosts.asked) == (403, [])
    assert b"host_refused" in body


async def test_a_host_that_was_heard_to_speak_is_judged_in_its_format(hosts: Hosts) -> None:
    status, _ = await hosts.ask(
        hosts.ticket("unknown.example", spoken=("openai", "/llm")), path="/llm/chat/completions"
    )
    assert (status, hosts.asked) == (200, ["https://unknown.example"])
    assert hosts.gateway.ports.audit.entries[0].path == "/v1/chat/completions"
    refused = await hosts.ask(hosts.ticket("no.example", spoken=("openai", "")))
    assert refused[0] == 403


@pytest.mark.parametrize(
    ("path", "method", "body", "strict", "status"),
    [
        ("/v1/models", "GET", b"", True, 200),
        ("/v1/models", "GET", b"{}", False, 200),
        ("/v1/models", "GET", b"{}", True, 403),
        ("/v1/fine_tuning/jobs", "GET", b"", True, 200),
        ("/v1/fine_tuning/jobs", "POST", b"{}", False, 200),
        ("/v1/fine_tuning/jobs", "POST", b"{}", True, 403),
        ("/v1/fine_tuning/jobs", "POST", b"", True, 403),
    ],
)
async def test_what_no_table_lists_is_for_the_policy_to_decide(
    hosts: Hosts, path: str, method: str, body: bytes, strict: bool, status: int
) -> None:
    hosts.body = body
    hosts.gateway.policy = STRICT if strict else BALANCED
    assert (await hosts.ask(hosts.ticket(), path=path, method=method))[0] == status
    assert hosts.gateway.ports.audit.entries == []


async def test_a_request_for_private_models_does_not_go_out(hosts: Hosts) -> None:
    hosts.gateway.policy = replace(BALANCED, private=("pii",))
    hosts.body = CHAT.replace(b"Hello", b"I am maria.keller@example.org")
    status, body = await hosts.ask(hosts.ticket())
    assert (status, hosts.asked) == (403, [])
    assert b"no_private_upstream" in body


@pytest.mark.parametrize(("text", "status"), [(b"Hello", 200), (b"I am maria.keller@example.org", 400)])
async def test_a_signed_request_passes_only_as_it_stands(hosts: Hosts, text: bytes, status: int) -> None:
    hosts.body = CHAT.replace(b"Hello", text)
    signature = "AWS4-HMAC-SHA256 Credential=AKIAX/20260101/eu-west-1/bedrock/aws4_request, Signature=0"
    answer = await hosts.ask(hosts.ticket(), authorization=signature)
    assert answer[0] == status
    assert bool(hosts.upstream.requests) == (status == 200)


def test_a_ticket_tells_nothing_that_was_not_said() -> None:
    office = TicketOffice(KEY)
    ticket = read_ticket(KEY, office.issue("http", "a.example", 80, "::1", "bob").encode(), time.time())
    assert ticket[2:] == ("http", "a.example", 80, "::1", "bob", "", "")
    with pytest.raises(BadTicket):
        read_ticket(b"y" * 32, office.issue("http", "a.example", 80, "::1").encode(), time.time())
