"""Loads the models and scores texts in a process that may open no socket. A test starts it.

The kernel is told to end the process (SIGSYS) when any thread of it asks for a socket: what a library does in
C, or in a thread of its own, cannot hide from that.
"""

import ctypes
import platform
import struct
import sys

_NO_NEW_PRIVILEGES, _SET_FILTER, _FILTER = 38, 22, 2
_KILL, _ALLOW = 0x80000000, 0x7FFF0000
_SOCKET = {"x86_64": 41, "aarch64": 198}


def _forbid_sockets() -> None:
    """Install a filter for system calls: load the number, end the process at `socket`, allow the rest."""
    rules = (
        struct.pack("HBBI", 0x20, 0, 0, 0)
        + struct.pack("HBBI", 0x15, 0, 1, _SOCKET[platform.machine()])
        + struct.pack("HBBI", 0x06, 0, 0, _KILL)
        + struct.pack("HBBI", 0x06, 0, 0, _ALLOW)
    )
    held = ctypes.create_string_buffer(rules)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(held)))
    libc = ctypes.CDLL(None, use_errno=True)
    unused = ctypes.c_ulong(0)
    if libc.prctl(_NO_NEW_PRIVILEGES, ctypes.c_ulong(1), unused, unused, unused):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if libc.prctl(_SET_FILTER, ctypes.c_ulong(_FILTER), program, unused, unused):
        raise OSError(ctypes.get_errno(), "seccomp")


def main() -> None:
    """Do one of two things: use the models, or show that the filter holds."""
    _forbid_sockets()
    if sys.argv[1] == "socket":
        import socket

        socket.socket()
    from sluicegate.detection.models.encoder import Encoder
    from sluicegate.detection.models.linear import LinearModel

    text = "Thank you for the soup. " * 40
    first, second = LinearModel.load().score(text), Encoder.load().score([text, "hello"])
    sys.stdout.write(f"{len(first)} {len(second)}\n")


if __name__ == "__main__":
    main()
