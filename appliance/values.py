"""Kinds of setting: what a value may be and how it is read.

A value may be written as text in every source (an environment variable has nothing else), or as
the TOML type that fits. Readers raise `ValueError` saying what was expected, never what was found:
the value may be a secret.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..middleware.limits import Rate

_RATE = re.compile(r"([0-9]{1,7})/(second|minute|hour)")
_WINDOWS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
_MOST_CALLS = 1_000_000
_PASSWORD_LENGTHS = range(8, 1025)
_SIZE = re.compile(r"([0-9]{1,12}) ?(B|KiB|MiB|GiB)?")
_UNITS = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")
_HOST_NAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_DATABASE = re.compile(
    r"(sqlite(\+aiosqlite)?:///.+)|((postgres|postgresql|postgresql\+asyncpg)://.+)", re.DOTALL
)
_POLICY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~-]+)*")
_PUBLIC_KEY = re.compile(r"[A-Za-z0-9+/]{43}=")
_VISIBLE = re.compile(r"[\x21-\x7e]{24,512}")


@dataclass(frozen=True, slots=True)
class Kind[T]:
    """A kind of value: `name` completes "expected ..." and stands in the documents."""

    name: str
    read: Callable[[object], T]


type RateLimit = Rate | Literal["off"]
"""A rate limit as a setting: so many calls in a window, or none at all."""


def spell_rate(rate: RateLimit | None) -> str:
    """Write a rate as the settings do: ``100/minute``."""
    if rate is None or rate == "off":
        return "off"
    return next(f"{rate.calls}/{name}" for name, window in _WINDOWS.items() if window == rate.window)


def spell_size(size: int) -> str:
    """Write a size as the settings do: ``16 MiB``."""
    unit = next(name for name, factor in reversed(_UNITS.items()) if size % factor == 0)
    return f"{size // _UNITS[unit]} {unit}"


def integer(low: int, high: int, name: str = "") -> Kind[int]:
    """Whole numbers from `low` to `high`."""
    name = name or f"a whole number from {low} to {high}"

    def read(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(name)
        return value

    return Kind(name, read)


def number(low: float, high: float) -> Kind[float]:
    """Finite numbers from `low` to `high`, usually seconds."""
    name = f"a number from {low:g} to {high:g}"

    def read(value: object) -> float:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value):
            value = float(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        raise ValueError(name)

    return Kind(name, read)


def choice(*allowed: str) -> Kind[str]:
    """One of a few words."""
    name = f"{', '.join(allowed[:-1])} or {allowed[-1]}"

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(name)
        return value

    return Kind(name, read)


def text(name: str, fits: Callable[[str], bool]) -> Kind[str]:
    """Text that `fits`."""

    def read(value: object) -> str:
        if not isinstance(value, str) or not fits(value):
            raise ValueError(name)
        return value

    return Kind(name, read)


def _is_host(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return _HOST_NAME.fullmatch(value) is not None
    return True


def _read_rate(value: object) -> RateLimit:
    if value == "off":
        return "off"
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    if found is None or not 1 <= int(found[1]) <= _MOST_CALLS:
        raise ValueError(RATE.name)
    return Rate(int(found[1]), _WINDOWS[found[2]])


def _read_size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    size = int(found[1]) * _UNITS[found[2] or "B"] if found else 0
    if not _UNITS["KiB"] <= size <= _UNITS["GiB"]:
        raise ValueError(SIZE.name)
    return size


def _read_boolean(value: object) -> bool:
    value = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
    if not isinstance(value, bool):
        raise ValueError(BOOLEAN.name)
    return value


def _read_path(value: object) -> Path:
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise ValueError(PATH.name)
    return Path(value)


BOOLEAN = Kind("true or false", _read_boolean)
DATABASE_URL = text(
    "postgresql://HOST/NAME or sqlite:///FILE", lambda value: _DATABASE.fullmatch(value) is not None
)
EMAIL = text("an e-mail address", lambda value: _EMAIL.fullmatch(value) is not None)
HOST = text("an IP address or a host name, without a port", _is_host)
KEY = text("24 to 512 visible ASCII characters", lambda value: _VISIBLE.fullmatch(value) is not None)
PUBLIC_KEY = text(
    "a public key as `sluicegate pack key` prints it", lambda value: _PUBLIC_KEY.fullmatch(value) is not None
)
PASSWORD = text("8 to 1024 characters", lambda value: len(value) in _PASSWORD_LENGTHS)
PATH = Kind("a path", _read_path)
POLICY = text(
    "the name of a policy: monitor, balanced, strict or a file's",
    lambda value: _POLICY.fullmatch(value) is not None,
)
PORT = integer(0, 65535, "a port from 0 to 65535, where 0 takes any free one")
RATE = Kind("off, or N/second, N/minute or N/hour with N from 1 to 1000000", _read_rate)
URL = text(
    "http://HOST or https://HOST, with a path or none", lambda value: _URL.fullmatch(value) is not None
)
SIZE = Kind("a size from 1 KiB to 1 GiB, like 4194304 or '4 MiB'", _read_size)
