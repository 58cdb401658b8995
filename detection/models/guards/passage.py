"""What a guard is asked about, what it is sent, and what it said. The seam of all formats."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ...types import Role

CHAT = "/chat/completions"
"""Where most guards are asked, below the base URL (OpenAI's chat completions)."""
OTHER = "other"
"""Stands where a tag would: harmful, of a kind that no tag of ours names."""
ATTACKS = "S9"
"""The tag of attacks on the model; all others are harmful content."""


class Definition(NamedTuple):
    """What a tenant wants found, in words: its tag (S100 or more), its name, its text."""

    tag: str
    name: str
    text: str

    def __repr__(self) -> str:
        """Tell the tag alone."""
        return f"Definition({self.tag})"


@dataclass(frozen=True, slots=True)
class Passage:
    """One text, no longer than a guard reads at once.

    Attributes:
        text: what is judged. Untrusted.
        picture: a picture to be judged in its place, as a data URL. Untrusted.
        role: whose words it holds.
        answer: whether the model wrote it, or its user's side did.
        question: what an answer replies to, where that is known. Untrusted.
        tags: which of S1 to S21 to look for.
        definitions: what to look for beside them.
        nonce: sixteen random hexadecimal digits that no text knew when it was written.
    """

    text: str = field(repr=False)
    role: Role = Role.USER
    answer: bool = False
    question: str = field(default="", repr=False)
    tags: tuple[str, ...] = ()
    definitions: tuple[Definition, ...] = ()
    nonce: str = field(default="", repr=False)
    picture: str = field(default="", repr=False)

    @property
    def asked(self) -> tuple[str, ...]:
        """The tags of everything looked for."""
        return (*self.tags, *(definition.tag for definition in self.definitions))


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a guard.

    Attributes:
        body: the JSON object to send; whoever sends it adds the ``model``.
        path: where to, below the base URL of the API.
        passage: what it asks about.
        tags: the tags that a yes stands for, where one call asks about one thing.
    """

    body: Mapping[str, object] = field(repr=False)
    passage: Passage
    path: str = CHAT
    tags: tuple[str, ...] = ()


type Reading = Mapping[str, float]
"""How likely a guard holds what it was asked about to be there, by tag or `OTHER`: 0 to 1."""


class Unreadable(Exception):
    """An answer that says nothing that can be relied on. Its text is fit for a record, and tells no text."""


class Format(Protocol):
    """How one family of guards is asked and read. Pure, stateless."""

    @property
    def covers(self) -> frozenset[str]:
        """The tags of S1 to S21 that the model can find."""
        ...

    @property
    def own(self) -> bool:
        """Whether it looks for a tenant's own definitions, too."""
        ...

    def calls(self, passage: Passage) -> tuple[Call, ...]:
        """Return the requests that judge a passage, none where the model knows nothing that is asked.

        Nothing that stands in the passage adds a turn to the conversation or ends the part that is judged.
        """
        ...

    def read(self, call: Call, body: bytes) -> Reading:
        """Read the body of a successful answer.

        Raises:
            Unreadable: it is not exactly what the model was trained to say.
        """
        ...
