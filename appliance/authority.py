"""The certificate authority of the transparent proxy: a root that may speak for inspected hosts only.

Name constraints (RFC 5280 section 4.2.1.10) stand in the root: whoever steals its key can pretend to be
the hosts that are looked into anyway, and nobody else.
"""

import datetime as dt
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = dt.timedelta(days=730)
"""How long a root is good."""
_BACKDATED = dt.timedelta(hours=1)
_EVERY_ADDRESS = (ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("::/0"))


@dataclass(frozen=True, slots=True)
class Root:
    """A root certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key in PEM, not encrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def make_root(names: Iterable[str] | None, now: dt.datetime | None = None) -> Root:
    """Return a new root for the hosts that fit some patterns; None stands for any host."""
    now = now or dt.datetime.now(dt.UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    name = _name(f"Sluicegate interception {now:%Y-%m} {serial & 0xFFFFFFFF:08x}")
    constraints = None if names is None else constraints_of(names)
    certificate = _built(name, name, key, serial, now, constraints).sign(key, hashes.SHA256())
    return Root(certificate, key)


def cross_signed(new: Root, old: Root, now: dt.datetime | None = None) -> x509.Certificate:
    """Return the new root as the old one vouches for it: who trusts the old one trusts what it signs."""
    now = now or dt.datetime.now(dt.UTC)
    builder = _built(
        new.certificate.subject,
        old.certificate.subject,
        new.key,
        x509.random_serial_number(),
        now,
        _constraints(new.certificate),
    ).add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(old.key.public_key()), critical=False)
    return builder.sign(old.key, hashes.SHA256())


def read_root(certificate: bytes, key: bytes) -> Root:
    """Return the root that two PEM texts hold. Raises `ValueError`."""
    loaded = serialization.load_pem_private_key(key, None)
    root = x509.load_pem_x509_certificate(certificate)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey) or loaded.public_key() != root.public_key():
        raise ValueError("key and certificate do not belong together")
    return Root(root, loaded)


def constraints_of(names: Iterable[str]) -> x509.NameConstraints:
    """Return what a root may speak for: the hosts that fit some patterns, and what stands below them."""
    permitted: list[x509.GeneralName] = []
    addresses = False
    for name in dict.fromkeys(map(narrowest, names)):
        try:
            permitted.append(x509.IPAddress(ipaddress.ip_network(name)))
            addresses = True
        except ValueError:
            permitted.append(x509.DNSName(name))
    excluded = None if addresses else [x509.IPAddress(network) for network in _EVERY_ADDRESS]
    return x509.NameConstraints(permitted, excluded)


def narrowest(pattern: str) -> str:
    """Return the domain that all hosts fitting a pattern stand in: constraints know no stars."""
    return pattern.rpartition("*")[2].partition(".")[2] if "*" in pattern else pattern


def speaks_for(certificate: x509.Certificate, pattern: str) -> bool:
    """Say whether a root may speak for the hosts that fit a pattern."""
    constraints = _constraints(certificate)
    if constraints is None:
        return True
    name = narrowest(pattern)
    for permitted in constraints.permitted_subtrees or ():
        if isinstance(permitted, x509.DNSName) and f".{name}".endswith(f".{permitted.value}"):
            return True
        if isinstance(permitted, x509.IPAddress) and str(permitted.value).partition("/")[0] == name:
            return True
    return False


def spoken_for(certificate: x509.Certificate) -> list[str] | None:
    """Return the domains and networks that a root may speak for; None for all there are."""
    constraints = _constraints(certificate)
    return None if constraints is None else [str(item.value) for item in constraints.permitted_subtrees or ()]


def _constraints(certificate: x509.Certificate) -> x509.NameConstraints | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None


def _built(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    serial: int,
    now: dt.datetime,
    constraints: x509.NameConstraints | None,
) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), serial)
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder if constraints is None else builder.add_extension(constraints, critical=True)


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sluicegate"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
