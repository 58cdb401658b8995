"""A client that writes exact bytes to a socket and reads what comes back until it closes."""

import json
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_TIMEOUT = 30.0
_FINAL = 200


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One HTTP answer as it came over the socket. Header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        """The error object of an OpenAI envelope."""
        found = json.loads(self.body)["error"]
        assert set(found) >= {"message", "type", "param", "code"}
        assert isinstance(found["code"], str)
        return dict(found)


def connect(port: int) -> socket.socket:
    """An open connection with a bounded wait on every read and write."""
    return socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT)


def send(port: int, pieces: Iterable[bytes], *, half_close: bool = False) -> list[RawAnswer]:
    """Write the pieces one after the other and return every answer until the server closes."""
    with connect(port) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server had enough; what it said can still be read
        return _answers(_read_all(connection))


def head(method: str, target: str, key: str, *headers: str) -> bytes:
    """A request head with our key, asking to close afterwards."""
    lines = [f"{method} {target} HTTP/1.1", "host: localhost", "connection: close"]
    lines += [f"authorization: Bearer {key}"] if key else []
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1")


def post(target: str, key: str, body: bytes, *headers: str) -> bytes:
    """A whole request with a JSON body."""
    return (
        head("POST", target, key, "content-type: application/json", f"content-length: {len(body)}", *headers)
        + body
    )


def _read_all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65_536):
            received += piece
    except ConnectionError:
        pass  # closed with bytes of ours unread: what came before counts
    return received


def _answers(data: bytes) -> list[RawAnswer]:
    answers = []
    while data.startswith(b"HTTP/1."):
        start, _, rest = data.partition(b"\r\n\r\n")
        first, *lines = start.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        status = int(first.split(" ")[1])
        body, data = _body(headers, rest) if status >= _FINAL else (b"", rest)
        answers.append(RawAnswer(status, headers, body))
    return answers


def _body(headers: dict[str, str], rest: bytes) -> tuple[bytes, bytes]:
    if "content-length" in headers:
        length = int(headers["content-length"])
        return rest[:length], rest[length:]
    if headers.get("transfer-encoding") != "chunked":
        return rest, b""
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size or b"0", 16)
        body, rest = body + rest[:length], rest[length + 2 :]
        if length == 0:
            break
    return body, rest
