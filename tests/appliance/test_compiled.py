"""Rules are compiled in a process of their own, when the last ones were others, and only then."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import json, os, sys
from pathlib import Path
from sluicegate.appliance import compiled

folder = Path("compiled")

def build():
    folder.mkdir(exist_ok=True)
    with Path("built").open("a") as file:
        file.write(f"{os.getpid()}\\n")
    if sys.argv[1] == "fails":
        raise ValueError
    if sys.argv[1] == "killed":
        os.kill(os.getpid(), 15)

went_on = compiled.compile_apart(folder, build)
print(json.dumps({"pid": os.getpid(), "went_on": went_on}))
"""


def _compile(folder: Path, how: str = "") -> dict[str, Any]:
    """Compile once; give what became of it and which processes built so far."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, how],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    built = folder / "built"
    found: dict[str, Any] = json.loads(ran.stdout)
    return found | {"built": built.read_text().split() if built.exists() else []}


def test_the_first_time_a_child_builds_and_the_second_time_nobody(tmp_path: Path) -> None:
    first = _compile(tmp_path)
    assert first["went_on"]
    assert len(first["built"]) == 1
    assert str(first["pid"]) not in first["built"]
    assert _compile(tmp_path)["built"] == first["built"]
    assert (tmp_path / "compiled" / "stamp").stat().st_mode & 0o777 == 0o600


def test_other_rules_are_built_again(tmp_path: Path) -> None:
    _compile(tmp_path)
    (tmp_path / "compiled" / "stamp").write_text("other rules")
    assert len(_compile(tmp_path)["built"]) == 2


@pytest.mark.parametrize(("how", "went_on"), [("fails", True), ("killed", False)])
def test_a_build_that_fails_is_left_to_where_it_can_be_told(tmp_path: Path, how: str, went_on: bool) -> None:
    assert _compile(tmp_path, how)["went_on"] is went_on
