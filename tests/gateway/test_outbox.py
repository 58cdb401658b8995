"""Writes of one round of the loop leave together, in order, and to nobody who is gone."""

import asyncio

from sluicegate.gateway.outbox import LARGE, Outbox


class Sink:
    def __init__(self, log: list[bytes], *, closing: bool = False) -> None:
        self.log = log
        self.closing = closing

    def write(self, data: bytes) -> None:
        assert not self.closing
        self.log.append(data)

    def is_closing(self) -> bool:
        return self.closing


async def test_small_writes_wait_for_the_end_of_the_round_and_keep_their_order() -> None:
    log: list[bytes] = []
    outbox, one, two = Outbox(asyncio.get_running_loop()), Sink(log), Sink(log)
    for sink, data in ((one, b"1"), (two, b"2"), (one, b"3")):
        outbox.write(sink, data)
    assert log == []
    await asyncio.sleep(0)
    assert log == [b"1", b"2", b"3"]
    outbox.write(two, b"4")
    await asyncio.sleep(0)
    assert log[3:] == [b"4"]


async def test_a_large_write_leaves_at_once_behind_what_waited() -> None:
    log: list[bytes] = []
    outbox, sink = Outbox(asyncio.get_running_loop()), Sink(log)
    outbox.write(sink, b"small")
    outbox.write(sink, b"x" * LARGE)
    outbox.write(sink, b"after")
    assert log == [b"small", b"x" * LARGE]
    outbox.flush()
    assert log[2:] == [b"after"]
    await asyncio.sleep(0)
    assert len(log) == 3


async def test_nothing_is_written_to_who_is_gone() -> None:
    log: list[bytes] = []
    outbox, gone, here = Outbox(asyncio.get_running_loop()), Sink(log, closing=True), Sink(log)
    outbox.write(gone, b"1")
    outbox.write(here, b"2")
    outbox.flush()
    assert log == [b"2"]


async def test_what_waits_can_be_taken_back() -> None:
    log: list[bytes] = []
    outbox, one, two = Outbox(asyncio.get_running_loop()), Sink(log), Sink(log)
    outbox.write(one, b"1")
    outbox.write(two, b"2")
    assert outbox.withdraw(one)
    assert not outbox.withdraw(one)
    outbox.flush()
    assert log == [b"2"]
