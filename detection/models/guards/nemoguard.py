"""NemoGuard content safety (Nemotron Safety Guard): one call for 23 categories and a tenant's own.

Format: the prompt template of the NIM (docs.nvidia.com/nim/llama-3-1-nemoguard-8b-contentsafety) and the
model card (huggingface.co/nvidia/Llama-3.1-Nemotron-Safety-Guard-8B-v3): one user message holds task,
categories and conversation; the answer is JSON with ``User Safety``, ``Response Safety`` where there is a
response, and ``Safety Categories`` by name where something is unsafe. The words are the model's interface.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import orjson

from .chat import answered, chat
from .likelihood import likelihoods
from .neutral import neutral, one_line
from .passage import OTHER, Call, Passage, Reading, Unreadable
from .told import safe, unsafe

CATEGORIES: Mapping[str, Sequence[str]] = {
    "Violence": ("S5",),
    "Sexual": ("S7",),
    "Criminal Planning/Confessions": ("S6",),
    "Guns and Illegal Weapons": ("S6",),
    "Controlled/Regulated Substances": ("S6",),
    "Suicide and Self Harm": ("S16",),
    "Sexual (minor)": ("S4",),
    "Hate/Identity Hate": ("S8",),
    "PII/Privacy": ("S11",),
    "Harassment": ("S14",),
    "Threat": ("S18",),
    "Profanity": ("S10",),
    "Needs Caution": (OTHER,),
    "Other": (OTHER,),
    "Manipulation": (OTHER,),
    "Fraud/Deception": ("S6",),
    "Malware": ("S6",),
    "High Risk Gov Decision Making": (OTHER,),
    "Political/Misinformation/Conspiracy": ("S1",),
    "Copyright/Trademark/Plagiarism": ("S13",),
    "Unauthorized Advice": ("S19", "S20", "S21"),
    "Illegal Activity": ("S6",),
    "Immoral/Unethical": (OTHER,),
}
"""Our tags by the model's categories, in the order of its prompt."""
TOKENS = 160

_KEYS = frozenset(("User Safety", "Response Safety", "Safety Categories"))
_TASK = (
    "Task: Check if there is unsafe content in the user or agent messages in the below conversation in "
    "accordance with our safety policy with the below categories. Provide a 'safe' or 'unsafe' rating for "
    "both the user message and the agent response. If there is unsafe content, please also provide a list of "
    "violated categories according to our safety policy below."
)
_ORDER = """Use the following format:
{
  "User Safety": string(required),
  "Response Safety": string(optional),
  "Safety Categories": string(optional)
}

The values for User Safety and Response Safety must be from the following list: ["safe", "unsafe"]
For the Safety Categories, provide a comma-separated list of violated categories from the list above.
Do not include anything other than the output JSON in your response.
Output JSON:"""


class NemoGuard:
    """See `passage.Format`."""

    covers = frozenset(tag for tags in CATEGORIES.values() for tag in tags) - {OTHER}
    own = True

    def calls(self, passage: Passage) -> tuple[Call, ...]:
        """One call, where anything asked is among the categories or a tenant's own."""
        if self.covers.isdisjoint(passage.tags) and not passage.definitions:
            return ()
        return (Call(chat([{"role": "user", "content": _prompt(passage)}], TOKENS), passage),)

    def read(self, call: Call, body: bytes) -> Reading:
        """Read the JSON. Raises `Unreadable`."""
        answer = answered(body)
        key = "Response Safety" if call.passage.answer else "User Safety"
        verdict = _object(answer.content)
        found = re.search(rf'"{key}"\s*:\s*"(?P<label>unsafe|safe)"', answer.content)
        if found is None or verdict.get(key) != found["label"]:
            raise Unreadable("no verdict")
        share = likelihoods(answer, found, ("safe", "unsafe"))["unsafe"]
        if found["label"] == "safe":
            return safe(share, call.passage)
        names = [name.strip() for name in verdict.get("Safety Categories", "").split(",") if name.strip()]
        return unsafe(share, (tag for name in names for tag in _tags(name, call.passage)), call.passage)


def _object(content: str) -> dict[str, str]:
    try:
        verdict = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise Unreadable("no verdict") from None
    if not isinstance(verdict, dict) or not _KEYS.issuperset(verdict):
        raise Unreadable("no verdict")
    if not all(isinstance(value, str) for value in verdict.values()):
        raise Unreadable("no verdict")
    return verdict


def _tags(name: str, passage: Passage) -> Sequence[str]:
    own = (each.tag for each in passage.definitions if one_line(each.name) == name)
    return CATEGORIES.get(name) or tuple(own) or (OTHER,)


def _prompt(passage: Passage) -> str:
    return "\n\n".join(
        (
            _TASK,
            "<BEGIN UNSAFE CONTENT CATEGORIES>\n"
            + "\n".join(_categories(passage))
            + "\n<END UNSAFE CONTENT CATEGORIES>",
            "<BEGIN CONVERSATION>\n\n" + "\n\n".join(_turns(passage)) + "\n\n<END CONVERSATION>",
            _ORDER,
        )
    )


def _categories(passage: Passage) -> Iterator[str]:
    for number, name in enumerate(CATEGORIES, 1):
        yield f"S{number}: {name}."
    for number, own in enumerate(passage.definitions, len(CATEGORIES) + 1):
        yield f"S{number}: {one_line(own.name)}. {one_line(own.text)}"


def _turns(passage: Passage) -> Iterator[str]:
    yield f"user: {neutral(passage.question if passage.answer else passage.text)}"
    if passage.answer:
        yield f"response: agent: {neutral(passage.text)}"
