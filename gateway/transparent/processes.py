"""Which program of this machine holds the other end of a connection, as Linux tells it. Empty where unknown.

Format of ``/proc/net/tcp``: proc(5). An address is the kernel's own words in hexadecimal, each in the byte
order of the machine. A connection that is up has the state 01; one that its program still makes has 02: in
the mode `local` mitmproxy may know of it before the program does.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

type Place = tuple[str, int]
"""An address and a port."""

_PROC = Path("/proc")
_TABLES = ("net/tcp", "net/tcp6")
_STATES = ("01", "02")
_LOCAL, _REMOTE, _STATE, _UID, _INODE = 1, 2, 3, 7, 9
_MAPPED = IPv6Address("::ffff:0:0")


def program_at(client: Place, called: Place, proc: Path = _PROC) -> str:
    """Return whose socket a client's end is: ``curl@1000``, or ``@1000`` of a program nobody sees.

    Reads files of the system, which may take milliseconds. Connections to different places may share the
    client's: then `called`, the place this one was made to, says which is meant. Where none was made to it
    (it may have been led elsewhere on the way) and several share, it is nobody's.
    """
    local, remote = _spelled(*client), _spelled(*called)
    rows = [row for row in _rows(proc) if row[_LOCAL] in local and row[_STATE] in _STATES]
    meant = [row for row in rows if row[_REMOTE] in remote] or rows
    found = {(int(row[_UID]), row[_INODE]) for row in meant}
    if len(found) != 1:
        return ""
    ((uid, inode),) = found
    return program_of(_holder(uid, inode, proc), proc) or f"@{uid}"


def program_of(pid: int, proc: Path = _PROC) -> str:
    """Return the program of a process and its user, as ``curl@1000``; empty where that is not to be known."""
    try:
        name = (proc / str(pid) / "exe").readlink().name
        uid = (proc / str(pid)).stat().st_uid
    except OSError:
        return ""
    return f"{name.removesuffix(' (deleted)')}@{uid}"


def _holder(uid: int, inode: str, proc: Path) -> int:
    """Return a process of a user that has a socket open; 0 for none that may be looked into."""
    for entry in proc.iterdir():
        with suppress(OSError):  # it ended, or is not ours to look into
            if entry.name.isdigit() and entry.stat().st_uid == uid and _holds(entry, inode):
                return int(entry.name)
    return 0


def _holds(process: Path, inode: str) -> bool:
    wanted = f"socket:[{inode}]"
    for entry in (process / "fd").iterdir():
        with suppress(OSError):
            if str(entry.readlink()) == wanted:
                return True
    return False


def _rows(proc: Path) -> Iterator[list[str]]:
    for name in _TABLES:
        with suppress(OSError):
            for line in (proc / name).read_text("ascii").splitlines()[1:]:
                row = line.split()
                if len(row) > _INODE:
                    yield row


def _spelled(address: str, port: int) -> tuple[str, ...]:
    """Return the ways in which the tables may write a place."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        forms: tuple[IPv4Address | IPv6Address, ...] = (
            found,
            *([found.ipv4_mapped] if found.ipv4_mapped else ()),
        )
    else:
        forms = (found, IPv6Address(int(_MAPPED) | int(found)))
    return tuple(f"{_words(form.packed)}:{port:04X}" for form in forms)


def _words(packed: bytes) -> str:
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
