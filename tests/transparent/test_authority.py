"""The root speaks for inspected hosts only, is its owner's alone, and is replaced while both are trusted."""

import datetime as dt
import plistlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509.oid import NameOID

from sluicegate.appliance.authority import Root, make_root, speaks_for, spoken_for
from sluicegate.appliance.authority_folder import activate, open_authority, rotate
from sluicegate.appliance.errors import ApplianceError
from sluicegate.appliance.trust_files import FORMS, JAVA_PASSWORD, bundled, fingerprint, install_page

NAMES = ("api.openai.com", "*.openai.azure.com", "10.1.2.3")


def _leaf(root: Root, host: str, folder: Path, chain: bytes = b"") -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(
            root.certificate.subject,
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]),
            key.public_key(),
            x509.random_serial_number(),
        )
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(root.key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / f"{host}.pem"
    path.write_bytes(signed.public_bytes(Encoding.PEM) + chain + private)
    return path


def _trusts(trusted: bytes, leaf: Path, host: str) -> bool:
    """Say whether a client that trusts some roots believes a host's certificate."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(leaf)
    client.load_verify_locations(cadata=trusted.decode())
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(back, there, server_hostname=host)
    theirs = server.wrap_bio(there, back, server_side=True)
    done: set[ssl.SSLObject] = set()
    for _ in range(10):
        for side in (ours, theirs):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
        if len(done) == 2:
            return True
    return False


@pytest.mark.parametrize(
    ("host", "believed"),
    [
        ("api.openai.com", True),
        ("mine.openai.azure.com", True),
        ("api.openai.com.evil.example", False),
        ("openai.com", False),
        ("bank.example", False),
    ],
)
def test_nobody_believes_the_root_about_other_hosts(host: str, believed: bool, tmp_path: Path) -> None:
    root = make_root(NAMES)
    assert _trusts(root.pem, _leaf(root, host, tmp_path), host) is believed


def test_a_root_for_any_host_is_asked_for_in_so_many_words(tmp_path: Path) -> None:
    root = make_root(None)
    assert spoken_for(root.certificate) is None
    assert _trusts(root.pem, _leaf(root, "bank.example", tmp_path), "bank.example")


@pytest.mark.parametrize(
    ("pattern", "yes"),
    [
        ("api.openai.com", True),
        ("*.openai.azure.com", True),
        ("*.api.openai.com", True),
        ("10.1.2.3", True),
        ("10.1.2.4", False),
        ("*.openai.com", False),
        ("xapi.openai.com", False),
    ],
)
def test_it_is_known_whom_a_root_speaks_for(pattern: str, yes: bool) -> None:
    assert speaks_for(make_root(NAMES).certificate, pattern) is yes


def test_a_root_is_replaced_while_both_are_trusted(tmp_path: Path) -> None:
    first = open_authority(tmp_path, NAMES)
    assert open_authority(tmp_path, None).current.pem == first.current.pem
    waiting = rotate(tmp_path, NAMES)
    assert (waiting.current.pem, len(waiting.trusted)) == (first.current.pem, 2)
    with pytest.raises(ApplianceError, match="made already"):
        rotate(tmp_path, NAMES)
    second = activate(tmp_path)
    assert waiting.coming is not None
    assert second.current.pem == waiting.coming.pem
    assert second.previous is not None
    assert second.cross is not None
    chain = second.cross.public_bytes(Encoding.PEM)
    leaf = _leaf(second.current, "api.openai.com", tmp_path, chain)
    assert _trusts(second.current.pem, leaf, "api.openai.com")
    assert _trusts(first.current.pem, leaf, "api.openai.com"), "who has not heard of the new one"
    with pytest.raises(ApplianceError, match="no next root"):
        activate(tmp_path)


def test_the_files_are_their_owners_alone(tmp_path: Path) -> None:
    open_authority(tmp_path, NAMES)
    rotate(tmp_path, NAMES)
    activate(tmp_path)
    folder = tmp_path / "ca"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    (folder / "root.pem").chmod(0o640)
    with pytest.raises(ApplianceError, match="chmod 600"):
        open_authority(tmp_path, NAMES)


def test_a_damaged_root_is_named(tmp_path: Path) -> None:
    open_authority(tmp_path, NAMES)
    (tmp_path / "ca" / "root.pem").write_text("nothing")
    with pytest.raises(ApplianceError, match="damaged"):
        open_authority(tmp_path, NAMES)


def test_every_form_holds_the_roots_and_no_key(tmp_path: Path) -> None:
    open_authority(tmp_path, NAMES)
    authority = rotate(tmp_path, NAMES)
    prints = [fingerprint(item) for item in authority.trusted]
    made = {name: make(authority) for name, (_, make) in FORMS.items()}
    assert [fingerprint(item) for item in x509.load_pem_x509_certificates(made["pem"])] == prints
    assert fingerprint(x509.load_der_x509_certificate(made["der"])) == prints[0]
    store = pkcs12.load_pkcs12(made["java"], JAVA_PASSWORD.encode())
    assert store.key is None
    assert [fingerprint(item.certificate) for item in store.additional_certs] == prints
    profile = plistlib.loads(made["profile"])
    roots = [x509.load_der_x509_certificate(item["PayloadContent"]) for item in profile["PayloadContent"]]
    assert [fingerprint(item) for item in roots] == prints
    assert bundled(authority).endswith(made["pem"])
    assert not [name for name, content in made.items() if b"PRIVATE" in content]
    page = install_page(authority).answer("/").content.decode()
    assert all(item in page for item in prints)
    assert "PRIVATE" not in page
