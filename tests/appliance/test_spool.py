"""The spool: what a worker recorded is there whatever becomes of it, and what cannot be is said."""

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.admin_ui.store.record import FEW
from sluicegate.appliance.errors import ApplianceError
from sluicegate.appliance.spool import Spool, SpoolRoom
from sluicegate.appliance.spool_folder import is_dead, segment_path, writers
from sluicegate.appliance.spool_frame import HEADER
from sluicegate.appliance.spool_segment import Segment
from sluicegate.detection.ports import AuditSink
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.testing import FakeInspector
from sluicegate.detection.types import Action, Decided, Direction, Edit, Span, Verdict
from tests.appliance.spooling import CORE, ENTRY, entry, everything, source_of, worker

SMALL = SpoolRoom(most_bytes=10 * 65536, segment_bytes=65536)


class Disk:
    """An allocator that can be full, or whatever else `fault` says."""

    fault = errno.ENOSPC

    def __init__(self) -> None:
        self.full = False
        self.asked = 0

    def __call__(self, path: Path, size: int) -> Segment:
        self.asked += 1
        if self.full:
            raise OSError(self.fault, os.strerror(self.fault))
        return Segment.allocate(path, size)


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def settled(spool: Spool) -> bool:
    """Whether it accepts once what it has ordered has come or failed."""
    spool._settle(wait=True)
    return spool.accepting


def _used(spool: Spool) -> int:
    assert isinstance(spool._segment, Segment)
    return spool._segment._used


def test_what_was_recorded_is_read_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", room=SMALL)
    sink: AuditSink = spool
    for number in range(600):
        sink.opened(entry(number, "open"))
        if number % 3:
            sink.closed(entry(number))
    spool.close()
    ended, left = everything(tmp_path / "spool")
    assert ended == [f"x{number}" for number in range(600) if number % 3]
    assert left == [f"x{number}" for number in range(0, 600, 3)]
    assert len(writers(tmp_path / "spool").popitem()[1]) > 2


def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    with worker(tmp_path, 500) as process:
        process.kill()
        process.wait()
        ended, left = everything(tmp_path)
    assert ended == [f"x{number}" for number in range(500) if number % 10]
    assert left == [f"x{number}" for number in range(0, 500, 10)]


def test_a_worker_killed_while_it_writes_leaves_whole_records(tmp_path: Path) -> None:
    lost: list[int] = []
    with worker(tmp_path, 50, goes_on=True) as process:
        while len(writers(tmp_path).popitem()[1]) < 4:
            assert process.poll() is None
        process.kill()
        process.wait()
        ended, left = everything(tmp_path, lost)
    numbers = [int(name[1:]) for name in ended]
    assert numbers == [*(number for number in range(50) if number % 10), *range(50, numbers[-1] + 1)]
    assert (len(left) - 5, lost) in [(0, []), (1, [])]


def test_a_living_writer_is_not_taken_for_dead(tmp_path: Path) -> None:
    spool = Spool(tmp_path, room=SMALL)
    assert not is_dead(tmp_path, spool.name)
    spool.close()
    assert is_dead(tmp_path, spool.name)


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", room=SMALL)
    spool.close()
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "spool").iterdir()} == {0o600}


def test_a_full_disk_refuses_while_what_was_let_in_can_still_be_recorded(tmp_path: Path) -> None:
    disk, time, lost = Disk(), Time(), list[int]()
    room = SpoolRoom(segment_bytes=65536, allocate=disk)
    spool = Spool(tmp_path, room=room, lost=lost.append, clock=time)
    assert settled(spool)
    disk.full = True
    number = 0
    while settled(spool):
        spool.closed(entry(number := number + 1))
    inside = number
    while _used(spool) < 65536 - 2000:
        spool.closed(entry(number := number + 1))
    assert number - inside > 100
    assert lost == []
    for _ in range(20):
        spool.closed(entry(number := number + 1))
    assert sum(lost) == len(lost) > 0
    disk.full, time.now = False, 1.0
    assert not spool.accepting
    assert settled(spool)
    spool.closed(entry(0))
    spool.close()
    ended, _ = everything(tmp_path)
    assert len(ended) == number - len(lost) + 1


@pytest.mark.parametrize("fault", [errno.EROFS, errno.EACCES, errno.EIO])
def test_a_first_segment_that_cannot_be_made_is_said_at_once(tmp_path: Path, fault: int) -> None:
    disk = Disk()
    disk.full, disk.fault = True, fault
    with pytest.raises(ApplianceError, match=os.strerror(fault)):
        Spool(tmp_path, room=SpoolRoom(allocate=disk))


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT])
def test_a_worker_may_begin_on_a_full_disk_and_wait(tmp_path: Path, fault: int) -> None:
    disk, time, lost = Disk(), Time(), list[int]()
    disk.full, disk.fault = True, fault
    spool = Spool(tmp_path, room=SpoolRoom(allocate=disk), lost=lost.append, clock=time)
    assert not settled(spool)
    spool.closed(entry(1))
    assert lost == [1]
    disk.full, time.now = False, 1.0
    assert not spool.accepting
    assert settled(spool)
    spool.closed(entry(2))
    assert settled(spool)
    spool.close()
    assert everything(tmp_path)[0] == ["x2"]


def test_a_full_disk_is_not_asked_for_room_at_every_request(tmp_path: Path) -> None:
    disk, time = Disk(), Time()
    spool = Spool(tmp_path, room=SpoolRoom(segment_bytes=65536, allocate=disk), clock=time)
    settled(spool)
    disk.full = True
    number = 0
    while settled(spool):
        spool.closed(entry(number := number + 1))
    asked = disk.asked
    assert [settled(spool) for _ in range(50)] == [False] * 50
    assert disk.asked == asked
    spool.close()


