"""A client of a WebSocket that says what it is told, for one network namespace. Run by path.

    socket_client.py URL

Sends what stands behind ``say`` or ``tell`` in every line of its input, and prints the answer to what it
said as JSON, ``null`` once the connection is closed.
"""

import json
import ssl
import sys

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect


def answered(socket: ClientConnection) -> str | bytes | None:
    try:
        return socket.recv(20)
    except ConnectionClosed:
        return None


def main(url: str) -> None:
    with connect(url, ssl=ssl.create_default_context(), proxy=None) as socket:
        for line in sys.stdin:
            how, _, text = line.rstrip("\n").partition(" ")
            socket.send(text)
            if how == "say":
                sys.stdout.write(json.dumps(answered(socket)) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
