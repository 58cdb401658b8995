"""The command line: exit codes, one line for an error, never a traceback."""

from pathlib import Path

import pytest

import sluicegate
from tests.support.appliance import command, environment


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(("--bogus",), 2, "No such option: --bogus", id="unknown option"),
        pytest.param(("start",), 2, "No such command 'start'", id="unknown command"),
        pytest.param(("up", "--workers", "two"), 2, "--workers", id="no number"),
        pytest.param(("up", "--workers", "65"), 2, "expected a whole number from 1 to 64", id="workers"),
        pytest.param(("up", "--host", "a b"), 2, "option --host: host: expected an IP address", id="host"),
        pytest.param(
            ("up", "--config", "none.toml"), 2, "none.toml: cannot be read: No such file", id="config"
        ),
        pytest.param(
            ("up", "--config", "bad.toml"), 2, "bad.toml, line 2: polcy: no such setting", id="bad config"
        ),
        pytest.param(("key", "create"), 2, "--application", id="missing option"),
        pytest.param(
            ("key", "create", "--application", "x"), 1, "no appliance was started in", id="key without data"
        ),
        pytest.param(
            ("ban", "list", "--data-dir", "elsewhere"), 1, "no appliance was started in elsewhere", id="ban"
        ),
        pytest.param(("up", "--data-dir", "file/var"), 1, "data_dir: file/var cannot be used", id="data dir"),
        pytest.param(
            ("up", "--host", "192.0.2.1"), 1, "cannot listen on 192.0.2.1 port", id="foreign address"
        ),
    ],
)
def test_an_error_is_one_line_with_its_exit_code(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    (tmp_path / "bad.toml").write_text("\npolcy = 1\n")
    (tmp_path / "file").touch()
    env = environment(tmp_path / "var")
    if "--data-dir" in arguments:
        del env["SLUICEGATE_DATA_DIR"]
    ran = command(*arguments, folder=tmp_path, env=env)
    assert (ran.returncode, ran.stdout) == (code, "")
    assert ran.stderr.startswith("sluicegate: ")
    assert len(ran.stderr.splitlines()) == 1
    assert words in ran.stderr
    assert not (tmp_path / "var").exists() or code == 1


def test_the_version(tmp_path: Path) -> None:
    ran = command("--version", folder=tmp_path, env=environment(tmp_path))
    assert (ran.returncode, ran.stdout) == (0, f"sluicegate {sluicegate.__version__}\n")


@pytest.mark.parametrize(
    "arguments", [("--help",), ("up", "--help"), ("key", "--help"), ("ban", "add", "--help")]
)
def test_help_comes_without_an_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = command(*arguments, folder=tmp_path, env=environment(tmp_path))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Usage" in ran.stdout


def test_the_options_of_up_are_those_agreed(tmp_path: Path) -> None:
    ran = command("up", "--help", folder=tmp_path, env=environment(tmp_path) | {"COLUMNS": "200"})
    for option in ("--config", "--data-dir", "--host", "--workers"):
        assert option in ran.stdout


def test_an_unknown_variable_is_refused(tmp_path: Path) -> None:
    env = environment(tmp_path / "var") | {"SLUICEGATE_PROXYPORT": "1"}
    ran = command("up", folder=tmp_path, env=env)
    assert ran.returncode == 2
    assert "did you mean SLUICEGATE_PROXY_PORT?" in ran.stderr
