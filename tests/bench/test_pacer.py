"""Frames are written in order, on the beat, and to nobody who is gone."""

import socket
import threading

from sluicegate.appliance.bench.pacer import PacedStream, Pacer


class _Gone:
    """A connection whose client has gone."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def send(self, data: bytes, /) -> int:
        raise BrokenPipeError

    def close(self) -> None:
        self.closed.set()


def _read_all(connection: socket.socket) -> bytes:
    connection.settimeout(30)
    parts = []
    while part := connection.recv(4096):
        parts.append(part)
    return b"".join(parts)


def test_streams_get_all_their_frames_in_order_and_are_closed() -> None:
    pacer = Pacer(0.001)
    pacer.start()
    ends: list[socket.socket] = []
    wrote: list[list[int]] = [[], [], []]
    for phase in range(3):
        ours, theirs = socket.socketpair()
        ends.append(theirs)
        frames = [b"%d.%d " % (phase, number) for number in range(5)]
        pacer.add(PacedStream(ours, frames, wrote[phase].append), phase)
    for phase, end in enumerate(ends):
        with end:
            assert _read_all(end) == b"".join(b"%d.%d " % (phase, number) for number in range(5))
    assert wrote == [[0, 1, 2, 3, 4]] * 3


def test_a_client_that_is_gone_gets_no_more_and_holds_nobody_up() -> None:
    pacer = Pacer(0.001)
    pacer.start()
    gone, wrote = _Gone(), list[int]()
    pacer.add(PacedStream(gone, [b"a", b"b", b"c"], wrote.append), 0)
    assert gone.closed.wait(30)
    assert wrote == [0]
    ours, theirs = socket.socketpair()
    with theirs:
        pacer.add(PacedStream(ours, [b"x"], lambda _: None), 1)
        assert _read_all(theirs) == b"x"
