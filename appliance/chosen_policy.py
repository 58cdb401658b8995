"""A policy by name, or from a file of one's own."""

import re
from pathlib import Path

from ..detection.errors import BadPolicy
from ..detection.policy import Policy
from ..detection.policy_file import extends, load_policy
from ..detection.presets import PRESETS
from .errors import SettingError

_ODD = re.compile(r"[^a-z0-9_-]+")


def policy_of(wanted: str) -> Policy:
    """Return a built-in policy, or that of a file. Raises `SettingError`."""
    if wanted in PRESETS:
        return PRESETS[wanted]
    path = Path(wanted)
    if not path.suffix and not path.exists():
        raise SettingError(f"no policy named {wanted}; there are {', '.join(PRESETS)}, or give a file")
    return policy_from(path)


def policy_from(path: Path) -> Policy:
    """Return the policy of a file, called by its name. It may extend one of a file beside it.

    Raises `SettingError`.
    """
    return _read(path, ())


def _read(path: Path, above: tuple[Path, ...]) -> Policy:
    text = _text(path)
    name = _ODD.sub("-", path.stem.lower()).strip("-_")[:63] or "policy"
    try:
        base = extends(text, name)
        beside = path.with_name(f"{base}.toml")
        if base in PRESETS or not beside.is_file():
            return load_policy(text, name, PRESETS)
        if beside in (path, *above):
            raise SettingError(f"{path}: extends itself")
        return load_policy(text, name, {**PRESETS, base: _read(beside, (path, *above))})
    except BadPolicy as error:
        raise SettingError(f"{path}: {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingError(f"{path}: not UTF-8") from None
