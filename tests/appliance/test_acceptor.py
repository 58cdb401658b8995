"""Who takes a connection: at once, after a moment, or not at all."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sluicegate.appliance import acceptor as module
from sluicegate.appliance.acceptor import Acceptor
from sluicegate.appliance.board import Board, Slot


class Server(asyncio.Protocol):
    """Counts its connections."""

    made = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        Server.made += 1
        transport.close()


@asynccontextmanager
async def accepting(board: Board) -> AsyncIterator[int]:
    """An acceptor of the first slot, with the others as rivals; gives the port."""
    Server.made = 0
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    port = int(listening.getsockname()[1])
    taking = Acceptor(listening, Server, board.slots[0], board.slots[1:])
    taking.start()
    try:
        yield port
    finally:
        taking.stop()


async def _connect(port: int) -> None:
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()


def _rival(slot: Slot, connections: int) -> None:
    slot.take(1)
    slot.accepting = True
    slot.connections = connections


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How often a connection was left to others for a moment, which is short here."""
    found: list[float] = []
    real = Acceptor._wait

    def wait(self: Acceptor, seconds: float) -> None:
        found.append(seconds)
        real(self, 0.001)

    monkeypatch.setattr(Acceptor, "_wait", wait)
    return found


async def test_a_worker_with_fewest_connections_takes_at_once(waits: list[float]) -> None:
    board = Board(3)
    _rival(board.slots[1], 2)
    _rival(board.slots[2], 3)
    board.slots[0].connections = 2
    async with accepting(board) as port:
        await _connect(port)
    assert (waits, Server.made, board.slots[0].connections) == ([], 1, 3)


async def test_one_with_more_leaves_it_for_a_moment_and_no_longer(waits: list[float]) -> None:
    board = Board(3)
    _rival(board.slots[1], 2)
    _rival(board.slots[2], 1)
    board.slots[0].connections = 2
    async with accepting(board) as port:
        await _connect(port)
        await _connect(port)
    assert waits == [module.MOMENT] * 2
    assert Server.made == 2


@pytest.mark.parametrize("state", ["closed", "silent", "free"])
async def test_nothing_is_left_to_who_does_not_take(
    waits: list[float], state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Board(2)
    if state != "free":
        _rival(board.slots[1], 0)
    if state == "closed":
        board.slots[1].accepting = False
    elif state == "silent":
        monkeypatch.setattr(module, "SILENT", -1.0)
    board.slots[0].connections = 5
    async with accepting(board) as port:
        await _connect(port)
    assert (waits, Server.made) == ([], 1)


async def test_what_was_left_and_taken_by_another_is_no_loss(waits: list[float]) -> None:
    board = Board(2)
    _rival(board.slots[1], 0)
    board.slots[0].connections = 1
    async with accepting(board) as port:
        with socket.create_connection(("127.0.0.1", port)):
            await asyncio.sleep(0)
        await _connect(port)
    assert waits


async def test_after_a_stop_nothing_is_taken() -> None:
    board = Board(1)
    async with accepting(board) as port:
        pass
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    assert Server.made == 0
