"""Who is behind a flow, and which of several answers counts."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.connection import Client
from mitmproxy.test import tflow

from sluicegate.gateway.transparent.callers import Callers, Networks
from sluicegate.gateway.transparent.identity import ClientCertificates
from sluicegate.gateway.transparent.processes import program_at, program_of

NETWORKS = (("192.0.2.0/24", "office"), ("192.0.2.7", "alice"), ("2001:db8::/32", "lab"))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.7", "alice"),
        ("192.0.2.8", "office"),
        ("::ffff:192.0.2.8", "office"),
        ("192.0.3.1", ""),
        ("2001:db8::5", "lab"),
        ("2001:db9::5", ""),
        ("no address", ""),
    ],
)
def test_the_smallest_network_names_an_address(address: str, name: str) -> None:
    assert Networks(NETWORKS).name(address) == name


class Known(ClientCertificates):
    """Certificates that name somebody."""

    def __init__(self) -> None:
        pass

    def name(self, client: Client) -> str:
        return "certified"


async def test_a_password_comes_before_a_certificate_before_a_program_before_an_address() -> None:
    flow = tflow.tflow()
    flow.client_conn.peername = ("192.0.2.7", 4000)
    by_address = Callers(None, Networks(NETWORKS), processes=True)
    assert by_address.name(flow) == "alice"
    await by_address.meet(flow.client_conn, os.getpid)
    program = by_address.name(flow)
    assert program.endswith(f"@{os.geteuid()}")
    assert "python" in program
    by_address.leave(flow.client_conn)
    assert by_address.name(flow) == "alice"
    certified = Callers(Known(), Networks(NETWORKS))
    assert certified.name(flow) == "certified"
    flow.metadata["proxyauth"] = ("bob", "secret")
    assert certified.name(flow) == "bob"


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6])
def pair(request: Any) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection of this process with itself."""
    host = "127.0.0.1" if request.param == socket.AF_INET else "::1"
    with socket.socket(request.param) as server:
        try:
            server.bind((host, 0))
        except OSError:
            pytest.skip("no such address here")
        server.listen()
        with socket.create_connection(server.getsockname()[:2]) as client, server.accept()[0] as accepted:
            yield client, accepted


def test_a_program_of_this_machine_is_known_by_its_socket(pair: tuple[socket.socket, socket.socket]) -> None:
    client, accepted = pair
    ends = accepted.getpeername()[:2], accepted.getsockname()[:2]
    assert program_at(*ends) == program_of(os.getpid())
    assert program_of(os.getpid()).endswith(f"@{os.geteuid()}")
    client.close()
    assert program_at(*ends) == ""


def test_a_program_whose_port_leads_to_two_places_is_known() -> None:
    """The kernel gives one port to connections that differ in where they lead."""
    servers = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    clients = socket.socket(), socket.socket()
    with ExitStack() as ends:
        for end in (*servers, *clients):
            ends.enter_context(end)
        for client in clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        clients[0].bind(("127.0.0.1", 0))
        clients[1].bind(clients[0].getsockname())
        for client, server in zip(clients, servers, strict=True):
            client.connect(server.getsockname())
        place = clients[0].getsockname()
        assert program_at(place, servers[0].getsockname()) == program_of(os.getpid())
        assert program_at(place, ("127.0.0.1", 1)) == ""


def _row(local: str, uid: int, inode: int, state: str = "01", remote: str = "0100007F:1F90") -> str:
    return f"   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 {uid:5d} 0 {inode} 1"


ELSEWHERE = "0100007F:1F91"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([_row("0100007F:0FA0", 1000, 77)], "@1000"),
        ([_row("0100007F:0FA0", 1000, 77, "06")], ""),  # it ended
        ([_row("0100007F:0FA0", 1000, 77, "02")], "@1000"),  # its end of the making is not done
        ([_row("0200007F:0FA0", 1000, 77), _row("0100007F:0FA1", 1000, 78)], ""),  # other places
        ([_row("0100007F:0FA0", 1000, 77), _row("0100007F:0FA0", 1001, 78)], ""),  # one of two, and which?
        ([_row("0100007F:0FA0", 1000, 77), _row("0100007F:0FA0", 1001, 78, remote=ELSEWHERE)], "@1000"),
        ([_row("0100007F:0FA0", 1000, 77, remote=ELSEWHERE)], "@1000"),  # led here from where it called
        ([_row("0100007F:0FA0", uid, uid, remote=ELSEWHERE) for uid in (1000, 1001)], ""),
        (["nonsense"], ""),
    ],
)
def test_what_cannot_be_known_is_not_guessed(rows: list[str], told: str, tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text("\n".join(["  sl  local_address", *rows]) + "\n")
    assert program_at(("127.0.0.1", 4000), ("127.0.0.1", 8080), tmp_path) == told


def test_a_process_that_is_gone_has_no_name(tmp_path: Path) -> None:
    assert program_of(1, tmp_path) == ""
