"""Granite Guardian: one criterion a call, asked through the model's own chat template, answered yes or no.

Format: the model cards (huggingface.co/ibm-granite/granite-guardian-3.3-8b and -4.1-8b; for the older way
granite-guardian-3.2-5b) and IBM's documentation (ibm.com/granite/docs/models/guardian): the template takes a
``guardian_config``. Since 3.3 it names a ``criteria_id`` or spells ``custom_criteria``, and the model says
``<score> yes </score>``, after its thoughts where it is let think; before, it named a ``risk_name``, and the
model said ``Yes`` or ``No``, in 3.2 with a ``<confidence>``. Older ones know no definitions of a tenant.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .chat import answered, chat
from .neutral import neutral, one_line
from .passage import ATTACKS, Call, Passage, Reading
from .yes_no import read_yes

CRITERIA: Mapping[str, Sequence[str]] = {
    "jailbreak": (ATTACKS,),
    "violence": ("S5",),
    "unethical_behavior": ("S6",),
    "sexual_content": ("S7",),
    "social_bias": ("S8",),
    "profanity": ("S10",),
}
"""Our tags by the model's criteria."""
TOKENS = 32

_SCORE = re.compile(
    r"\s*(?:<think>.{0,16384}?</think>\s*)?<score>\s*(?P<label>yes|no)\s*</score>\s*",
    re.DOTALL | re.IGNORECASE,
)
_WORD = re.compile(r"\s*(?P<label>Yes|No)\s*(?:<confidence>\s*(?:High|Low)\s*</confidence>)?\s*")


@dataclass(frozen=True, slots=True)
class GraniteGuardian:
    """See `passage.Format`. `older`: a model before 3.3."""

    older: bool

    @property
    def covers(self) -> frozenset[str]:
        """What the criteria stand for."""
        return frozenset(tag for tags in CRITERIA.values() for tag in tags)

    @property
    def own(self) -> bool:
        """Newer models take criteria of one's own."""
        return not self.older

    def calls(self, passage: Passage) -> tuple[Call, ...]:
        """One call for each criterion that is asked about, and for each definition."""
        return tuple(self._calls(passage))

    def read(self, call: Call, body: bytes) -> Reading:
        """Read the score or the word. Raises `Unreadable`."""
        return read_yes(call, answered(body), _WORD if self.older else _SCORE)

    def _calls(self, passage: Passage) -> Iterator[Call]:
        for name, tags in CRITERIA.items():
            if not set(tags).isdisjoint(passage.tags):
                key = "risk_name" if self.older else "criteria_id"
                yield self._call(passage, {key: name}, tuple(tags))
        for own in () if self.older else passage.definitions:
            criterion = f"{one_line(own.name)}: {one_line(own.text)}"
            yield self._call(passage, {"custom_criteria": criterion}, (own.tag,))

    def _call(self, passage: Passage, config: dict[str, str], tags: tuple[str, ...]) -> Call:
        turns = [{"role": "assistant" if passage.answer else "user", "content": neutral(passage.text)}]
        if passage.answer:
            turns.insert(0, {"role": "user", "content": neutral(passage.question)})
        template: dict[str, object] = {"guardian_config": config}
        if not self.older:
            template["think"] = False
        return Call(chat(turns, TOKENS, chat_template_kwargs=template), passage, tags=tags)
