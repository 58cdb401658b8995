"""Identifiers of exchanges: UUIDs that sort by time (RFC 9562, version 7)."""

import os

_DIGITS = 20
"""Hexadecimal digits of chance in one identifier; two bits of the fourth are the variant's."""
_AT_ONCE = 256
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_ends: list[str] = []
_beginnings: list[tuple[int, str]] = [(0, "00000000-0000")]
"""The last millisecond, and how identifiers of that time begin: a busy worker makes many in one."""


def new_id(now: float) -> str:
    """Return a new identifier for a moment given in seconds since the epoch.

    48 bits of milliseconds, then 74 random bits: nobody can guess another caller's.
    """
    if not _ends:
        _draw()
    moment = int(now * 1000)
    known, begins = _beginnings[0]
    if known != moment:
        begins = f"{moment >> 16 & 0xFFFF_FFFF:08x}-{moment & 0xFFFF:04x}"
        _beginnings[0] = moment, begins
    return begins + _ends.pop()


def _draw() -> None:
    """Ask the system for many identifiers' worth of chance at once; a child process asks anew."""
    drawn = os.urandom(_DIGITS // 2 * _AT_ONCE).hex()
    for at in range(0, len(drawn), _DIGITS):
        chance = drawn[at : at + _DIGITS]
        _ends.append(f"-7{chance[:3]}-{_VARIANT[chance[3]]}{chance[4:7]}-{chance[7:19]}")


os.register_at_fork(after_in_child=_ends.clear)
