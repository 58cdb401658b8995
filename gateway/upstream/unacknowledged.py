"""Whether the other end of a TCP connection ever confirmed what was sent last."""

import fcntl
import struct
import termios
from asyncio import WriteTransport


def unacknowledged(transport: WriteTransport, size: int) -> bool:
    """Say whether none of the last `size` bytes that were written was confirmed.

    The kernel counts the bytes between the last confirmed and the last written (``SIOCOUTQ``, the
    number of which is that of ``TIOCOUTQ``; tcp(7)). A confirmed byte may have been read by the
    program at the other end, whatever became of the connection afterwards. Where the kernel does
    not tell, the answer is no.
    """
    sock = transport.get_extra_info("socket")
    if sock is None or sock.fileno() < 0:
        return False
    try:
        queued = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
    except OSError:
        return False
    waiting: int = struct.unpack("i", queued)[0]
    return waiting + transport.get_write_buffer_size() >= size
