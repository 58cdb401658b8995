"""Names and addresses: what may be connected to, how long it is believed, and that it stays."""

import asyncio
from dataclasses import dataclass, field

import pytest

from sluicegate.detection.errors import UpstreamFault
from sluicegate.gateway.upstream.addresses import kind_of
from sluicegate.gateway.upstream.base import UpstreamRequest
from sluicegate.gateway.upstream.pool import PooledUpstream
from sluicegate.gateway.upstream.resolver import Resolver, system_lookup
from tests.gateway.answers import opened, whole
from tests.gateway.pool.raw_server import OK, RawServer, raw_server

KINDS = {
    "public": "1.1.1.1 93.184.216.34 2606:4700:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808",
    "private": "10.0.0.1 172.16.9.9 192.168.1.1 100.64.0.1 fd12::1 ::ffff:10.0.0.1 198.18.0.1",
    "loopback": "127.0.0.1 127.9.9.9 ::1 ::ffff:127.0.0.1 64:ff9b::7f00:1",
    "forbidden": "169.254.169.254 169.254.0.1 fe80::1 fe80::1%1 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe "
    "2002:a9fe:a9fe::1 224.0.0.1 239.255.255.250 ff02::1 0.0.0.0 :: 255.255.255.255 240.0.0.1 "
    "100.100.100.200 192.0.0.192 fd00:ec2::254 168.63.129.16 ::ffff:0.0.0.0",
}


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in KINDS.items() for text in texts.split()]
)
def test_the_kind_of_an_address(kind: str, text: str) -> None:
    assert kind_of(text) == kind


@dataclass
class Names:
    """A resolver's resolver: says what the test wants it to, and counts."""

    found: list[str] | OSError
    asked: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None
    now: float = 0.0

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.found, OSError):
            raise self.found
        return list(self.found)

    def resolver(self, host: str = "api.example") -> Resolver:
        return Resolver(host, fresh=30.0, lookup=self, clock=lambda: self.now)


async def refused(resolver: Resolver) -> bool:
    try:
        await resolver.addresses()
    except UpstreamFault as fault:
        assert (fault.status, fault.code) == (502, "upstream_unreachable")  # noqa: PT017 - says which
        return True
    return False


async def test_an_answer_is_believed_for_a_while() -> None:
    names = Names(["1.1.1.1"])
    resolver = names.resolver()
    for now in (0.0, 15.0, 29.9):
        names.now = now
        assert await resolver.addresses() == ["1.1.1.1"]
    names.found, names.now = ["1.0.0.1"], 30.0
    assert await resolver.addresses() == ["1.0.0.1"]
    assert names.asked == ["api.example"] * 2


async def test_a_resolver_that_fails_leaves_what_was_known() -> None:
    names = Names(["1.1.1.1"])
    resolver = names.resolver()
    await resolver.addresses()
    names.found, names.now = OSError("no"), 99.0
    assert await resolver.addresses() == ["1.1.1.1"]
    names.found = ["1.0.0.1"]
    assert await resolver.addresses() == ["1.0.0.1"]


@pytest.mark.parametrize("found", [OSError("no"), [], ["169.254.169.254"], ["fe80::1", "0.0.0.0"]])  # noqa: S104 - an address
async def test_a_name_that_leads_nowhere_is_unreachable(found: list[str] | OSError) -> None:
    names = Names(found)
    resolver = names.resolver()
    assert await refused(resolver)
    names.found, names.now = ["1.1.1.1"], 31.0
    assert await resolver.addresses() == ["1.1.1.1"]


async def test_forbidden_addresses_are_left_out_from_the_start() -> None:
    assert await Names(["169.254.169.254", "1.1.1.1"]).resolver().addresses() == ["1.1.1.1"]


