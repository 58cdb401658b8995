"""One compiled core for all tests of the library; each test has settings of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sluicegate.compat import sentinel
from sluicegate.library import default
from sluicegate.library.local import Library
from sluicegate.library.settings import Settings
from tests.detection.support import INSPECTOR, MASTER
from tests.library.material import with_core


@pytest.fixture(scope="session")
def compiled() -> Library:
    """A library whose rules are loaded: those of the other tests."""
    return with_core(Settings(key=MASTER, cache=False), INSPECTOR)


@pytest.fixture(autouse=True)
def library(compiled: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """The library of the process for the time of a test."""
    for name in ("SENTINEL_THRESHOLD", "SENTINEL_ENGINES"):
        monkeypatch.delenv(name, raising=False)
    fresh = compiled.told(compiled.settings)
    monkeypatch.setattr(default._Process, "library", fresh)
    yield fresh
    sentinel.reset()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A private folder that is not there yet."""
    return tmp_path / "rules"
