"""Packs of rules beside the shipped ones: files that somebody signed whom the operator trusts.

A rule is code that reads every prompt. So a pack is taken only with a signature (Ed25519, RFC 8032)
that fits the configured public key, over its very bytes, in a file beside it.
"""

import base64
import binascii
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ..detection.errors import BadRule
from ..detection.pack_trial import try_rules
from ..detection.rules import Rule, load_pack, load_packs
from .errors import SettingError
from .settings import Settings

FOLDER = "packs"
SIGNATURE = ".sig"
"""What the name of a signature has behind that of its pack."""
LARGEST = 4 * 1024 * 1024
MOST = 50
"""Bytes of a pack, and packs."""


def external_rules(settings: Settings) -> tuple[Rule, ...]:
    """Return the rules of the signed packs in the data directory; none where there is no folder.

    Raises:
        SettingError: names the file and what is wrong with it.
    """
    folder = settings.data_dir / FOLDER
    paths = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    if len(paths) > MOST:
        raise SettingError(f"{folder}: holds more than {MOST} packs")
    taken = {rule.id for rule in load_packs()} if paths else set()
    rules: list[Rule] = []
    for path in paths:
        for rule in _pack(path, settings.packs_key):
            if rule.id in taken:
                raise SettingError(f"{path}: rule {rule.id}: another rule has this id")
            taken.add(rule.id)
            rules.append(rule)
    return tuple(rules)


def check_pack(path: Path) -> tuple[Rule, ...]:
    """Read a pack and try its rules, signed or not. Raises `SettingError`."""
    return _rules(path, _content(path))


def make_key() -> tuple[bytes, str]:
    """Return a new private key (32 bytes) and its public key as `packs_key` takes it."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes_raw(), base64.b64encode(key.public_key().public_bytes_raw()).decode()


def sign_pack(path: Path, private_key: bytes) -> Path:
    """Write the signature of a pack beside it; return its path. Raises `SettingError`."""
    signature = Ed25519PrivateKey.from_private_bytes(private_key).sign(_content(path))
    written = path.with_name(path.name + SIGNATURE)
    written.write_text(base64.b64encode(signature).decode() + "\n", "ascii")
    return written


def _pack(path: Path, public_key: str | None) -> tuple[Rule, ...]:
    if public_key is None:
        raise SettingError(f"{path}: packs_key is not set: whose packs are trusted?")
    content = _content(path)
    beside = path.with_name(path.name + SIGNATURE)
    try:
        signature = base64.b64decode(beside.read_bytes().strip(), validate=True)
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key)).verify(signature, content)
    except (OSError, binascii.Error, ValueError):
        raise SettingError(f"{path}: has no signature: {beside.name} is missing or unreadable") from None
    except InvalidSignature:
        raise SettingError(f"{path}: the signature does not fit packs_key: the pack is not loaded") from None
    return _rules(path, content)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise SettingError(f"{path}: larger than {LARGEST} bytes; this is no pack")
        return path.read_bytes()
    except OSError as error:
        raise SettingError(f"{path}: cannot be read: {error.strerror}") from None


def _rules(path: Path, content: bytes) -> tuple[Rule, ...]:
    try:
        rules = load_pack(content.decode(), path.stem)
        try_rules(rules)
    except UnicodeDecodeError:
        raise SettingError(f"{path}: not UTF-8 text") from None
    except BadRule as error:
        raise SettingError(f"{path}: {error}") from None
    return rules
