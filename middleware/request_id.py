"""Identifiers of exchanges: UUIDs that sort by time (RFC 9562, version 7)."""

import os


def new_id(now: float) -> str:
    """Return a new identifier for a moment given in seconds since the epoch.

    48 bits of milliseconds, then 74 random bits: nobody can guess another caller's.
    """
    moment = int(now * 1000) & 0xFFFF_FFFF_FFFF
    chance = int.from_bytes(os.urandom(10))
    high = moment << 16 | 0x7000 | chance >> 68
    low = 0x8000_0000_0000_0000 | chance & 0x3FFF_FFFF_FFFF_FFFF
    text = f"{high:016x}{low:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
