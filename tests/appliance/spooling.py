"""Entries to spool, and a worker that can be killed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sluicegate.admin_ui.store.record import Record, record_of
from sluicegate.appliance.spool_folder import writers
from sluicegate.appliance.spool_source import Source
from sluicegate.detection.testing import SOMEBODY
from sluicegate.detection.types import Action, AuditCore, AuditEntry, Principal, Verdict

CORE = AuditCore("openai_chat", "m", "p", Verdict(Action.PASS), None)
ENTRY = AuditEntry(
    "x1", SOMEBODY, "gateway", "POST", "/v1/chat/completions", "demo", 200, "complete", False,
    1.0, 0.001, 0.1, "127.0.0.1", CORE,
)  # fmt: skip


def entry(number: int, outcome: str = "complete", principal: Principal = SOMEBODY) -> AuditEntry:
    """The entry of the exchange of a number."""
    return replace(ENTRY, exchange_id=f"x{number}", outcome=outcome, principal=principal)


def record(number: int, outcome: str = "complete") -> Record:
    """The same as the database sees it."""
    return record_of(entry(number, outcome))


def source_of(folder: Path, lost: list[int] | None = None) -> Source:
    """A reader of the only writer there is."""
    ((writer, numbers),) = writers(folder).items()
    source = Source(folder, writer, 0.0, ([] if lost is None else lost).append)
    source.know(numbers)
    source.probe()
    return source


def everything(folder: Path, lost: list[int] | None = None) -> tuple[list[str], list[str]]:
    """The ids of what ended and of what did not, by the only writer there is."""
    source = source_of(folder, lost)
    ended: list[Record] = []
    while taken := source.take(50, 0.0):
        ended += taken
    source.close()
    return [item.exchange_id for item in ended], list(source.opens)


_WORKER = """
import sys, time
from pathlib import Path
from sluicegate.appliance.spool import Spool, SpoolRoom
from tests.appliance.spooling import entry
spool = Spool(Path(sys.argv[1]), room=SpoolRoom(most_bytes=16 * 65536, segment_bytes=65536))
for number in range(int(sys.argv[2])):
    spool.opened(entry(number, "open"))
    if number % 10:
        spool.closed(entry(number))
print("ready", flush=True)
number = int(sys.argv[2])
while sys.argv[3] == "on":
    while not spool.accepting:
        time.sleep(0.001)
    spool.opened(entry(number, "open"))
    spool.closed(entry(number))
    number += 1
sys.stdin.read()
"""


@contextmanager
def worker(folder: Path, count: int, *, goes_on: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """A process that began `count` exchanges, ended all but every tenth, and holds on or goes on."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WORKER, str(folder), str(count), "on" if goes_on else "off"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            yield process
        finally:
            process.kill()
