"""A policy by name, or from a file of one's own."""

import re
from pathlib import Path

from ..detection.errors import BadPolicy
from ..detection.policy import Policy
from ..detection.policy_file import load_policy
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
    """Return the policy of a file, called by the name of the file. Raises `SettingError`."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise SettingError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingError(f"{path}: not UTF-8") from None
    name = _ODD.sub("-", path.stem.lower()).strip("-_")[:63] or "policy"
    try:
        return load_policy(text, name, PRESETS)
    except BadPolicy as error:
        raise SettingError(f"{path}: {error}") from None
