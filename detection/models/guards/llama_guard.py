"""Llama Guard 3 and 4: fourteen hazards of MLCommons, asked through the model's own chat template.

Format: the model cards (huggingface.co/meta-llama/Llama-Guard-3-8B, Llama-Guard-4-12B) and
llama.com/docs/model-cards-and-prompt-formats: the server's template writes the frame around turns that
alternate, the user's first, and the last one is judged. Both generations answer alike;
the fourth takes content as parts, and looks at pictures among them.

No hazard is about prompt attacks but S14, abuse of a code interpreter: a way to break out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .chat import chat, picture_part
from .labels import TOKENS, read_labels
from .neutral import neutral
from .passage import OTHER, Call, Passage, Reading

HAZARDS: Mapping[str, Sequence[str]] = {
    "S1": ("S5",),  # violent crimes
    "S2": ("S6",),  # non-violent crimes
    "S3": ("S17",),  # sex-related crimes
    "S4": ("S4",),  # child sexual exploitation
    "S5": ("S14",),  # defamation
    "S6": ("S19", "S20", "S21"),  # specialized advice
    "S7": ("S11",),  # privacy
    "S8": ("S13",),  # intellectual property
    "S9": ("S15",),  # indiscriminate weapons
    "S10": ("S8",),  # hate
    "S11": ("S16",),  # suicide and self-harm
    "S12": ("S7",),  # sexual content
    "S13": ("S1",),  # elections
    "S14": ("S9",),  # code interpreter abuse
}
"""Our tags by the model's. One that is wider than ours stands for each of ours that it holds."""
_UNKNOWN_QUESTION = "-"
"""Stands where a conversation begins with an answer: the template wants a user's turn first."""


@dataclass(frozen=True, slots=True)
class LlamaGuard:
    """See `passage.Format`. `parts`: content is a list of parts."""

    parts: bool

    @property
    def covers(self) -> frozenset[str]:
        """What the fourteen hazards stand for."""
        return frozenset(tag for tags in HAZARDS.values() for tag in tags)

    @property
    def own(self) -> bool:
        """Its hazards are all it looks for."""
        return False

    def calls(self, passage: Passage) -> tuple[Call, ...]:
        """One call, where anything asked is among the hazards."""
        if self.covers.isdisjoint(passage.tags):
            return ()
        return (Call(chat([*self._turns(passage)], TOKENS), passage),)

    def read(self, call: Call, body: bytes) -> Reading:
        """Read ``safe``, or ``unsafe`` with hazards; see `labels`."""
        return read_labels(call, body, lambda tag: HAZARDS.get(tag, (OTHER,)))

    def _turns(self, passage: Passage) -> list[dict[str, object]]:
        role = "assistant" if passage.answer else "user"
        judged = self._turn(role, passage.text)
        if passage.picture:
            judged = {"role": role, "content": [picture_part(passage.picture)]}
        if not passage.answer:
            return [judged]
        return [self._turn("user", passage.question or _UNKNOWN_QUESTION), judged]

    def _turn(self, role: str, text: str) -> dict[str, object]:
        content = neutral(text)
        return {"role": role, "content": [{"type": "text", "text": content}] if self.parts else content}
