"""The load generator: a process that measures one cell after another.

It reads orders from stdin and answers on stdout, a line each. Before the window it sends as much
as warms the subject up, and lets it settle; what the subject still does after the window, because
of the window (an entry written late), is part of its cost. An answer that is wrong voids the cell.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from .accounting import name_of, own_seconds, processor_seconds, seconds_by_process
from .figures import percentiles
from .orders import Measured, Order, read_order
from .stamps import Stamps
from .stream_load import Course, StreamClient
from .whole_load import Client, Tally
from .workload import NUMBER

_SETTLED = 0.02
"""A subject is settled when it takes less than this part of a core."""
_LOOK_SECONDS = 0.1
_SETTLE_SECONDS = 6.0
_ANSWER_SECONDS = 30.0


class Cost:
    """What processes spend from now on."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._before = seconds_by_process(pids)

    def shares(self) -> dict[str, float]:
        """Return the processor seconds since, by name of the process."""
        shares: dict[str, float] = {}
        for pid, seconds in seconds_by_process(self._before).items():
            name = name_of(pid)
            shares[name] = shares.get(name, 0.0) + seconds - self._before[pid]
        return shares


async def measure(order: Order) -> Measured:
    """Measure one cell."""
    tally = Tally(order.expect)
    try:
        return await (_streams(order, tally) if order.chunks else _whole(order, tally))
    except (OSError, TimeoutError) as error:
        return Measured(error=tally.error or f"{type(error).__name__}: {error}")


async def _whole(order: Order, tally: Tally) -> Measured:
    if order.warm:
        await _loop(order, tally, order.warm)
        await _settle(order.pids)
    tally.counting = True
    gc.collect()
    cost, own = Cost(order.pids), own_seconds()
    seconds = await _loop(order, tally, order.seconds)
    own = own_seconds() - own
    await _settle(order.pids)
    shares = cost.shares()
    if tally.error:
        return Measured(error=tally.error)
    return Measured(
        requests=len(tally.latencies),
        seconds=seconds,
        latency=percentiles(tally.latencies),
        cpu=sum(shares.values()),
        shares=shares,
        load_cpu=own,
    )


async def _loop(order: Order, tally: Tally, seconds: float) -> float:
    """Keep `concurrency` exchanges going; return how long it took from first to last."""
    loop = asyncio.get_running_loop()
    request = _request(order, order.body)
    tally.stopping = False
    began = time.monotonic()
    clients = [
        (await loop.create_connection(lambda: Client(request, tally), "127.0.0.1", order.port))[1]
        for _ in range(order.concurrency)
    ]
    try:
        async with asyncio.timeout(seconds):
            await tally.failed.wait()
    except TimeoutError:
        tally.stopping = True
        async with asyncio.timeout(_ANSWER_SECONDS):
            await asyncio.gather(*(client.idle.wait() for client in clients))
    took = time.monotonic() - began
    tally.stopping = True
    for client in clients:
        client.close()
    return took


async def _streams(order: Order, tally: Tally) -> Measured:
    loop = asyncio.get_running_loop()
    course = Course(Stamps(Path(order.stamps)), order.chunks, tally)
    clients = []
    for slot in range(order.concurrency):
        number = f"{time.monotonic_ns() % 10**7:07}"
        request = _request(order, order.body.replace("%SLOT%", str(slot)).replace(NUMBER, number))
        client = StreamClient(slot, request, course)
        await loop.create_connection(lambda client=client: client, "127.0.0.1", order.port)  # type: ignore[misc] # mypy cannot infer a lambda's default
        clients.append(client)
    await _settle(order.pids)
    course.stamps.clear(order.concurrency, order.chunks)
    tally.counting = True
    gc.collect()
    cost, own, began = Cost(order.pids), own_seconds(), time.monotonic()
    for client in clients:
        client.ask()
    async with asyncio.timeout(_ANSWER_SECONDS + order.pace * order.chunks):
        await asyncio.gather(*(client.done.wait() for client in clients))
    seconds, own = time.monotonic() - began, own_seconds() - own
    for client in clients:
        client.close()
    await _settle(order.pids)
    shares = cost.shares()
    if tally.error:
        return Measured(error=tally.error)
    return Measured(
        requests=len(clients),
        seconds=seconds,
        latency=percentiles(tally.latencies),
        text=percentiles(course.texts),
        sent=len(clients) * order.chunks,
        frames=len(tally.latencies),
        cpu=sum(shares.values()),
        shares=shares,
        load_cpu=own,
    )


async def _settle(pids: Sequence[int]) -> None:
    """Wait until the subject has done what it was left with."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    before = processor_seconds(pids)
    while pids and time.monotonic() < deadline:
        await asyncio.sleep(_LOOK_SECONDS)
        now = processor_seconds(pids)
        if now - before < _SETTLED * _LOOK_SECONDS:
            return
        before = now


def _request(order: Order, body: str) -> bytes:
    sent = body.encode()
    fields = {"host": f"127.0.0.1:{order.port}", "content-type": "application/json", **order.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {order.path} HTTP/1.1\r\n{head}content-length: {len(sent)}\r\n\r\n".encode() + sent


def main() -> None:
    """Measure until stdin ends."""
    gc.disable()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(uvloop.run(measure(read_order(line))).dump())
        sys.stdout.buffer.flush()
        gc.collect()


if __name__ == "__main__":
    main()
