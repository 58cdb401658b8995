"""The library in a process: what it loads, threads, forks."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import sluicegate
from sluicegate import scan, scan_output
from sluicegate.library.turn import TURN
from tests.library.material import ATTACK, MAIL

HEAVY = ("hyperscan", "asyncio", "starlette", "sqlalchemy", "uvicorn", "httpx", "typer", "pydantic")


def python(code: str, cache: Path) -> str:
    """Run code in a process of its own that knows no configuration."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={"PATH": os.environ["PATH"], "HOME": str(cache)},
        cwd=cache,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.mark.parametrize(
    "statement",
    ["import sluicegate", "from sluicegate import scan, guard, configure, register_engine"],
)
def test_importing_loads_no_engine(statement: str, tmp_path: Path) -> None:
    code = f"import sys\n{statement}\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    assert python(code, tmp_path) == "[]"


@pytest.mark.slow
def test_three_lines_give_a_block_and_a_mask(tmp_path: Path) -> None:
    code = f"from sluicegate import scan\nprint(scan({ATTACK!r}).blocked)\nprint(scan({MAIL!r}).text)"
    blocked, masked = python(code, tmp_path).splitlines()
    assert blocked == "True"
    assert masked.startswith("SgxEmail")


def test_every_name_is_there() -> None:
    for name in sluicegate.__all__:
        assert getattr(sluicegate, name) is not None
    assert set(sluicegate._HOMES) == set(sluicegate.__all__) - {"__version__"}


def test_threads_do_not_mix_what_they_scan() -> None:
    def work(number: int) -> bool:
        mail = f"anna.{'abcdefgh'[number % 8]}.keller@kontor-nord.example"
        for _ in range(50):
            prompt = scan(f"{mail} {'word ' * number}")
            if mail in prompt.text or scan_output(prompt.text, prompt=prompt).text.split()[0] != mail:
                return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(16)))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_that_is_forked_while_another_thread_scans_can_scan() -> None:
    held, forking = threading.Event(), threading.Event()

    def hold() -> None:
        with TURN:
            held.set()
            forking.wait(30)

    scan("hello")
    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    os.register_at_fork(before=forking.set)
    child = os.fork()
    if not child:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(20)  # without a turn it would wait for ever
        os._exit(0 if scan(ATTACK).blocked else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    thread.join(30)
    assert scan(ATTACK).blocked
