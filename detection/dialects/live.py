"""What a dialect of a WebSocket is: messages both ways, many answers on one connection.

A message of the client is read like a request, an answer like a stream of frames (see `Dialect`). What is
more is which answer a message belongs to, and how each side is told that something was refused.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from .base import Dialect


class Strand(NamedTuple):
    """The answer that a message of the provider belongs to.

    Attributes:
        name: which one; empty for a message that stands for itself.
        ends: whether this is its last message.
        turn: whether it is what the model says: the client's messages before it are its request.
    """

    name: str = ""
    ends: bool = False
    turn: bool = False


ALONE = Strand()
"""A message that stands for itself."""


class Sorter(Protocol):
    """Sorts the messages of one connection; remembers what that needs."""

    def strand(self, tree: Any) -> Strand:
        """Return the answer that a message of the provider belongs to."""
        ...

    def instructs(self, tree: Any) -> bool:
        """Say whether a message of the client holds what the model is told to be from here on."""
        ...

    def continues(self, tree: Any) -> str:
        """Return the answer under way that a client's message goes on with; empty for one that asks anew."""
        ...

    def model(self, tree: Any) -> str:
        """Return the model that a client's message names for the connection; empty where none does."""
        ...

    def declined(self, tree: Any, code: str, text: str) -> Sequence[Any]:
        """Return the messages that tell the client that its own one was not sent on.

        None where only the end of the connection can say that.
        """
        ...

    def cancelled(self, name: str) -> Sequence[Any]:
        """Return the messages that tell the provider that nobody hears an answer any more."""
        ...


@runtime_checkable
class LiveDialect(Dialect, Protocol):
    """One wire format of a WebSocket."""

    def sorter(self) -> Sorter:
        """Begin a connection."""
        ...
