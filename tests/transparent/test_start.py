"""A proxy that cannot serve says so at its start; a user of the proxy is known."""

import asyncio
import base64
import socket
from pathlib import Path

import certifi
import pytest

from sluicegate.appliance.authority import make_root
from sluicegate.gateway.intercepted.host_rules import inspected_names, rules_of
from sluicegate.gateway.transparent.conduct import Conduct, Door
from sluicegate.gateway.transparent.post import Post
from sluicegate.gateway.transparent.proxy import CannotListen, Proxy

RULES = rules_of(())


def _door(folder: Path, *modes: str, users: Path | None = None) -> Door:
    root = make_root(inspected_names(RULES))
    return Door(
        modes=modes,
        host="127.0.0.1",
        port=0,
        authority=root.pem + root.key_pem,
        folder=folder,
        trusted=Path(certifi.where()),
        users=users,
    )


def _post() -> Post:
    return Post(Conduct(rules=RULES, gateway=("127.0.0.1", 1), key=b"k" * 32))


async def _started(door: Door) -> Proxy:
    """A proxy that listens, and is about to end."""
    proxy = Proxy(door, _post())
    ready = asyncio.Event()
    running = asyncio.create_task(proxy.run(ready.set))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED, timeout=30)
    waiting.cancel()
    if running.done():
        running.result()
    return proxy


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"regular@{port}"):
            await _started(_door(tmp_path, f"regular@{port}"))


@pytest.mark.parametrize("modes", [("nonsense",), ("regular@8080", "socks5@8080")])
async def test_modes_that_cannot_be_are_named(tmp_path: Path, modes: tuple[str, ...]) -> None:
    with pytest.raises(CannotListen, match=r"Invalid|same address"):
        Proxy(_door(tmp_path, *modes), _post())


async def test_users_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(CannotListen, match="htpasswd"):
        Proxy(_door(tmp_path, "regular@0", users=tmp_path / "nobody"), _post())


async def test_several_modes_at_once_ask_for_their_users(tmp_path: Path) -> None:
    users = tmp_path / "users"
    # the password is "secret", as htpasswd -s writes it
    users.write_text("alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
    proxy = await _started(_door(tmp_path, "regular@0", "socks5@127.0.0.2:0", users=users))
    assert len(proxy.addresses) == 2
    host, port = proxy.addresses[0]
    for password, status in (("wrong", b"407"), ("secret", b"503")):
        token = base64.b64encode(f"alice:{password}".encode())
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(
            b"GET http://api.openai.com/v1/models HTTP/1.1\r\nhost: api.openai.com\r\n"
            b"proxy-authorization: Basic " + token + b"\r\nconnection: close\r\n\r\n"
        )
        assert status in await asyncio.wait_for(reader.readline(), 20)
        writer.close()
    await proxy.stop()
