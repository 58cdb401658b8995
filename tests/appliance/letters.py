"""A tiny model behind the server of the small transformer; as a program it serves a listener it is given."""

import asyncio
import socket
import sys
import threading
from collections.abc import Sequence

from sluicegate.appliance.bus import Bus
from sluicegate.appliance.model_server import ModelServer
from sluicegate.detection.tiers import ATTACK

LONG_TIME = 60.0
PART = 10


class Letters:
    """A tiny model: a text's score is the share of its letters that are ``x``, the worst part's."""

    version = "letters-1"

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.read_parts: list[str] = []

    def parts(self, text: str) -> Sequence[str]:
        return [text[start : start + PART] for start in range(0, len(text), PART)]

    def read(self, part: str) -> float:
        assert self.gate.wait(LONG_TIME)
        self.read_parts.append(part)
        if "!" in part:
            raise ValueError("a text of somebody's")
        return part.count("x") / len(part)

    def said(self, readings: Sequence[float]) -> list[tuple[str, float]]:
        return [(ATTACK, max(readings))]


async def serve(bus: Bus) -> None:
    """Serve until killed."""
    await ModelServer(bus, Letters()).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Bus(socket.socket(fileno=int(sys.argv[1])), "", sys.argv[2])))
