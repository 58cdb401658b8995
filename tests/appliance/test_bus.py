"""The bus: workers learn what is in force, ask, and outlive the control process."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

import orjson
import pytest

from sluicegate.appliance import link as links
from sluicegate.appliance.bus import MOST_UP, Bus, framed, make_bus
from sluicegate.appliance.hub import Hub
from sluicegate.appliance.link import Link
from sluicegate.detection.errors import UpstreamFault
from sluicegate.detection.testing import SOMEBODY
from sluicegate.detection.types import AuditEntry, Ban, Principal
from sluicegate.middleware.snapshot import Snapshot
from tests.admin_ui.material import exchange

FIRST = Snapshot(1, MappingProxyType({"d1": SOMEBODY}))
SECOND = Snapshot(2, MappingProxyType({}), MappingProxyType({("ip", "::1"): Ban("ip", "::1", "noise", None)}))
ENTRY = exchange(0, SOMEBODY, 1_700_000_000.0)


class Finder:
    """Knows one exchange of one application."""

    def __init__(self) -> None:
        self.away = False
        self.blocked: asyncio.Event | None = None

    async def find(self, exchange_id: str, principal: Principal) -> AuditEntry | None:
        if self.blocked is not None:
            await self.blocked.wait()
        if self.away:
            raise ConnectionRefusedError
        theirs = (principal.tenant_id, principal.application_id)
        owner = (SOMEBODY.tenant_id, SOMEBODY.application_id)
        return ENTRY if exchange_id == ENTRY.exchange_id and theirs == owner else None


class Results:
    """Says what it was asked."""

    async def ask(self, question: str, principal: Principal, options: Mapping[str, Any]) -> Any:
        if question == "broken":
            raise ConnectionRefusedError
        return [question, principal.tenant_id, principal.application_id, principal.key_id, dict(options)]


class Side:
    """A worker's end with all it was given."""

    def __init__(self, bus: Bus) -> None:
        self.snapshots: list[Snapshot] = []
        self.link = Link(bus, self.snapshots.append)


async def _until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not look():  # noqa: ASYNC110 - what is looked for tells nobody
            await asyncio.sleep(0.005)


@pytest.fixture
def bus() -> Iterator[Bus]:
    made = make_bus()
    yield made
    made.close()


@asynccontextmanager
async def governed(bus: Bus, finder: Finder | None = None) -> AsyncIterator[Hub]:
    # A hub closes its listener; the supervisor keeps another descriptor of it.
    copy = Bus(bus.listener.dup(), bus.address, bus.token)
    hub = Hub(copy, fresh=lambda: True, finder=finder or Finder(), results=Results())
    await hub.start()
    try:
        yield hub
    finally:
        await hub.close()


@asynccontextmanager
async def linked(bus: Bus) -> AsyncIterator[Side]:
    side = Side(bus)
    running = asyncio.create_task(side.link.run())
    try:
        yield side
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_every_worker_has_the_snapshot_in_force_and_each_one_after_it(bus: Bus) -> None:
    async with governed(bus) as hub, linked(bus) as early:
        hub.operator = ("t", "a", "default")
        await _until(lambda: early.link.database)
        assert not early.link.known.is_set()
        hub.push(FIRST)
        await _until(early.link.known.is_set)
        async with linked(bus) as late:
            await _until(late.link.known.is_set)
            hub.push(SECOND)
            await _until(lambda: len(early.snapshots) == len(late.snapshots) == 2)
            assert early.snapshots == late.snapshots == [FIRST, SECOND]
            assert late.link.operator == Principal("t", "a", "default", "open")


