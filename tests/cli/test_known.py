"""`sluicegate known` as it is run: what it prints finds the values and holds none."""

import tomllib
from pathlib import Path

import pytest

from sluicegate.detection.policy_file import load_policy
from sluicegate.detection.presets import PRESETS
from tests.cli.conftest import Run

OPTIONS = ("--name", "customers", "--data-dir", "own", "--tenant", "tenant-9")


@pytest.fixture(autouse=True)
def own(tmp_path: Path) -> None:
    """A data directory."""
    (tmp_path / "own").mkdir(mode=0o700)


def test_what_it_prints_is_a_policy_table_without_the_values(sluicegate: Run) -> None:
    ran = sluicegate("known", *OPTIONS, stdin="KD-48213-X\n\n  KD-11111-A \n")
    assert ran.returncode == 0, ran.stderr
    assert "48213" not in ran.stdout
    (table,) = tomllib.loads(ran.stdout)["known"]
    assert table["shapes"] == ["[A-Z]{2}-[0-9]{5}-[A-Z]"]
    assert len(table["digests"]) == 2
    load_policy(f'extends = "balanced"\n{ran.stdout}', "own", PRESETS)


def test_a_value_that_cannot_be_found_is_named_by_its_line(sluicegate: Run) -> None:
    ran = sluicegate("known", *OPTIONS, stdin="KD-48213-X\nabc\n")
    assert ran.returncode == 2
    assert ran.stderr.startswith("line 2: ")
    assert "abc" not in ran.stderr
