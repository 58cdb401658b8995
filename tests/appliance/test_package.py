"""The package's front door: few names, imported when used."""

import subprocess
import sys

import pytest

import sluicegate


@pytest.mark.parametrize("name", sluicegate.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(sluicegate, name) is not None


def test_the_listed_names_are_the_public_ones() -> None:
    assert dir(sluicegate) == sorted(sluicegate.__all__)
    assert set(sluicegate.__all__) == {*sluicegate._HOMES, "__version__"}


def test_other_names_are_no_part_of_it() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = sluicegate.nothing


def test_importing_the_package_imports_nothing_else_of_the_house() -> None:
    code = "import sys, sluicegate; print([name for name in sys.modules if name.startswith('sluicegate.')])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_command_line_comes_without_the_database_and_the_server() -> None:
    heavy = "{'sqlalchemy', 'uvicorn', 'rich', 'alembic'}"
    code = f"import sys, sluicegate.appliance.cli; print({heavy} & {{*sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
