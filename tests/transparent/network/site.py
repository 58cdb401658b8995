"""An appliance that intercepts, between clients and hosts that know nothing of it, in three namespaces."""

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sluicegate.appliance.authority import make_root
from tests.support.appliance import environment, until
from tests.support.compiled_rules import with_compiled_rules
from tests.transparent.network.namespaces import PATH, Network, network

HOSTS = (
    "api.openai.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "quiet.example",
    "socket.example",
)
_HEARD = "heard "
HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@dataclass(slots=True)
class Site:
    """The network, what runs in it, and where its files are."""

    net: Network
    folder: Path
    appliance: "subprocess.Popen[str]"
    environment: dict[str, str]

    def curl(
        self, *words: str, cafile: str = "both.pem", where: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Ask from where the clients are, or from elsewhere."""
        return self.net.run(
            where or self.net.client, "curl", "-sS", "-m", "20", "--cacert", str(self.folder / cafile), *words
        )

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one of our commands where the appliance is."""
        ran = self.net.command(self.net.gateway, *python("-m", "sluicegate", *words))
        return subprocess.run(
            ran, env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False
        )

    @property
    def asked(self) -> list[str]:
        """The hosts that were connected to, by the names asked for."""
        return [line for line in self._of_the_hosts if not line.startswith(_HEARD)]

    @property
    def heard(self) -> list[str]:
        """The texts that reached the hosts."""
        return [
            json.loads(line.removeprefix(_HEARD)) for line in self._of_the_hosts if line.startswith(_HEARD)
        ]

    @property
    def _of_the_hosts(self) -> list[str]:
        return (self.folder / "hosts.log").read_text().splitlines()[1:]

    @property
    def log(self) -> str:
        """What the appliance said."""
        return (self.folder / "err.log").read_text()

    def events(self, *names: str) -> list[dict[str, Any]]:
        """The events of these names that the appliance logged, in their order."""
        lines = [
            json.loads(line) for line in self.log.splitlines() if line.startswith("{") and line.endswith("}")
        ]
        return [line for line in lines if line["event"] in names]

    @property
    def interceptors(self) -> list[int]:
        """The processes that were the proxy, the present one last."""
        return [event["pid"] for event in self.events("intercepting")]

    @property
    def children(self) -> list[int]:
        """All processes of the appliance but the first."""
        first = self.appliance.pid
        return [int(pid) for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split()]


def python(*words: str) -> list[str]:
    """A command line of the interpreter that runs this."""
    return [sys.executable, *words]


@contextmanager
def intercepted(folder: Path, settings: str, **more: str) -> Iterator[Site]:
    """Start all of it with a settings file, and further settings; end all of it, whatever happened."""
    _public_certificate(folder)
    (folder / "sluicegate.toml").write_text(settings)
    (folder / "sluicegate.toml").chmod(0o600)
    data_dir = folder / "var"
    with_compiled_rules(data_dir)
    env = environment(data_dir, log_format="json", rate_limit="off", **more)
    env |= {"SSL_CERT_FILE": str(folder / "public.pem"), "PATH": PATH}
    with ExitStack() as stack:
        net = stack.enter_context(network(HOSTS))
        host_log = stack.enter_context((folder / "hosts.log").open("w"))
        log = stack.enter_context((folder / "err.log").open("w"))
        _hosts(stack, net, folder, env, host_log, log)
        words = python("-m", "sluicegate", "up")
        process = started(stack, net, net.gateway, *words, env=env, cwd=folder, stdout=log, stderr=log)
        site = Site(net, folder, process, env)
        led = site.command("intercept", "plan", "--gateway", "c1", "--apply")
        assert led.returncode == 0, led.stderr
        until(lambda: site.events("started") or None, "the appliance")
        until(lambda: "ready" in (folder / "hosts.log").read_text() or None, "the hosts")
        _trust(site)
        yield site


class Spoken:
    """A client of a WebSocket that goes on until the stack ends."""

    def __init__(self, stack: ExitStack, site: Site, url: str) -> None:
        env = {"PATH": PATH, "PYTHONPATH": str(ROOT), "SSL_CERT_FILE": str(site.folder / "both.pem")}
        words = python(str(HERE / "socket_client.py"), url)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = started(stack, site.net, site.net.client, *words, env=env, **pipes)

    def say(self, text: str) -> str | None:
        """Say something; return the answer, None once the connection is closed."""
        self._send(f"say {text}")
        assert self._process.stdout is not None
        answer: str | None = json.loads(self._process.stdout.readline())
        return answer

    def tell(self, text: str) -> None:
        """Say something that has no answer."""
        self._send(f"tell {text}")

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


@contextmanager
def without_gateway(site: Site) -> Iterator[None]:
    """Kill the gateway, all of it, and stop the supervisor, which would start it again."""
    kept = site.interceptors[-1]
    os.kill(site.appliance.pid, signal.SIGSTOP)
    try:
        for child in site.children:
            if child != kept:
                os.kill(child, signal.SIGKILL)
        yield
    finally:
        os.kill(site.appliance.pid, signal.SIGCONT)


def started(
    stack: ExitStack, net: Network, where: str, *words: str, **more: object
) -> "subprocess.Popen[str]":
    """Start a process that ends with the stack."""
    process = net.start(where, *words, **more)
    stack.callback(_end, process)
    return process


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _hosts(
    stack: ExitStack, net: Network, folder: Path, env: dict[str, str], out: IO[str], log: IO[str]
) -> None:
    words = python(str(HERE / "provider_hosts.py"), "45.60.2.2", str(folder / "hosts.pem"))
    own = env | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    started(stack, net, net.host, *words, env=own, stdout=out, stderr=log)


def _trust(site: Site) -> None:
    """Give clients the root, as an administrator does."""
    folder = site.folder
    exported = site.command(
        "ca", "export", "--data-dir", str(folder / "var"), "--output", str(folder / "ours.pem")
    )
    assert exported.returncode == 0, exported.stderr
    both = (folder / "ours.pem").read_bytes() + (folder / "public.pem").read_bytes()
    (folder / "both.pem").write_bytes(both)
    shutil.copymode(folder / "sluicegate.toml", folder / "both.pem")


def _public_certificate(folder: Path) -> None:
    """An authority that everybody trusts anyway, and the certificate of all hosts."""
    public = make_root(None)
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(
            public.certificate.subject,
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTS[0])]),
            key.public_key(),
            x509.random_serial_number(),
        )
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in HOSTS]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(public.key.public_key()), critical=False
        )
        .sign(public.key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "public.pem").write_bytes(public.pem)
    (folder / "hosts.pem").write_bytes(certificate.public_bytes(pem) + private)
