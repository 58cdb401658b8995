"""The files that a model is loaded from, and the digest that names what was loaded."""

import hashlib
from functools import cache
from pathlib import Path

from .missing import ModelMissing

FOLDER = Path(__file__).parent / "weights"


def weights(name: str) -> bytes:
    """Return a file of the weights. Raises `ModelMissing`: it was not shipped."""
    try:
        return (FOLDER / name).read_bytes()
    except FileNotFoundError:
        raise ModelMissing(f"the model file {name}") from None


@cache
def digest(*names: str) -> str:
    """Return what names these files: 32 hexadecimal characters. Raises `ModelMissing`."""
    found = hashlib.blake2b(digest_size=16)
    for name in names:
        found.update(hashlib.blake2b(weights(name)).digest())
    return found.hexdigest()
