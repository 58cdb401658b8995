"""The models' runtime sends nothing and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ALONE = Path(__file__).with_name("alone.py")


def _run(home: Path, what: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH")}
    return subprocess.run(
        [sys.executable, str(ALONE), what],
        env={**kept, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def test_loading_and_scoring_opens_no_socket_and_writes_nothing_at_home(tmp_path: Path) -> None:
    ran = _run(tmp_path, "models")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[:2] == ["3", "2"]
    assert list(tmp_path.rglob("*")) == []


def test_a_socket_would_have_been_noticed(tmp_path: Path) -> None:
    assert _run(tmp_path, "socket").returncode == -signal.SIGSYS
