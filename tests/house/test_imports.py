"""Floors: imports go down only, and the tools that say so notice when one does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import FLOORS, ROOT, imported, sources

_NETWORK = ("urllib.request", "http.client", "http.server", "asyncio", "socket", "ssl", "subprocess")


def test_inside_the_house_imports_are_relative() -> None:
    absolute = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources()
        for name in imported(path)
        if name.partition(".")[0] in (*FLOORS, "sluicegate") and "migrations" not in path.parts
    ]
    assert absolute == []


def test_detection_opens_nothing() -> None:
    opened = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources("detection")
        for name in imported(path)
        if name.startswith(_NETWORK)
    ]
    assert opened == []


def _lint(checkout: Path) -> subprocess.CompletedProcess[str]:
    # PYTHONPATH goes before the editable install, so that the copy is what is read.
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", "pyproject.toml"],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the house, with the links as real folders."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    package = tmp_path / "src" / "sluicegate"
    shutil.copytree(ROOT / "src" / "sluicegate", package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_floors_hold(copied: Path) -> None:
    ran = _lint(copied)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("detection/types.py", "from ..middleware import guard", "Imports go down only"),
        ("detection/types.py", "import socket", "Detection knows no socket"),
        ("detection/types.py", "import sqlalchemy", "Detection knows no socket"),
        ("detection/types.py", "import starlette.requests", "Detection knows no socket"),
        ("middleware/__init__.py", "from ..gateway import app", "Imports go down only"),
        ("middleware/__init__.py", "import uvicorn", "Middleware opens no listener"),
        ("middleware/__init__.py", "import sqlmodel", "Middleware opens no listener"),
        ("gateway/__init__.py", "from ..admin_ui.store import database", "Imports go down only"),
        ("gateway/__init__.py", "import sqlalchemy", "The data path has no database"),
        ("admin_ui/__init__.py", "from ..gateway import app", "Imports go down only"),
        ("admin_ui/__init__.py", "from ..appliance import settings", "Imports go down only"),
        ("library/__init__.py", "from ..middleware import guard", "Imports go down only"),
        ("library/__init__.py", "from ..compat import sentinel", "Imports go down only"),
        ("compat/__init__.py", "from ..gateway import app", "Imports go down only"),
        ("detection/types.py", "from ..library import default", "Imports go down only"),
        ("roof.py", "from .appliance import settings", "Imports go down only"),
    ],
)
def test_a_wrong_import_is_caught(copied: Path, module: str, line: str, contract: str) -> None:
    target = copied / "src" / "sluicegate" / module
    with target.open("a") as file:
        file.write(f"\n{line}\n")
    for name in ("middleware/guard", "gateway/app", "admin_ui/store/database", "appliance/settings"):
        (copied / "src" / "sluicegate" / f"{name}.py").touch()
    ran = _lint(copied)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert any(text.startswith(contract) and "BROKEN" in text for text in ran.stdout.splitlines()), ran.stdout