async def test_a_worker_keeps_what_it_knows_and_finds_the_next_control_process(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with linked(bus) as side:
        async with governed(bus) as hub:
            hub.push(FIRST)
            await _until(side.link.known.is_set)
        monkeypatch.setattr(links, "STALE_SECONDS", 0.0)
        assert not side.link.fresh
        assert not side.link.database
        with pytest.raises(UpstreamFault, match="cannot be read now"):
            await side.link.find("x", SOMEBODY)
        monkeypatch.undo()
        async with governed(bus) as hub:
            hub.push(SECOND)
            await _until(lambda: side.snapshots == [FIRST, SECOND])
            assert side.link.fresh


async def test_an_exchange_is_found_by_its_owner_and_by_nobody_else(bus: Bus) -> None:
    finder = Finder()
    async with governed(bus, finder), linked(bus) as side:
        await _until(lambda: side.link.database)
        assert await side.link.find(ENTRY.exchange_id, SOMEBODY) == ENTRY
        assert await side.link.find("nothing", SOMEBODY) is None
        assert await side.link.find(ENTRY.exchange_id, Principal("other", "a", "b", "c")) is None
        finder.away = True
        with pytest.raises(UpstreamFault) as caught:
            await side.link.find(ENTRY.exchange_id, SOMEBODY)
        assert (caught.value.status, caught.value.code) == (503, "audit_unavailable")


async def test_a_question_is_given_up_when_the_control_process_ends(bus: Bus) -> None:
    finder = Finder()
    finder.blocked = asyncio.Event()
    async with linked(bus) as side:
        async with governed(bus, finder):
            await _until(lambda: side.link.database)
            asking = asyncio.create_task(side.link.find("x", SOMEBODY))
            await asyncio.sleep(0)
        with pytest.raises(UpstreamFault):
            async with asyncio.timeout(30):
                await asking


@pytest.mark.parametrize(
    "said",
    [
        framed("hello", "a guess"),
        framed("hello", None),
        framed("find", [1, "x", "t", "a"]),
        struct.pack(">I", MOST_UP + 1),
        struct.pack(">I", 3) + b"{{{",
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 4) + b"null",
    ],
    ids=["wrong token", "no token", "no greeting", "too long", "no json", "no message", "nothing"],
)
async def test_a_stranger_is_told_nothing_and_cut_off(bus: Bus, said: bytes) -> None:
    async with governed(bus) as hub, asyncio.timeout(30):
        hub.push(FIRST)
        end = socket.socket(socket.AF_UNIX)
        end.setblocking(False)
        end.connect(bus.address)
        reader, writer = await asyncio.open_unix_connection(sock=end)
        writer.write(said)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            raise await _what_came(reader)
        writer.close()


async def _what_came(reader: asyncio.StreamReader) -> Exception:
    try:
        came = await reader.read()
    except ConnectionError as error:
        return error
    return ValueError(came) if came else asyncio.IncompleteReadError(b"", None)


async def test_messages_may_come_in_any_pieces(bus: Bus) -> None:
    async with governed(bus) as hub, asyncio.timeout(30):
        hub.push(FIRST)
        end = socket.socket(socket.AF_UNIX)
        end.setblocking(False)
        end.connect(bus.address)
        reader, writer = await asyncio.open_unix_connection(sock=end)
        for byte in framed("hello", bus.token):
            writer.write(bytes([byte]))
            await writer.drain()
        kinds = []
        for _ in range(3):
            length = int.from_bytes(await reader.readexactly(4))
            kinds.append(orjson.loads(await reader.readexactly(length))[0])
        assert kinds == ["operator", "beat", "snapshot"]
        writer.close()


def test_the_token_is_in_no_repr(bus: Bus) -> None:
    assert bus.token not in repr(bus)


async def test_the_control_process_answers_questions_about_the_record(bus: Bus) -> None:
    async with governed(bus) as hub, linked(bus) as side:
        hub.push(FIRST)
        await _until(side.link.known.is_set)
        told = await side.link.ask("stats", SOMEBODY, {"days": 7})
        assert told == ["stats", "tenant-1", "application-1", "key-1", {"days": 7}]
        with pytest.raises(UpstreamFault, match="cannot be read now"):
            await side.link.ask("broken", SOMEBODY, {})
