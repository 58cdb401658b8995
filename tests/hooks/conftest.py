"""The library of the process, over the rules of the other tests."""

import pytest

from sluicegate.library import default
from sluicegate.library.local import Library
from sluicegate.library.settings import Settings
from tests.detection.support import INSPECTOR, MASTER
from tests.library.material import with_core


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    """The library for the time of a test."""
    fresh = with_core(Settings(key=MASTER, cache=False), INSPECTOR)
    monkeypatch.setattr(default._Process, "library", fresh)
    return fresh