def test_with_count_a_full_disk_goes_on_and_counts(tmp_path: Path) -> None:
    disk, lost = Disk(), list[int]()
    room = SpoolRoom(segment_bytes=65536, allocate=disk)
    spool = Spool(tmp_path, room=room, overflow="count", lost=lost.append)
    settled(spool)
    disk.full = True
    for number in range(2000):
        spool.closed(entry(number))
        assert spool.accepting
    spool.close()
    ended, _ = everything(tmp_path)
    assert len(ended) + len(lost) == 2000
    assert lost


def test_a_spool_that_nobody_drains_ends_at_its_bound(tmp_path: Path) -> None:
    spool, time = None, Time()
    spool = Spool(tmp_path, room=SMALL, clock=time)
    number = 0
    while settled(spool):
        spool.closed(entry(number := number + 1))
    assert len(list(tmp_path.glob("*.seg"))) == SMALL.segments
    source = source_of(tmp_path)
    while source.take(100, 0.0):
        pass
    source.settle(durable=False)
    time.now = 1.0
    assert not spool.accepting
    assert settled(spool)
    spool.close()
    source.close()


def test_a_place_that_is_no_folder_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("")
    with pytest.raises(ApplianceError, match="cannot be kept there"):
        Spool(tmp_path / "spool")


def _mapped(path: Path) -> int:
    """Bytes of a file that are in this process's memory."""
    parts = Path("/proc/self/smaps").read_text().split(f"{path}\n")[1:]
    return 1024 * sum(int(part.partition("Rss:")[2].split()[0]) for part in parts)


def test_a_writer_keeps_little_of_what_it_wrote_in_memory(tmp_path: Path) -> None:
    size = 1 << 20
    spool = Spool(tmp_path, room=SpoolRoom(most_bytes=3 * size, segment_bytes=size))
    settled(spool)
    path, number = _path(spool), 0
    while _used(spool) < size // 2:
        spool.closed(entry(number))
        number += 1
    assert _mapped(path) < size // 4
    while _path(spool) == path:
        spool.closed(entry(number))
        number += 1
    assert _mapped(_path(spool)) < size // 4
    spool.close()
    ended, _ = everything(tmp_path)
    assert ended == [f"x{each}" for each in range(number)]


def _path(spool: Spool) -> Path:
    assert isinstance(spool._segment, Segment)
    return spool._segment.path


def _large(findings: int) -> Verdict:
    made = FakeInspector().open("openai_chat", BALANCED, ENTRY.principal)
    finding = made.verdict(Action.BLOCK, Direction.PROMPT).decided[0].finding
    edit = Edit("/messages/0/content", Span(0, 1), "a secret")
    return Verdict(Action.MASK, (Decided(finding, Action.MASK),) * findings, (edit,) * findings)


@pytest.mark.parametrize(("findings", "kept"), [(1, 1), (FEW + 1, FEW + 1), (3000, FEW)])
def test_a_record_too_large_is_cut_to_its_gist(tmp_path: Path, findings: int, kept: int) -> None:
    spool = Spool(tmp_path)
    spool.closed(replace(ENTRY, core=replace(CORE, prompt=_large(findings))))
    spool.close()
    (found,) = source_of(tmp_path).take(10, 0.0)
    assert isinstance(found.prompt, dict)
    assert len(found.prompt["findings"]) == kept
    assert found.prompt.get("omitted", 0) == 2 * (findings - kept)
    assert found.action is Action.MASK


def _spooled(folder: Path, count: int) -> Path:
    spool = Spool(folder, room=SMALL)
    for number in range(count):
        spool.closed(entry(number))
    assert isinstance(spool._segment, Segment)
    path = spool._segment.path
    spool.close()
    return path


def _flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x10
    path.write_bytes(data)


@pytest.mark.parametrize("place", [0, 3, 4, 8, 20])
def test_damage_costs_one_record_and_is_told(tmp_path: Path, place: int) -> None:
    """In the length (its lowest and highest byte), the checksum, the tag, the payload."""
    path, lost = _spooled(tmp_path, 9), list[int]()
    size = len(path.read_bytes().split(b"\xffSG\x01")[2]) + 4
    _flip(path, HEADER + 3 * size + place)
    ended, _ = everything(tmp_path, lost)
    assert ended == [f"x{number}" for number in range(9) if number != 3]
    assert lost == [1]


def test_a_segment_cut_short_gives_what_is_left(tmp_path: Path) -> None:
    path, lost = _spooled(tmp_path, 9), list[int]()
    size = len(path.read_bytes().split(b"\xffSG\x01")[2]) + 4
    os.truncate(path, HEADER + 4 * size + 30)
    ended, _ = everything(tmp_path, lost)
    assert ended == ["x0", "x1", "x2", "x3"]
    assert lost == [1]


@pytest.mark.parametrize("spoil", [lambda path: os.truncate(path, 0), lambda path: os.truncate(path, 40)])
def test_an_empty_segment_stops_nothing(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = _spooled(tmp_path, 900)
    writer = path.name.partition(".")[0]
    spoil(segment_path(tmp_path, writer, 2))
    ended, _ = everything(tmp_path)
    assert 300 < len(ended) < 900
    assert ended[-1] == "x899"


def test_a_draft_is_no_segment(tmp_path: Path) -> None:
    _spooled(tmp_path, 3)
    (tmp_path / f"{writers(tmp_path).popitem()[0]}.00000009.new").write_bytes(b"half")
    assert everything(tmp_path)[0] == ["x0", "x1", "x2"]
