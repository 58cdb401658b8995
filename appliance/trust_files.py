"""The root in the forms that systems take, and the page that hands them out."""

import plistlib
import uuid
from collections.abc import Mapping
from html import escape
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

from ..gateway.intercepted.install_page import InstallPage
from .authority_folder import Authority

JAVA_PASSWORD = "changeit"  # noqa: S105 - what every Java trust store has; it protects nothing that is secret
PEM, DER, PROFILE, JAVA = (
    "sluicegate-ca.pem",
    "sluicegate-ca.cer",
    "sluicegate-ca.mobileconfig",
    "sluicegate-ca.p12",
)

STEPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Debian, Ubuntu": (
        PEM,
        (
            f"sudo cp {PEM} /usr/local/share/ca-certificates/sluicegate-ca.crt",
            "sudo update-ca-certificates",
        ),
    ),
    "Fedora, RHEL": (PEM, (f"sudo cp {PEM} /etc/pki/ca-trust/source/anchors/", "sudo update-ca-trust")),
    "macOS": (
        PEM,
        (f"sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain {PEM}",),
    ),
    "Windows": (DER, (f"certutil -addstore -f Root {DER}",)),
    "iOS, iPadOS": (
        PROFILE,
        (
            "Open the profile and install it under Settings.",
            "Then trust it under General, About, Certificate Trust Settings.",
        ),
    ),
    "Java": (
        JAVA,
        (
            f"java -Djavax.net.ssl.trustStore={JAVA} -Djavax.net.ssl.trustStoreType=PKCS12",
            f"     -Djavax.net.ssl.trustStorePassword={JAVA_PASSWORD} ...",
        ),
    ),
    "Python, Node.js, curl": (
        PEM,
        (
            f"export SSL_CERT_FILE=$PWD/{PEM} REQUESTS_CA_BUNDLE=$PWD/{PEM}",
            f"export NODE_EXTRA_CA_CERTS=$PWD/{PEM} CURL_CA_BUNDLE=$PWD/{PEM}",
        ),
    ),
}
"""System to the file it takes, and what to do with it."""


def pem(authority: Authority) -> bytes:
    """Return every root that clients should trust, in PEM: for Linux, macOS, Python, Node.js."""
    return authority.trusted_pem


def bundled(authority: Authority) -> bytes:
    """Return the same with the roots that are trusted anyway, for programs that read one file."""
    return Path(certifi.where()).read_bytes() + authority.trusted_pem


def der(authority: Authority) -> bytes:
    """Return the root that signs, in DER: for Windows and Android."""
    return authority.current.certificate.public_bytes(Encoding.DER)


def java(authority: Authority) -> bytes:
    """Return the roots as a PKCS12 trust store that Java reads."""
    entries = [
        pkcs12.PKCS12Certificate(certificate, common_name(certificate).encode())
        for certificate in authority.trusted
    ]
    return pkcs12.serialize_java_truststore(entries, BestAvailableEncryption(JAVA_PASSWORD.encode()))


def profile(authority: Authority) -> bytes:
    """Return a configuration profile that iOS, iPadOS and macOS install."""
    payloads = [_payload(certificate) for certificate in authority.trusted]
    return plistlib.dumps(
        {
            "PayloadContent": payloads,
            "PayloadDisplayName": "Sluicegate interception",
            "PayloadIdentifier": "sluicegate.interception",
            "PayloadType": "Configuration",
            "PayloadUUID": _uuid(authority.current.certificate, "profile"),
            "PayloadVersion": 1,
        }
    )


FORMS = {"pem": (PEM, pem), "der": (DER, der), "java": (JAVA, java), "profile": (PROFILE, profile)}
"""Name of a form to the usual name of its file, and what makes it."""


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate, for a person to compare."""
    return certificate.fingerprint(hashes.SHA256()).hex(":")


def install_page(authority: Authority) -> InstallPage:
    """Return the page that the proxy serves under its own name."""
    rows = "".join(_row(system, *steps) for system, steps in STEPS.items())
    prints = "".join(f"<li><code>{fingerprint(item)}</code></li>" for item in authority.trusted)
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Trust this proxy</title>"
        "<style>body{font:16px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
        "pre{background:#eee;padding:.5rem;white-space:pre-wrap}code{word-break:break-all}</style>"
        "<h1>Trust this proxy</h1><p>It looks into what is said to language models, as your organisation "
        "decided. Compare the fingerprint with the one you were told before you trust a file.</p>"
        f"<ul>{prints}</ul>{rows}</html>"
    )
    kinds = {
        PEM: "application/x-pem-file",
        DER: "application/pkix-cert",
        JAVA: "application/x-pkcs12",
        PROFILE: "application/x-apple-aspen-config",
    }
    return InstallPage(page, {name: (kinds[name], make(authority)) for name, make in FORMS.values()})


def _row(system: str, name: str, steps: tuple[str, ...]) -> str:
    lines = escape("\n".join(steps))
    return f'<h2>{escape(system)}</h2><p><a href="/{name}">{name}</a></p><pre>{lines}</pre>'


def _payload(certificate: x509.Certificate) -> dict[str, object]:
    return {
        "PayloadCertificateFileName": DER,
        "PayloadContent": certificate.public_bytes(Encoding.DER),
        "PayloadDisplayName": common_name(certificate),
        "PayloadIdentifier": f"sluicegate.interception.{certificate.serial_number:x}",
        "PayloadType": "com.apple.security.root",
        "PayloadUUID": _uuid(certificate, "root"),
        "PayloadVersion": 1,
    }


def common_name(certificate: x509.Certificate) -> str:
    """Return what a root calls itself."""
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def _uuid(certificate: x509.Certificate, what: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{what}:{fingerprint(certificate)}")).upper()
