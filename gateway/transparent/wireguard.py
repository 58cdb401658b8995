"""Keys of the mode `wireguard`, made before mitmproxy would make them readable for everybody."""

import json
import os
from pathlib import Path

from mitmproxy_rs.wireguard import genkey, pubkey

FILE = "wireguard.conf"
"""In the folder that mitmproxy is given; JSON, as mitmproxy has it."""


def make_keys(folder: Path) -> Path:
    """Return the file with the keys of server and client, made with mode 0600 if there is none."""
    path = folder / FILE
    keys = json.dumps({"server_key": genkey(), "client_key": genkey()}, indent=4)
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        path.chmod(0o600)
        return path
    with os.fdopen(made, "w") as file:
        file.write(keys)
    return path


def client_configuration(path: Path, endpoint: str) -> str:
    """Return what a client of WireGuard is given; it holds the client's private key.

    Args:
        path: a file of keys.
        endpoint: address and port that the client sees the proxy at.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no keys.
    """
    try:
        keys = json.loads(path.read_text())
        server, client = pubkey(keys["server_key"]), str(keys["client_key"])
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{path} holds no keys of WireGuard") from None
    return (
        f"[Interface]\nPrivateKey = {client}\nAddress = 10.0.0.1/32\nDNS = 10.0.0.53\n\n"
        f"[Peer]\nPublicKey = {server}\nAllowedIPs = 0.0.0.0/0\nEndpoint = {endpoint}\n"
    )
