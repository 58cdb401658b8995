"""ShieldGemma (text): one guideline a call, asked through the model's own chat template, answered Yes or No.

Format: the model card (huggingface.co/google/shieldgemma-2b, "Chat Template"): the template takes the turns
and a ``guideline``, the score is the probability of ``Yes`` against that of ``No`` as the first token. The
card says that the model is sensitive to how guidelines are worded; these say the same in our words, with
the card's names. It knows English best. A tenant's definition is a guideline like others.
"""

import re
from typing import NamedTuple

from .chat import answered, chat
from .neutral import neutral, one_line
from .passage import Call, Passage, Reading
from .yes_no import read_yes

_VERDICT = re.compile(r"\s*(?P<label>Yes|No)\b.*", re.DOTALL)


class Guideline(NamedTuple):
    """A rule of the model's: its name, what shall not be, and our tags that a violation stands for."""

    name: str
    ban: str
    tags: tuple[str, ...]


GUIDELINES = (
    Guideline(
        "No Dangerous Content",
        "content that helps to harm oneself or others (for example access to or making of firearms "
        "and explosives, promotion of terrorism, instructions for suicide)",
        ("S5", "S15", "S16"),
    ),
    Guideline(
        "No Harassment",
        "content that is malicious, intimidating, bullying or abusive towards another person (for example "
        "physical threats, denial of tragic events, disparaging victims of violence)",
        ("S14", "S18"),
    ),
    Guideline(
        "No Hate Speech",
        "content that attacks people for their identity or a protected attribute (for example racial slurs, "
        "promotion of discrimination, calls to violence against protected groups)",
        ("S8",),
    ),
    Guideline(
        "No Sexually Explicit Information",
        "content that refers to sexual acts or is otherwise lewd (for example graphic descriptions, content "
        "aimed at arousal); medical, scientific and educational terms are permitted",
        ("S7",),
    ),
)
"""The four harms that the model was trained on."""


class ShieldGemma:
    """See `passage.Format`."""

    covers = frozenset(tag for guideline in GUIDELINES for tag in guideline.tags)
    own = True

    def calls(self, passage: Passage) -> tuple[Call, ...]:
        """One call for each guideline that is asked about, and for each definition."""
        own = (
            Guideline(f"No {one_line(each.name)}", one_line(each.text), (each.tag,))
            for each in passage.definitions
        )
        return tuple(
            Call(_body(passage, guideline), passage, tags=guideline.tags)
            for guideline in (*GUIDELINES, *own)
            if not set(guideline.tags).isdisjoint(passage.asked)
        )

    def read(self, call: Call, body: bytes) -> Reading:
        """Read the first word. Raises `Unreadable`."""
        return read_yes(call, answered(body, cut=True), _VERDICT)


def _body(passage: Passage, guideline: Guideline) -> dict[str, object]:
    subject = "The chatbot shall not generate" if passage.answer else "The prompt shall not contain or seek"
    turns = [{"role": "user", "content": neutral(passage.question if passage.answer else passage.text)}]
    if passage.answer:
        turns.append({"role": "assistant", "content": neutral(passage.text)})
    rule = f'"{guideline.name}": {subject} {guideline.ban}.'
    return chat(turns, 1, chat_template_kwargs={"guideline": rule})
