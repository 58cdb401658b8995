"""What processes cost, against processes whose cost is known."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sluicegate.appliance.bench.accounting import (
    name_of,
    own_seconds,
    parent_of,
    processor_seconds,
    proportional_bytes,
    resident_bytes,
    seconds_by_process,
    tree,
)

_PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
input()
child.communicate(b"\\n")
"""
_WORKER = """
import threading, time
def work():
    while time.thread_time() < 0.05: pass
thread = threading.Thread(target=work); thread.start(); thread.join()
print(time.process_time(), flush=True)
input()
"""
_GONE = 2**22 + 1


def _python(code: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_the_cost_of_another_process_holds_threads_that_ended() -> None:
    with _python(_WORKER) as process:
        said = float(_line(process))
        assert processor_seconds([process.pid]) >= said >= 0.05
        process.communicate("\n")


def test_own_cost_is_that_of_the_process() -> None:
    before = time.process_time()
    mine = own_seconds()
    assert before <= mine <= time.process_time()
    assert processor_seconds([os.getpid()]) >= mine


def test_a_process_that_is_gone_costs_nothing() -> None:
    assert processor_seconds([_GONE]) == 0
    assert seconds_by_process([_GONE]) == {_GONE: 0}
    assert name_of(_GONE) == ""
    assert resident_bytes(_GONE) == 0
    assert proportional_bytes(_GONE) == 0


def test_a_process_has_the_name_it_gave_itself() -> None:
    assert name_of(os.getpid()) == Path("/proc/self/comm").read_text().strip()


def test_the_tree_holds_children_of_the_process() -> None:
    with _python(_PARENT) as process:
        child = int(_line(process))
        assert tree(process.pid) == [process.pid, child]
        assert tree(child) == [child]
        process.communicate("\n")


def test_memory_is_at_least_an_interpreter_and_shared_pages_count_once() -> None:
    assert resident_bytes(os.getpid()) > 5_000_000
    assert 0 < proportional_bytes(os.getpid()) <= resident_bytes(os.getpid())


@pytest.mark.parametrize("name", ["python3", "a b", "a) S 5 (b", "((", "x) R 1"])
def test_a_parent_is_read_whatever_the_process_is_called(name: str) -> None:
    assert parent_of(f"17 ({name}) S 42 17 17 0 -1 4194560\n") == 42


@pytest.mark.parametrize("line", ["", "17 (python3)", "17 (python3) S", "no line at all"])
def test_what_is_no_line_has_no_parent(line: str) -> None:
    with pytest.raises(ValueError, match=r"proc|invalid literal"):
        parent_of(line)
