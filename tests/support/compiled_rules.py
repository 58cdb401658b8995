"""Compiled rules for tests: compiling takes seconds, so it is done once for all of them."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import hyperscan

from sluicegate.appliance import compiled
from sluicegate.appliance.secrets import prepare
from sluicegate.detection import ruleset
from sluicegate.detection.core import build_inspector
from sluicegate.detection.database_cache import DatabaseCache, Expression, compile_database
from sluicegate.detection.rules import load_packs

_MANY = 20
"""Expressions that are worth a file."""


def keep_compiled() -> None:
    """Have every core of this process that keeps no databases share those that some test compiled before."""
    folder = Path(tempfile.gettempdir()) / f"sluicegate-tests-databases-{os.getuid()}"
    kept = DatabaseCache(folder, b"nobody else writes to a folder of mode 0700")

    def database(expressions: Sequence[Expression]) -> hyperscan.Database:
        return (kept.database if len(expressions) >= _MANY else compile_database)(expressions)

    vars(ruleset)["compile_database"] = database  # what a rule set without a cache of its own calls


def with_compiled_rules(data_dir: Path) -> None:
    """Make a data directory that has a master secret and the compiled rules; one that is there stays."""
    if not data_dir.exists():
        shutil.copytree(_template(), data_dir)
        data_dir.chmod(0o700)


def _template() -> Path:
    """Return a directory to copy, made by whoever needs it first for the rules as they are."""
    names = compiled.stamp()[:32]
    shared = Path(tempfile.gettempdir()) / f"sluicegate-tests-{names}"
    shared.mkdir(mode=0o700, exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = shared / "var"
        if not (made / "compiled" / "stamp").is_file():
            shutil.rmtree(made, ignore_errors=True)
            key = prepare(made).placeholder_key
            cache = made / "compiled"
            compiled.compile_apart(cache, partial(build_inspector, key, load_packs(), cache))
    return made