@pytest.mark.parametrize(
    "inwards", ["127.0.0.1", "::1", "10.0.0.1", "192.168.0.1", "fd12::1", "169.254.169.254"]
)
async def test_wall_10_a_public_name_is_not_turned_inwards(inwards: str) -> None:
    names = Names(["1.1.1.1"])
    resolver = names.resolver()
    await resolver.addresses()
    names.found, names.now = [inwards], 31.0
    assert await refused(resolver)
    names.found, names.now = [inwards, "1.0.0.1"], 62.0
    assert await resolver.addresses() == ["1.0.0.1"]


async def test_wall_10_a_name_turned_inwards_while_it_led_nowhere_is_public_still() -> None:
    names = Names(["169.254.169.254"])
    resolver = names.resolver()
    assert await refused(resolver)
    names.found, names.now = ["10.0.0.1"], 31.0
    assert await refused(resolver)


@pytest.mark.parametrize(
    ("first", "later", "allowed"),
    [
        ("10.0.0.1", "10.0.0.2", True),
        ("10.0.0.1", "1.1.1.1", True),
        ("10.0.0.1", "127.0.0.1", False),
        ("127.0.0.1", "::1", True),
        ("127.0.0.1", "10.0.0.1", False),
        ("10.0.0.1", "169.254.169.254", False),
    ],
)
async def test_a_name_that_began_inside_may_move_there(first: str, later: str, allowed: bool) -> None:
    names = Names([first])
    resolver = names.resolver()
    assert await resolver.addresses() == [first]
    names.found, names.now = [later], 31.0
    assert await refused(resolver) is not allowed


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "::1", "169.254.169.254"])
async def test_an_address_in_the_configuration_is_taken_as_it_is(host: str) -> None:
    names = Names([])
    assert await names.resolver(host).addresses() == [host]
    assert names.asked == []


async def test_who_asks_at_once_shares_one_lookup_and_can_leave_it() -> None:
    names = Names(["1.1.1.1"], gate=asyncio.Event())
    resolver = names.resolver()
    asking = [asyncio.create_task(resolver.addresses()) for _ in range(5)]
    for _ in range(3):
        await asyncio.sleep(0)
    asking[0].cancel()
    assert names.gate is not None
    names.gate.set()
    first, *rest = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(first, asyncio.CancelledError)
    assert rest == [["1.1.1.1"]] * 4
    assert len(names.asked) == 1


async def test_the_address_that_answered_is_tried_first() -> None:
    resolver = Names(["1.1.1.1", "1.0.0.1"]).resolver()
    await resolver.addresses()
    resolver.prefer("1.0.0.1")
    resolver.prefer("9.9.9.9")
    assert await resolver.addresses() == ["1.0.0.1", "1.1.1.1"]


async def test_the_system_knows_localhost_and_no_invalid_name() -> None:
    assert {kind_of(address) for address in await system_lookup("localhost")} == {"loopback"}
    with pytest.raises(OSError, match=r"."):
        await system_lookup("nowhere.invalid")


async def test_wall_10_the_address_that_was_checked_is_the_one_connected_to() -> None:
    server = RawServer()
    async with raw_server(server.answering_with(OK), server):
        names = Names(["127.0.0.1"])
        upstream = PooledUpstream(f"http://api.example:{server.port}/v1", resolver=names.resolver())
        async with opened(upstream, UpstreamRequest("GET", b"/v1/models", [])) as answer:
            assert await whole(answer) == b"ok"
        await upstream.close()
    assert b"\r\nhost: api.example:%d\r\n" % server.port in server.requests[0]
    assert names.asked == ["api.example"]


async def test_addresses_are_tried_in_turn() -> None:
    server = RawServer()
    async with raw_server(server.answering_with(OK), server):
        names = Names(["127.0.0.2", "127.0.0.3", "127.0.0.1"])  # only the last one is listened on
        resolver = names.resolver()
        upstream = PooledUpstream(f"http://api.example:{server.port}/v1", resolver=resolver)
        async with opened(upstream, UpstreamRequest("GET", b"/v1/models", [])) as answer:
            assert await whole(answer) == b"ok"
        assert (await resolver.addresses())[0] == "127.0.0.1"
        await upstream.close()
