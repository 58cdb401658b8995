"""Commands as a person runs them, with one cache of compiled rules for all."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from sluicegate.appliance import cli
from sluicegate.detection.core import Core
from sluicegate.detection.rules import load_packs
from sluicegate.library.cache_folder import open_cache
from tests.support.appliance import command, environment

type Run = Callable[..., subprocess.CompletedProcess[str]]


class Started(NamedTuple):
    """A process and the other ends of its pipes."""

    process: "subprocess.Popen[bytes]"
    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]


type Start = Callable[..., AbstractContextManager[Started]]


@pytest.fixture(scope="session")
def cli_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("cli")
    # Compiled here, once, so that no command waits for it.
    Core(bytes(32), load_packs(), open_cache(folder / "cache" / "sluicegate" / "rules"))
    return environment(folder / "var") | {"XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "160"}


@pytest.fixture
def sluicegate(cli_environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in the test's folder, with bytes or text on its stdin; in this process, for speed."""

    def run(*arguments: str | Path, stdin: bytes | str = b"") -> subprocess.CompletedProcess[str]:
        given = io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin)
        words = [*map(str, arguments)]
        with monkeypatch.context() as patch:
            out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
            patch.chdir(tmp_path)
            for name in [name for name in os.environ if name not in cli_environment]:
                patch.delenv(name)
            for name, value in cli_environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["sluicegate", *words])
            for name, stream in {"stdin": io.TextIOWrapper(given), "stdout": out, "stderr": err}.items():
                patch.setattr(sys, name, stream)
            code = cli._run()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(words, code, out.read(), err.read())

    return run


@pytest.fixture
def apart(cli_environment: dict[str, str], tmp_path: Path) -> Run:
    """Runs a command to its end in a process of its own: what forks must not do so from a test."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return command(*map(str, arguments), folder=tmp_path, env=cli_environment)

    return run


@pytest.fixture
def started(cli_environment: dict[str, str], tmp_path: Path) -> Start:
    """Starts a command in a process of its own, with pipes on all sides, for tests that end it early."""

    @contextmanager
    def start(*arguments: str | Path) -> Iterator[Started]:
        # Whoever starts the tests in the background may have had interrupts ignored: that is inherited.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with subprocess.Popen(
            [sys.executable, "-m", "sluicegate", *map(str, arguments)],
            cwd=tmp_path,
            env=cli_environment | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                assert process.stderr is not None
                yield Started(process, process.stdin, process.stdout, process.stderr)
            finally:
                process.kill()

    return start
