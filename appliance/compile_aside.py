"""Compiling a tenant's expressions where that can be stopped.

A hostile or clumsy expression can take the engine minutes and gigabytes. So databases of expressions
that were not shipped are compiled by a process of their own, within bounds of time and memory, and
come back as bytes.
"""

import pickle
import resource
import subprocess
import sys
from collections.abc import Sequence

import hyperscan

from ..detection.database_cache import Expression, compile_database
from ..detection.errors import BadPolicy

SECONDS = 10
MEMORY = 1 << 30
LARGEST = 32 << 20
"""Bounds of one compilation: processor time, address space, bytes of the result."""

_TOO_MUCH = "the policy's own expressions need more than {} s or {} MB to compile: bound their repeats"


def compile_aside(expressions: Sequence[Expression]) -> hyperscan.Database:
    """Compile a block-mode database in a process of its own. Raises `BadPolicy` beyond the bounds."""
    asked = pickle.dumps([(item.pattern, item.flags) for item in expressions])
    command = [sys.executable, "-I", "-c", _CHILD, *map(str, (SECONDS, MEMORY)), *sys.path]
    try:
        ran = subprocess.run(command, input=asked, capture_output=True, timeout=3 * SECONDS, check=False)  # noqa: S603 - our own interpreter, nothing of it given by anybody
    except subprocess.TimeoutExpired:
        ran = None
    if ran is None or ran.returncode or not 0 < len(ran.stdout) <= LARGEST:
        raise BadPolicy(_TOO_MUCH.format(SECONDS, MEMORY >> 20))
    database = hyperscan.loadb(ran.stdout, hyperscan.HS_MODE_BLOCK)
    database.scratch = hyperscan.Scratch(database)
    return database


_CHILD = """
import sys
seconds, memory = map(int, sys.argv[1:3])
sys.path[:] = sys.argv[3:]
from sluicegate.appliance.compile_aside import serve
serve(seconds, memory)
"""


def serve(seconds: int, memory: int) -> None:
    """Compile what standard input asks for within bounds; write the database to standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    asked = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - written by the process that started this one
    database = compile_database([Expression(pattern, flags) for pattern, flags in asked])
    sys.stdout.buffer.write(bytes(hyperscan.dumpb(database)))
