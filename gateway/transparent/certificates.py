"""TLS with clients: certificates of our own authority, and none for whom is refused."""

from ipaddress import ip_address
from pathlib import Path
from typing import override

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from mitmproxy import certs, tls
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.proxy.context import Context

from ..intercepted.host_rules import HostRules, plain
from .asked import is_address

_PARAMETERS = "dhparam.pem"
_THEIRS = frozenset(("certs", "confdir", "key_size", "cert_passphrase", "emudhra", "emudhra_old"))
"""Options by which mitmproxy would take an authority from elsewhere: one of them has a key that leaked."""


class OurTls(TlsConfig):
    """mitmproxy's own configuration of TLS, with an authority that is given instead of found."""

    def __init__(self, authority: bytes, folder: Path, rules: HostRules) -> None:
        self._rules = rules
        self.certstore = _store(authority, folder)

    @override
    def running(self) -> None:
        """Keep the authority: mitmproxy would look for one in a folder, or make its own."""

    @override
    def configure(self, updated: set[str]) -> None:
        """Take what is not about the authority."""
        super().configure(updated - _THEIRS)  # type: ignore[no-untyped-call] # mitmproxy has no annotations here

    @override
    def tls_start_client(self, tls_start: tls.TlsData) -> None:
        """Begin TLS, but with nobody who asks for a host that is refused: that connection ends."""
        context = tls_start.context
        address = context.server.address
        host = plain(context.client.sni or (address[0] if address else ""))
        if self._rules.find(host).action != "refuse":
            super().tls_start_client(tls_start)

    @override
    def get_cert(self, conn_context: Context) -> certs.CertStoreEntry:
        """Return a certificate for the name asked for, or the address where there was none, and no more."""
        address = conn_context.server.address or conn_context.client.sockname
        host = plain(conn_context.client.sni or address[0])
        name = x509.IPAddress(ip_address(host)) if is_address(host) else x509.DNSName(host)
        return self.certstore.get_cert(host, [name])


def _store(authority: bytes, folder: Path) -> certs.CertStore:
    root, *chain = x509.load_pem_x509_certificates(authority)
    key = load_pem_private_key(authority, None)
    if not isinstance(key, EllipticCurvePrivateKey | RSAPrivateKey):
        raise TypeError("the key of the authority is of a kind that signs no certificates of hosts")
    parameters = certs.CertStore.load_dhparam(folder / _PARAMETERS)
    (folder / _PARAMETERS).chmod(0o600)  # no secret, but one rule for the folder is easier to check
    ours = certs.Cert(root)
    store = certs.CertStore(key, ours, None, certs.dummy_crl(key, root), parameters)
    store.default_chain_certs = [ours, *map(certs.Cert, chain)]
    return store
