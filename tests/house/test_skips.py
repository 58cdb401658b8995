"""CI allows no skip, and says which test wanted one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

_BODIES = {
    "runs": "def test_runs(): pass",
    "in_a_test": "import pytest\ndef test_it(): pytest.skip('no such program')",
    "by_mark": "import pytest\n@pytest.mark.skip(reason='not today')\ndef test_it(): pass",
    "whole_file": "import pytest\npytest.skip('no such library', allow_module_level=True)",
    "expected_failure": "import pytest\n@pytest.mark.xfail(reason='known')\ndef test_it(): assert False",
}


def _run(folder: Path, body: str, ci: str, *options: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_other.py").write_text("def test_other(): pass\n")
    (folder / "test_body.py").write_text(_BODIES[body])
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env=os.environ | {"CI": ci, "PYTHONPATH": str(ROOT)},  # what our conftest imports
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("body", "options"),
    [
        ("in_a_test", []),
        ("by_mark", []),
        ("whole_file", []),
        ("in_a_test", ["-n", "1"]),
        ("whole_file", ["-n", "1"]),
    ],
)
def test_a_skip_fails_a_ci_run(tmp_path: Path, body: str, options: list[str]) -> None:
    ran = _run(tmp_path, body, "true", *options)
    assert ran.returncode == 1, ran.stdout
    assert "CI allows no skip" in ran.stdout
    assert "test_body.py" in ran.stdout.partition("CI allows no skip")[2]


@pytest.mark.parametrize(("body", "ci"), [("in_a_test", ""), ("runs", "true"), ("expected_failure", "true")])
def test_other_runs_pass(tmp_path: Path, body: str, ci: str) -> None:
    ran = _run(tmp_path, body, ci)
    assert ran.returncode == 0, ran.stdout
    assert "CI allows no skip" not in ran.stdout
