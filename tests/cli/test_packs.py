"""`sluicegate pack` as it is run."""

from pathlib import Path

from tests.appliance.test_packs import PACK, written
from tests.cli.conftest import Run


def test_a_pack_is_checked_signed_and_says_so(sluicegate: Run, tmp_path: Path) -> None:
    path = written(tmp_path)
    assert "1 rules" in sluicegate("pack", "check", str(path)).stdout
    made = sluicegate("pack", "key", "signing.key")
    assert len(made.stdout.strip()) == 44
    assert (tmp_path / "signing.key").stat().st_mode & 0o777 == 0o600
    assert sluicegate("pack", "key", "signing.key").returncode != 0
    assert sluicegate("pack", "sign", str(path), "--key", "signing.key").stdout.strip() == f"{path}.sig"


def test_a_faulty_pack_is_not_signed(sluicegate: Run, tmp_path: Path) -> None:
    path = written(tmp_path, PACK.replace('HBR-12345"', 'HBR-123456"'))
    sluicegate("pack", "key", "signing.key")
    ran = sluicegate("pack", "sign", str(path), "--key", "signing.key")
    assert ran.returncode != 0
    assert "near miss 1 is found" in ran.stderr
    assert not path.with_name("ours.toml.sig").exists()
