"""`sluicegate unseal` as it is run: what it opens, and how it exits."""

from pathlib import Path

import pytest

from sluicegate.appliance.secrets import load_secrets
from sluicegate.detection.methods import Given, Keys, Sealed, seal_key
from tests.cli.conftest import Run

MAIL = "maria.keller@example.org"


@pytest.fixture
def sealed(tmp_path: Path) -> str:
    (tmp_path / "own").mkdir(mode=0o700)
    key = seal_key(load_secrets(tmp_path / "own").placeholder_key, "tenant-9")
    return Sealed().replace(Given(MAIL, "Email", "pii.email", Keys(b"d" * 32, key)))


OPTIONS = ("--data-dir", "own", "--tenant")


@pytest.mark.parametrize("end", ["", "\n"])
def test_it_opens_every_value_of_a_text(sluicegate: Run, sealed: str, end: str) -> None:
    text = f"Dear {sealed}, ({sealed})\nnothing here{end}"
    ran = sluicegate("unseal", *OPTIONS, "tenant-9", stdin=text)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == f"Dear {MAIL}, ({MAIL})\nnothing here{end}"
    ran = sluicegate("unseal", *OPTIONS, "tenant-9", f"to {sealed}")
    assert (ran.returncode, ran.stdout) == (0, f"to {MAIL}\n")


def test_what_does_not_open_stays_and_is_counted(sluicegate: Run, sealed: str) -> None:
    ran = sluicegate("unseal", *OPTIONS, "tenant-8", stdin=f"{sealed} {sealed}\n")
    assert (ran.returncode, ran.stdout) == (1, f"{sealed} {sealed}\n")
    assert ran.stderr == "2 values do not open: they are another tenant's, or damaged.\n"


def test_the_first_tenant_is_taken_unless_one_is_named(sluicegate: Run, sealed: str) -> None:
    assert sluicegate("key", "create", "--application", "shop", "--data-dir", "own").returncode == 0
    ran = sluicegate("unseal", "--data-dir", "own", sealed)
    assert (ran.returncode, ran.stdout) == (1, sealed + "\n")
