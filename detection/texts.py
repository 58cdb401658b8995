"""Plain texts through the one path: for callers that have no provider's payload in hand.

Texts are judged like the texts of a payload: the same sift, channels, judge and ledger. Their pointers
are ``/0``, ``/1``... in the order they were given.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .types import AuditCore, Kind, Role, Verdict

if TYPE_CHECKING:
    from .tiers import Ask, Opinion


class Texts:
    """No payload but texts: stands where others have a dialect."""

    name = "texts"


TEXTS = Texts()


class Text(NamedTuple):
    """A text and what it is.

    Of kind `ARGUMENTS` it is the JSON of a tool call, judged by the values it spells; with a `name`, it
    is the value of that one argument. Elsewhere `name` is the field it stood under.
    """

    text: str
    role: Role = Role.USER
    kind: Kind = Kind.TEXT
    name: str = ""

    def __repr__(self) -> str:
        """Tell no text and no name: clients choose them."""
        return f"Text({self.role}, {self.kind}, {len(self.text)} characters)"


ANSWER = Text("", Role.ASSISTANT)
"""What an answer is unless somebody knows better."""


class Judged(NamedTuple):
    """What some texts came to.

    `texts` are what may go on, as many as were given; all empty where the verdict is a block, and where
    a model is to be asked first, see `TextInspection.asks`.
    """

    verdict: Verdict
    texts: tuple[str, ...]

    def __repr__(self) -> str:
        """Tell no text."""
        return f"Judged({self.verdict.action.label}, {len(self.texts)} texts)"


class TextStream(Protocol):
    """An answer that grows. Both laws of streaming hold."""

    @property
    def blocked(self) -> bool:
        """Whether a finding stopped it: nothing more is released."""
        ...

    def feed(self, text: str) -> str:
        """Take the next characters, cut anywhere; return what may leave. Raises `BadInput`."""
        ...

    def close(self) -> str:
        """The text ended: judge and return what was held. Raises `BadInput`."""
        ...


class TextInspection(Protocol):
    """One exchange of plain texts. Calls come in the order of the methods; `prompt` may be left out.

    All but `core` raise `BadInput`: too many texts or values.
    """

    def prompt(self, texts: Sequence[Text]) -> Judged:
        """Judge what goes to a model. Called once."""
        ...

    def answer(self, texts: Sequence[Text]) -> Judged:
        """Judge what a model answered; restore what `prompt` replaced."""
        ...

    @property
    def asks(self) -> "Ask | None":
        """What a model is to be asked before the last call's outcome stands; None where it stands."""
        ...

    def settle(self, opinions: "Sequence[Opinion]") -> Judged:
        """Go on with what is asked: an opinion for each of the doubts, in order.

        Raises `ValueError` where that was not asked.
        """
        ...

    def stream(self, like: Text = ANSWER) -> TextStream:
        """Begin to judge an answer that comes in pieces; `like` says what it is, its text is ignored."""
        ...

    def core(self) -> AuditCore:
        """The audit record as it stands now; a stream's findings appear as it grows."""
        ...
