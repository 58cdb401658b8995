"""The mode `local`: the kernel leads one program of this machine through the proxy, and says who it is."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transparent.network.namespaces import PATH, possible
from tests.transparent.network.site import HERE, ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(200)]

_SUDO = '#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do shift; done\nexec "$@"\n'
_REFUSED = ("kernel refused", "cgroup", "Operation not permitted", "mount:")


@pytest.fixture
def space() -> Iterator[str]:
    """A network namespace with nothing in it but itself."""
    if not possible() or not Path("/dev/net/tun").exists():
        pytest.skip("no network namespaces, not root, or no tunnels")
    name = f"sg{os.getpid()}l"
    subprocess.run(["ip", "netns", "add", name], env={"PATH": PATH}, check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], env={"PATH": PATH}, check=True)
        yield name
    finally:
        held = subprocess.run(
            ["ip", "netns", "pids", name], env={"PATH": PATH}, capture_output=True, text=True, check=False
        )
        for pid in held.stdout.split():
            os.kill(int(pid), signal.SIGKILL)
        subprocess.run(["ip", "netns", "delete", name], env={"PATH": PATH}, check=False)


def test_a_program_is_led_through_the_proxy_by_the_kernel(space: str, tmp_path: Path) -> None:
    curl = shutil.which("curl", path=PATH)
    assert curl is not None
    program = tmp_path / f"sgcurl{os.getpid()}"
    shutil.copy(curl, program)
    sudo = tmp_path / "bin" / "sudo"
    sudo.parent.mkdir()
    sudo.write_text(_SUDO)
    sudo.chmod(0o755)
    env = {"PATH": f"{sudo.parent}:{PATH}", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    inside = 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"'  # the namespace has mounts of its own
    script = [sys.executable, "-W", "ignore", str(HERE / "local_mode.py"), str(tmp_path), str(program)]
    command = ["ip", "netns", "exec", space, "sh", "-c", inside, "sh", *script]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=150)
    if ran.returncode and any(word in ran.stderr for word in _REFUSED):
        pytest.skip("this kernel takes no such program")
    assert ran.returncode == 0, ran.stderr[-3000:]
    got = json.loads(ran.stdout.splitlines()[-1])
    assert "content_filter" in got["said"], got["wrong"]
    assert got["key"] == f"proxy:{program.name}@0"[:36]
