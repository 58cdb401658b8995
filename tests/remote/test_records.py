"""Records on their way to an appliance: none lost that has room, none taken twice, none believed blindly."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from sluicegate.admin_ui.store.record import pack
from sluicegate.detection.testing import SOMEBODY
from sluicegate.detection.types import AuditEntry, Edit, Span, Unjudged
from sluicegate.detection.wire import Unreadable, plain
from sluicegate.middleware.remote.entries import LARGEST, read_entry, spelled
from sluicegate.middleware.remote.record_spool import RecordSpool
from sluicegate.middleware.remote.remote import Remote
from sluicegate.middleware.request_id import new_id
from tests.remote.appliance import Appliance
from tests.remote.entries import STARTED, entry

NOW = STARTED + 60
SECRET = "AKIA" + "5XGQ7R2MZN4CTYLB"


@pytest.fixture
def appliance() -> Appliance:
    """An appliance at the time of the records."""
    made = Appliance()
    made.service.clock.time = NOW
    return made


@pytest.fixture
def remote(appliance: Appliance, tmp_path: Path) -> Iterator[Remote]:
    """A remote of it that sends when told to."""
    made = appliance.remote(tmp_path)
    yield made
    made.close()


def _entries(number: int) -> list[AuditEntry]:
    return [entry(new_id(STARTED)) for _ in range(number)]


def _ids(entries: list[AuditEntry]) -> list[str]:
    return [item.exchange_id for item in entries]


def test_records_arrive_in_order_and_belong_to_the_key(appliance: Appliance, remote: Remote) -> None:
    given = _entries(3)
    for item in given:
        remote.closed(item)
    assert remote.push()
    assert _ids(appliance.entries) == _ids(given)
    assert {item.principal for item in appliance.entries} == {SOMEBODY}
    assert remote.status.waiting == 0
    assert remote.push()
    assert len(appliance.entries) == 3


def test_records_wait_while_the_appliance_is_away(appliance: Appliance, remote: Remote) -> None:
    appliance.away = True
    given = _entries(2)
    for item in given:
        remote.closed(item)
        assert not remote.push()
    appliance.away = False
    assert remote.push()
    assert sorted(_ids(appliance.entries)) == sorted(_ids(given))
    assert remote.status.lost == 0


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_records_wait_while_the_appliance_does_not_take_them(
    appliance: Appliance, remote: Remote, status: int
) -> None:
    appliance.meddler = lambda *_: httpx.Response(status, stream=httpx.ByteStream(b"{}"))
    remote.closed(entry())
    assert not remote.push()
    assert str(status) in remote.status.fault
    appliance.meddler = None
    appliance.entries.clear()
    assert remote.push()
    assert _ids(appliance.entries) == [entry().exchange_id]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"accepted":0,"refused":0}',
        b'{"accepted":2,"refused":0}',
        b'{"accepted":2,"refused":-1}',
        b'{"accepted":true,"refused":0}',
        b'{"accepted":"1","refused":0}',
        b"x" * 2_000_000,
    ],
    ids=lambda body: body[:30].decode(),
)
def test_an_answer_that_does_not_account_for_all_takes_none(
    appliance: Appliance, remote: Remote, body: bytes
) -> None:
    appliance.meddler = lambda *_: httpx.Response(200, stream=httpx.ByteStream(body))
    remote.closed(entry())
    assert not remote.push()
    appliance.meddler = None
    assert remote.push()
    assert remote.status.waiting == 0


def test_a_batch_that_is_too_large_is_sent_in_halves(appliance: Appliance, remote: Remote) -> None:
    appliance.service.limits = replace(appliance.service.limits, request_bytes=3_000)
    given = _entries(7)
    for item in given:
        remote.closed(item)
    assert remote.push()
    assert _ids(appliance.entries) == _ids(given)


def test_what_has_no_room_is_lost_and_counted(appliance: Appliance, tmp_path: Path) -> None:
    appliance.away = True
    size = len(spelled(entry())) + 1
    remote = appliance.remote(tmp_path, spool_bytes=3 * size + size // 2)
    try:
        for item in _entries(5):
            remote.closed(item)
        assert remote.status.lost == 2
        appliance.away = False
        assert remote.push()
        assert len(appliance.entries) == 3
        remote.closed(entry())
        assert remote.push()
        assert len(appliance.entries) == 4
    finally:
        remote.close()


_KILLED = """
import os, signal, sys
from pathlib import Path
from sluicegate.middleware.remote.record_spool import RecordSpool
spool = RecordSpool(Path(sys.argv[1]), 1 << 20, lambda number: None)
for line in sys.stdin.buffer.read().splitlines():
    spool.put(line)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_sent_by_the_next(appliance: Appliance, tmp_path: Path) -> None:
    first = appliance.remote(tmp_path)
    first.close()
    (folder,) = tmp_path.iterdir()
    given = _entries(3)
    ran = subprocess.run(
        [sys.executable, "-c", _KILLED, str(folder)],
        input=b"\n".join(map(spelled, given)),
        capture_output=True,
        check=False,
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    later = appliance.remote(tmp_path)
    try:
        assert later.push()
    finally:
        later.close()
    assert _ids(appliance.entries) == _ids(given)


def test_the_file_of_a_living_writer_is_left_alone(tmp_path: Path) -> None:
    writer = RecordSpool(tmp_path, 1 << 20, lambda _: None)
    writer.put(b'{"a":1}')
    other = RecordSpool(tmp_path, 1 << 20, lambda _: None)
    with other.waiting() as files:
        assert [*files] == []
    writer.close()
    with other.waiting() as files:
        assert [file.lines() for file in files] == [[b'{"a":1}']]
    assert other.waits == len(b'{"a":1}\n')


def test_half_a_line_is_lost_alone(appliance: Appliance, tmp_path: Path) -> None:
    remote = appliance.remote(tmp_path)
    try:
        (folder,) = tmp_path.iterdir()
        whole = spelled(entry())
        (folder / "00000000000000000001-1-00000000.rec").write_bytes(whole + b"\n" + whole[:-40])
        assert remote.push()
        assert len(appliance.entries) == 1
        assert remote.status.lost == 1
    finally:
        remote.close()


def test_a_forked_child_writes_a_file_of_its_own(appliance: Appliance, tmp_path: Path) -> None:
    remote = appliance.remote(tmp_path)
    try:
        remote.closed(entry(new_id(STARTED)))
        child = os.fork()
        if child == 0:
            appliance.away = True  # the child's own
            remote.closed(entry(new_id(STARTED)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert status == 0
        remote.closed(entry(new_id(STARTED)))
        assert remote.push()
        assert len(set(_ids(appliance.entries))) == 3
    finally:
        remote.close()


def test_no_text_leaves_with_a_record() -> None:
    given = entry()
    verdict = replace(
        given.core.prompt,
        edits=(Edit("/messages/0/content", Span(0, 20), SECRET),),
        receipt=replace(given.core.prompt.receipt, unjudged=(Unjudged(f"/{SECRET}!/x", "image"),)),
    )
    line = spelled(replace(given, core=replace(given.core, prompt=verdict)))
    assert SECRET.encode() not in line


def test_a_record_too_large_is_cut_to_its_gist(appliance: Appliance, remote: Remote) -> None:
    given = entry()
    many = replace(given.core.prompt, decided=given.core.prompt.decided * 5_000)
    large = replace(given, core=replace(given.core, prompt=many))
    assert len(spelled(large)) <= LARGEST
    remote.closed(large)
    assert remote.push()
    assert len(appliance.entries[0].core.prompt.decided) == 100


def _changed(path: str, value: Any) -> Any:
    tree = orjson.loads(orjson.dumps(plain(entry())))
    *steps, last = path.split("/")
    place = tree
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    place[last] = value
    return tree


FINDING = "core/prompt/decided/0/finding"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("exchange_id", "not an id"),
        ("exchange_id", "019aa000-0000-7000-8000-0123456789ab\n"),
        ("outcome", "open"),
        ("outcome", "wonderful"),
        ("status", 1000),
        ("status", -1),
        ("started", NOW + 86_400),
        ("started", 0),
        ("guard_seconds", -1),
        ("face", "<script>"),
        ("client", "x" * 700),
        ("core/policy", "<b>"),
        ("core/prompt/receipt/segments", -1),
        ("core/prompt/seconds", "long"),
        (f"{FINDING}/category", "<img src=x>"),
        (f"{FINDING}/rule", ""),
        (f"{FINDING}/digest", SECRET),
        (f"{FINDING}/score", 2),
        (f"{FINDING}/span", {"start": 9, "end": 1}),
        (f"{FINDING}/level", 7),
        ("more", 1),
    ],
)
def test_what_is_no_record_is_refused_and_the_others_are_taken(
    appliance: Appliance, remote: Remote, path: str, value: Any
) -> None:
    tree = _changed(path, value)
    with pytest.raises(Unreadable):
        read_entry(tree, SOMEBODY, NOW)
    body = json.dumps({"records": [tree, orjson.loads(spelled(entry(new_id(STARTED))))]}).encode()
    assert remote.caller.tell("/v1/remote/records", body) == {"accepted": 1, "refused": 1}
    assert len(appliance.entries) == 1


def test_a_record_that_is_taken_fits_the_database(appliance: Appliance, remote: Remote) -> None:
    remote.closed(entry(client="\x00\ud800" * 10))
    remote.closed(entry(new_id(STARTED), path="/\x00" * 200))
    assert remote.push()
    for item in appliance.entries:
        assert pack(item)


def test_records_are_refused_while_nothing_can_be_recorded(appliance: Appliance, remote: Remote) -> None:
    appliance.service.accepting = False
    remote.closed(entry())
    assert not remote.push()
    assert "503" in remote.status.fault
    assert appliance.entries == []
