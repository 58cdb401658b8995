"""What is shipped: the wheel holds real files, and brings exactly the libraries the code uses."""

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import pytest

import sluicegate
from tests.house.tree import FLOORS, ROOT, imported, kept, project, sources

LOADED_BY_NAME = {
    "aiosqlite": "SQLAlchemy loads it for sqlite+aiosqlite addresses",
    "greenlet": "SQLAlchemy's asyncio engines need it",
    "httptools": "uvicorn's HTTP parser, chosen by name",
    "itsdangerous": "Starlette's session cookies are signed with it",
    "python-multipart": "Starlette parses forms with it",
    "uvloop": "uvicorn's event loop, chosen by name",
}
OPTIONAL = {"asyncpg", "mitmproxy", "mitmproxy-rs", "numpy", "onnxruntime", "redis", "tokenizers", "wsproto"}
FRAMEWORKS = {"botocore", "httpx2", "langchain-core", "litellm"}
"""What those who use it have already: each is imported by the file that is for it, and by nothing else."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from this checkout, offline."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_house(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("sluicegate/")}
        assert all(entry.file_size or entry.filename.endswith(("py.typed",)) for entry in archive.infolist())
    wanted = {
        "sluicegate/" + str(path.relative_to(ROOT))
        for path in kept()
        if path.relative_to(ROOT).parts[0] in FLOORS
    } | {"sluicegate/detection/models/scorer.so"}
    package = ROOT / "src"
    wanted |= {
        str(path.relative_to(package))
        for path in kept()
        if path.is_relative_to(package) and not path.is_symlink()
    }
    assert held == wanted


@pytest.mark.parametrize(
    ("folder", "suffix"),
    [
        ("detection/packs", ".toml"),
        ("admin_ui/templates", ".html"),
        ("admin_ui/static", ".css"),
        ("admin_ui/migrations/versions", ".py"),
    ],
)
def test_the_wheel_holds_what_is_not_code(wheel: Path, folder: str, suffix: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert [name for name in names if name.startswith(f"sluicegate/{folder}/") and name.endswith(suffix)]


def test_the_wheel_says_who_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        stem = f"sluicegate-{sluicegate.__version__}.dist-info"
        said = Parser().parsestr(archive.read(f"{stem}/METADATA").decode())
        scripts = archive.read(f"{stem}/entry_points.txt").decode()
        assert f"{stem}/licenses/LICENSE" in archive.namelist()
    assert said["Version"] == sluicegate.__version__
    assert said["License-Expression"] == "Apache-2.0"
    assert said["Requires-Python"] == ">=3.12"
    assert "sluicegate = sluicegate.appliance.cli:main" in scripts


@pytest.mark.parametrize(
    "statement",
    [
        "from sluicegate.middleware import GuardMiddleware",
        "from sluicegate.detection.core import build_inspector",
        "from sluicegate import scan, guard\nimport sluicegate.compat.sentinel",
        "from sluicegate.appliance.cli import main",
    ],
)
def test_the_wheel_works_away_from_the_checkout(wheel: Path, tmp_path: Path, statement: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = f"import sluicegate\nassert sluicegate.__file__.startswith({str(tmp_path)!r})\n{statement}\n"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_users_own_modules_of_the_same_names_do_not_collide(tmp_path: Path) -> None:
    for name in FLOORS:
        (tmp_path / f"{name}.py").write_text("mine = True\n")
    code = "import middleware\nfrom sluicegate.middleware import GuardMiddleware\nassert middleware.mine\n"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_declared_libraries_are_those_the_code_imports() -> None:
    owners = metadata.packages_distributions()
    used = set()
    for path in sources():
        for top in {name.partition(".")[0] for name in imported(path)} - sys.stdlib_module_names:
            if top not in (*FLOORS, "sluicegate"):
                used |= {owner.lower().replace("_", "-") for owner in owners.get(top, [top])}
    declared = {text.partition(">")[0] for text in project()["project"]["dependencies"]}
    assert used - OPTIONAL - FRAMEWORKS - declared == set(), "imported, not declared"
    assert declared - used - set(LOADED_BY_NAME) == set(), "declared, not imported"
    assert set(LOADED_BY_NAME) <= declared
