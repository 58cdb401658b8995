"""Compiled rule databases kept on disk, so that only the first start compiles them.

The engine reads a database in C and trusts it, so a file is only loaded when its keyed digest is
right, and its name covers everything the content depends on: expressions, flags, engine version
and the processor's features.
"""

import hashlib
import hmac
import os
import platform
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import hyperscan

_DIGEST = 32
_CPU = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression of a database and its Hyperscan flags."""

    pattern: bytes
    flags: int


type Compile = Callable[[Sequence[Expression]], hyperscan.Database]
"""Compiles a block-mode database; expressions are numbered in order."""


class Databases(Protocol):
    """Gives the databases of expressions."""

    def database(self, expressions: Sequence[Expression]) -> hyperscan.Database:
        """Return the block-mode database of these expressions, numbered in order."""
        ...

    def prepare(self, expressions: Sequence[Expression]) -> None:
        """Make sure that `database` need not compile these, but keep nothing in memory."""
        ...


class DatabaseCache:
    """A folder of compiled databases.

    Args:
        folder: made when missing; only its owner should be able to write there.
        key: secret; files of another key are compiled anew.
        compiled: compiles what is not there; `compile_database` unless given.
    """

    def __init__(self, folder: Path, key: bytes, compiled: Compile | None = None):
        self._folder = folder
        self._key = key
        self._compiled = compiled or compile_database

    def database(self, expressions: Sequence[Expression]) -> hyperscan.Database:
        """Return the database of these expressions, numbered in order: loaded or compiled."""
        name = _name(expressions)
        kept = self._load(name)
        if kept is not None:
            return kept
        database = self._compiled(expressions)
        self._store(name, bytes(hyperscan.dumpb(database)))
        return database

    def prepare(self, expressions: Sequence[Expression]) -> None:
        """Compile the database of these expressions unless its file is there and whole."""
        self.database(expressions)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.hs"

    def _load(self, name: str) -> hyperscan.Database | None:
        try:
            with self._path(name).open("rb", buffering=0) as file:
                digest, data = file.read(_DIGEST), file.readall()
        except OSError:
            return None
        if not hmac.compare_digest(digest, self._digest(name, data)):
            return None
        try:
            database = hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK)
        except hyperscan.HyperscanError:
            return None
        database.scratch = hyperscan.Scratch(database)
        return database

    def _store(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all; a folder that cannot be written only costs time."""
        partial = self._folder / f"{name}.{os.getpid()}.partial"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(self._digest(name, data) + data)
            partial.replace(self._path(name))
        except OSError:
            with suppress(OSError):
                partial.unlink()

    def _digest(self, name: str, data: bytes) -> bytes:
        digest = hmac.new(self._key, name.encode() + b"\0", "sha256")
        digest.update(data)  # not joined with the name: databases are megabytes, and copies of them time
        return digest.digest()


class SharedDatabases:
    """Databases for rule sets that stay together: what several ask for is made once, and kept for all.

    Args:
        databases: gives each of them.
    """

    def __init__(self, databases: Databases):
        self._databases = databases
        self._made: dict[str, hyperscan.Database] = {}

    def database(self, expressions: Sequence[Expression]) -> hyperscan.Database:
        """Return the block-mode database of these expressions, numbered in order."""
        name = _name(expressions)
        database = self._made.get(name)
        if database is None:
            database = self._made[name] = self._databases.database(expressions)
        return database

    def prepare(self, expressions: Sequence[Expression]) -> None:
        """Make sure that these expressions need not be compiled."""
        if _name(expressions) not in self._made:
            self._databases.prepare(expressions)


def compile_database(expressions: Sequence[Expression]) -> hyperscan.Database:
    """Compile a block-mode database; expressions are numbered in order."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression.pattern for expression in expressions],
        ids=list(range(len(expressions))),
        flags=[expression.flags for expression in expressions],
        elements=len(expressions),
    )
    return database


def _name(expressions: Sequence[Expression]) -> str:
    digest = hashlib.sha256(_engine())
    for expression in expressions:
        digest.update(b"%d|%d|%b" % (expression.flags, len(expression.pattern), expression.pattern))
    return digest.hexdigest()[:32]


@cache
def _engine() -> bytes:
    """Spell what compiles and runs databases. Kept: a version costs as much as a small database."""
    return f"{version('hyperscan')}|{_processor()}".encode()


def _processor() -> str:
    try:
        lines = _CPU.read_text("ascii", "replace").splitlines()
    except OSError:
        lines = []
    features = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return f"{platform.machine()}|{features}"
