"""What a worker's memory grows by: a thousand idle streams, and files of a hundred megabytes.

Run with ``-s`` it tells the figures. `UPLOAD_MB` sets the size of the files.
"""

import asyncio
import http.client
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sluicegate.appliance.bench import own_subject
from sluicegate.appliance.bench.accounting import (
    name_of,
    processor_seconds,
    proportional_bytes,
    resident_bytes,
)
from sluicegate.appliance.bench.own_subject import GUARDED, UNGUARDED, Ourselves
from sluicegate.appliance.bench.subject import Place, Running
from tests.long.quiet_upstream import WORDS, QuietUpstream, quiet_upstream

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]

STREAMS = 1000
MOST_A_STREAM = 10 * 1024
MOST_ABOVE_IDLE = 60 * 1024 * 1024
MEGABYTES = int(os.environ.get("UPLOAD_MB", "100"))
_BODY = json.dumps(
    {"model": "m", "stream": True, "messages": [{"role": "user", "content": "What?"}]}
).encode()
_MARK = "mark7f3a"


def tell(text: str) -> None:
    sys.stdout.write(f"\n{text}\n")


@contextmanager
def serving(what: Ourselves, folder: Path, upstream: QuietUpstream) -> Iterator[tuple[Running, int]]:
    """A running appliance and the id of its worker."""
    folder.mkdir()
    running = what.start(Place(folder, upstream.port))
    try:
        yield running, next(pid for pid in running.pids() if "worker" in name_of(pid))
    finally:
        running.stop()


async def one_stream(running: Running) -> asyncio.StreamWriter:
    """Open a stream and read what comes at once; the last word may be held."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    fields = "".join(f"{name}: {value}\r\n" for name, value in running.headers.items())
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n{fields}content-type: application/json\r\n"
    writer.write(f"{head}content-length: {len(_BODY)}\r\n\r\n".encode() + _BODY)
    await reader.readuntil(f'"{WORDS[-2]}"'.encode())
    return writer


async def closed(writers: list[asyncio.StreamWriter]) -> None:
    """Leave streams."""
    for writer in writers:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


async def memory_of_streams(running: Running, worker: int) -> float:
    """Bytes of the worker for each idle stream."""
    for _ in range(20):  # what is made once, whatever comes
        await closed([await one_stream(running)])
    before = proportional_bytes(worker)
    writers = [await one_stream(running) for _ in range(STREAMS)]
    after = proportional_bytes(worker)
    await closed(writers)
    return (after - before) / STREAMS


def test_an_idle_stream_costs_little_more_than_an_unguarded_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_subject, "_UPSTREAM", f"{own_subject._UPSTREAM}connections = {2 * STREAMS}\n")
    costs = {}
    with quiet_upstream() as upstream:
        for what in (UNGUARDED, GUARDED):
            with serving(what, tmp_path / what.name, upstream) as (running, worker):
                costs[what.name] = asyncio.run(memory_of_streams(running, worker))
    tell(", ".join(f"{name}: {cost / 1024:.1f} KB an idle stream" for name, cost in costs.items()))
    assert costs["guarded"] - costs["unguarded"] <= MOST_A_STREAM


def _mails(number: int) -> str:
    return ", ".join(f"user{number}.{which}@kontor{number % 97}.example" for which in range(3))


def _clean(_: int) -> str:
    return "Write to nobody about the sluice, please, and let them know when the water falls."


def _text(number: int) -> str:
    return f"Write to {_mails(number)} about the sluice."


def _request(number: int) -> str:
    messages = [{"role": "user", "content": _text(number)}]
    body = {"model": "m", "messages": messages}
    return json.dumps(
        {"custom_id": f"r{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}
    )


def form(line: Callable[[int], str], size: int) -> Iterator[bytes]:
    """A form with a file of such lines."""
    disposition = 'Content-Disposition: form-data; name="file"; filename="a.jsonl"'
    yield f"--{_MARK}\r\n{disposition}\r\nContent-Type: application/jsonl\r\n\r\n".encode()
    number = sent = 0
    while sent < size:
        block = "".join(f"{line(each)}\n" for each in range(number, number + 200)).encode()
        number += 200
        sent += len(block)
        yield block
    yield f"\r\n--{_MARK}--\r\n".encode()


def sent(running: Running, body: Iterator[bytes], worker: int) -> tuple[int, int]:
    """Upload a form; return the status and the most memory that the worker had meanwhile."""
    most = 0

    def watched() -> Iterator[bytes]:
        nonlocal most
        for at, piece in enumerate(body):
            most = max(most, resident_bytes(worker)) if at % 20 == 0 else most
            yield piece

    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=7200)
    headers = {**running.headers, "content-type": f"multipart/form-data; boundary={_MARK}"}
    connection.request("POST", "/v1/files", watched(), headers, encode_chunked=True)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, max(most, resident_bytes(worker))


@pytest.mark.parametrize(
    ("name", "line", "share"),
    [
        pytest.param("clean lines", _clean, 1.0, id="clean"),
        pytest.param("three addresses on every line", _text, 0.2, id="text"),
        pytest.param("three addresses in every request of a batch", _request, 0.2, id="batch"),
    ],
)
def test_a_large_file_passes_in_bounded_memory(
    name: str, line: Callable[[int], str], share: float, tmp_path: Path
) -> None:
    size = int(MEGABYTES * share * 1e6)
    settings = {"max_upload_bytes": "512 MiB"}
    what = Ourselves(settings=settings)
    with quiet_upstream() as upstream, serving(what, tmp_path / "file", upstream) as (running, worker):
        assert sent(running, form(line, 100_000), worker)[0] == 200
        idle, cpu, began = resident_bytes(worker), processor_seconds([worker]), time.monotonic()
        status, most = sent(running, form(line, size), worker)
        cpu, took = processor_seconds([worker]) - cpu, time.monotonic() - began
    above = (most - idle) / 2**20
    tell(f"{size / 1e6:.0f} MB, {name}: {above:.1f} MB above idle, {cpu:.1f} s of processor, {took:.1f} s")
    assert status == 200
    assert upstream.received > size // 2
    assert most - idle <= MOST_ABOVE_IDLE
