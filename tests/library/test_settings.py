"""What can be configured, and where compiled rules are kept."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sluicegate import configure, scan
from sluicegate.detection.core import build_inspector
from sluicegate.detection.database_cache import Expression
from sluicegate.detection.errors import BadPolicy
from sluicegate.detection.presets import STRICT
from sluicegate.detection.types import Action
from sluicegate.library.cache_folder import open_cache
from sluicegate.library.local import Library
from sluicegate.library.settings import Settings
from tests.detection.support import MASTER, RULES
from tests.library.material import ATTACK, MAIL, with_core

MAILS = next(rule for rule in RULES if rule.id == "email")
WORD = [Expression(b"word", 0)]


def test_a_policy_is_configured(tmp_path: Path) -> None:
    configure(policy="monitor")
    assert not scan(ATTACK).blocked
    configure(policy=STRICT)
    assert scan(ATTACK).blocked
    file = tmp_path / "own.toml"
    file.write_text('extends = "balanced"\n[[clause]]\naction = "block"\ncategory = ["pii"]\n')
    configure(policy=file)
    assert scan(MAIL).blocked


@pytest.mark.parametrize("content", [b"not toml", b"\xff", None])
def test_a_bad_policy_changes_nothing(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "own.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadPolicy, match="own"):
        configure(policy=file)
    assert scan(ATTACK).blocked


def test_what_is_not_given_stays() -> None:
    configure(policy="monitor")
    configure(cache=False)
    assert scan(ATTACK).action is Action.FLAG


def test_placeholders_come_from_the_key() -> None:
    def masked(key: bytes) -> str:
        return with_core(Settings(key=key), build_inspector(key, [MAILS])).scan(MAIL).text

    assert masked(MASTER) == masked(MASTER)
    assert masked(MASTER) != masked(bytes(32))
    assert Settings().key != Settings().key


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        configure(key=b"short")


def test_other_settings_share_the_rules(library: Library) -> None:
    same = library.told(Settings(STRICT, library.settings.key))
    assert same.at_once("x")
    assert not library.told(Settings(STRICT, bytes(32))).at_once("x")


def test_compiled_rules_are_found_again(folder: Path) -> None:
    for _ in range(2):
        cache = open_cache(folder)
        assert cache is not None
        cache.database(WORD)
    kept = sorted(path.suffix for path in folder.iterdir())
    assert kept == ["", ".hs"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_users_own_folder_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert open_cache(wanted=True) is not None
    assert (tmp_path / "sluicegate" / "rules" / "key").is_file()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert open_cache(wanted=True) is not None
    assert (tmp_path / "home" / ".cache" / "sluicegate" / "rules" / "key").is_file()


def test_no_cache_is_no_cache() -> None:
    assert open_cache(wanted=False) is None
    assert open_cache(Path("/proc/nowhere")) is None


def _open_to_others(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)


def _a_link(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to("elsewhere")


def _a_file(folder: Path) -> None:
    folder.write_text("")


def _a_short_key(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "key").write_bytes(b"short")
    (folder / "key").chmod(0o600)


def _a_key_for_all(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "key").write_bytes(bytes(32))
    (folder / "key").chmod(0o644)


def _a_linked_key(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder.parent / "key").write_bytes(bytes(32))
    (folder / "key").symlink_to(folder.parent / "key")


@pytest.mark.parametrize(
    "make", [_open_to_others, _a_link, _a_file, _a_short_key, _a_key_for_all, _a_linked_key]
)
def test_a_folder_that_is_not_private_is_not_used(folder: Path, make: Callable[[Path], None]) -> None:
    make(folder)
    assert open_cache(folder) is None


def test_a_folder_of_another_user_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    assert open_cache(folder) is None


def test_two_that_begin_at_once_have_one_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second finds no key, and one when it has made its own."""
    assert open_cache(folder) is not None
    key = (folder / "key").read_bytes()
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda self: self.name != "key" and exists(self))
    assert open_cache(folder) is not None
    assert (folder / "key").read_bytes() == key
    assert [path.name for path in folder.iterdir()] == ["key"]
