"""What may happen once: across processes, restarts and hours."""

import os
from pathlib import Path

from sluicegate.appliance.once import KEPT_SECONDS, OnceFolder


def test_only_the_first_is_the_first_whoever_asks(tmp_path: Path) -> None:
    folder = tmp_path / "used"
    one, other = OnceFolder(folder), OnceFolder(folder)
    assert [one.first("a"), other.first("a"), one.first("a"), other.first("b")] == [True, False, False, True]
    assert folder.stat().st_mode & 0o077 == 0
    assert not any(file.name == "a" for file in folder.iterdir())


def test_what_nobody_can_use_any_more_is_forgotten(tmp_path: Path) -> None:
    OnceFolder(tmp_path).first("old")
    (file,) = tmp_path.iterdir()
    old = file.stat().st_mtime - KEPT_SECONDS - 1
    os.utime(file, (old, old))
    OnceFolder(tmp_path).first("new")
    assert file not in set(tmp_path.iterdir())
