"""What a method is given, and what it promises."""

import hmac
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of methods. `digest` is the application's (or tenant's), `seal` the tenant's: 64 bytes."""

    digest: bytes = field(repr=False)
    seal: bytes = field(default=b"", repr=False)

    def derived(self, purpose: bytes) -> bytes:
        """Return 32 bytes for one purpose that tell nothing about another's."""
        return hmac.digest(self.digest, b"method " + purpose, "sha256")


class Given(NamedTuple):
    """A value to be replaced, as it stands in the text, and what it is."""

    value: str
    label: str
    """Short name of what it is, letters only: ``Email``."""
    category: str
    keys: Keys

    def __repr__(self) -> str:
        """Tell all but the value."""
        return f"Given({self.category})"


class Method(Protocol):
    """Makes the text that stands in place of a value. Implementations are frozen dataclasses."""

    name: ClassVar[str]
    """What a policy file calls it."""

    def replace(self, given: Given) -> str:
        """Return the replacement: the same for the same input, and never the value itself."""
        ...


def plain_label(given: Given) -> str:
    """Return the plain label, which says what a value was and nothing else: ``[Email]``."""
    return f"[{given.label}]"


def encoded(value: str) -> bytes:
    """Return a value as bytes, whatever lone surrogates it holds."""
    return value.encode("utf-8", "surrogatepass")
