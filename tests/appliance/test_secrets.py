"""The master secret: made once, owner only, and never the same key for two purposes."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sluicegate.appliance.errors import ApplianceError
from sluicegate.appliance.secrets import FILE, derive, load_secrets, prepare, write_private


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_made_on_first_use_and_the_same_ever_after(tmp_path: Path) -> None:
    first = load_secrets(tmp_path)
    assert load_secrets(tmp_path) == first
    assert _mode(tmp_path / FILE) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_each_directory_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert load_secrets(tmp_path / "a") != load_secrets(tmp_path / "b")


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(load_secrets, [tmp_path] * 16))
    assert len({secrets.pepper for secrets in found}) == 1
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_derived_keys_differ_from_each_other_and_from_the_master() -> None:
    master = bytes(range(32))
    secrets = derive(master)
    keys = {secrets.pepper, secrets.session_key, secrets.placeholder_key, master}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}


def test_derivation_is_fixed() -> None:
    """A change here would make every stored key of every installation useless."""
    assert derive(bytes(32)).pepper.hex()[:16] == "378e3e5ddbd55cd4"


def test_repr_shows_none() -> None:
    assert repr(derive(bytes(32))) == "Secrets()"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610])
def test_refused_when_others_may_read_it(tmp_path: Path, mode: int) -> None:
    load_secrets(tmp_path)
    (tmp_path / FILE).chmod(mode)
    with pytest.raises(ApplianceError, match="chmod 600"):
        load_secrets(tmp_path)


def test_refused_when_somebody_else_may_have_put_it_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_secrets(tmp_path)
    owner = (tmp_path / FILE).stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    if owner == 0:
        os.chown(tmp_path / FILE, 4711, -1)
    with pytest.raises(ApplianceError, match="belongs to somebody else"):
        load_secrets(tmp_path)


def test_a_new_directory_is_its_owners_only_and_one_that_is_there_is_left_as_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    prepare(tmp_path / "a" / "b")
    assert _mode(tmp_path / "a" / "b") == 0o700
    assert not caplog.records
    (tmp_path / "c").mkdir()
    (tmp_path / "c").chmod(0o775)
    prepare(tmp_path / "c")
    assert _mode(tmp_path / "c") == 0o775
    assert [record.message for record in caplog.records] == ["data_dir_open_to_others"]


@pytest.mark.parametrize("content", ["", "zz" * 32, "ab" * 31, "ab" * 33, "é"])
def test_refused_when_damaged(tmp_path: Path, content: str) -> None:
    write_private(tmp_path / FILE, content)
    with pytest.raises(ApplianceError, match="damaged"):
        load_secrets(tmp_path)


def test_refused_when_it_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(ApplianceError, match="cannot be used"):
        load_secrets(tmp_path / "missing")


def test_a_private_file_is_replaced_whole_and_stays_private(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), _mode(path)) == ("new", 0o600)
    assert [item.name for item in tmp_path.iterdir()] == ["f"]
