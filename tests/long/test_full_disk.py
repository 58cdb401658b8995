"""The spool on a file system that is really full, or may not be written."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluicegate.appliance.errors import ApplianceError
from sluicegate.appliance.spool import Spool, SpoolRoom
from tests.appliance.spooling import entry, everything

pytestmark = pytest.mark.long


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def settled(spool: Spool) -> bool:
    """Whether it accepts once what it has ordered has come or failed."""
    spool._settle(wait=True)
    return spool.accepting


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte, where that may be made."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    time, lost = Time(), list[int]()
    spool = Spool(small_disk, room=SpoolRoom(segment_bytes=65536), lost=lost.append, clock=time)
    number = 0
    while settled(spool):
        spool.closed(entry(number := number + 1))
    assert number > 100
    min(small_disk.glob("*.seg")).unlink()
    time.now = 1.0
    assert not spool.accepting
    assert settled(spool)
    spool.closed(entry(0))
    spool.close()
    assert everything(small_disk)[0][-1] == "x0"
    assert lost == []


def test_a_disk_that_may_not_be_written_is_said_at_once(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(ApplianceError, match="cannot be kept there: Read-only file system"):
        Spool(small_disk / "spool")
