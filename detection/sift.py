"""Telling cheaply which texts of a payload cannot hold a match, so that only the others are opened.

What gives a rule away - an anchor, a lead, context words, the shape of a number between its
neighbours - stands in the very text that holds the match. So all texts are joined, a line each, and
the rules are asked once; where nothing stands in them, nothing would be found, and that is the rule.
Where something does, the texts are asked about one by one. A text is cleared only on proof: whatever
is doubtful is judged as ever.
"""

import re
from collections.abc import Iterable, Sequence

from .channels import context_of, too_many
from .encoded import Encoded
from .leaves import leaves
from .ruleset import Ruleset
from .text_scan import TextScan
from .types import Segment
from .vault import PREFIX
from .views import reading

_SHORT = 80
"""Characters of a text that is not looked at by itself unless it must be."""
_LONGEST_NAME = 32
_NAMES = (
    "additionalProperties annotations arguments assistant completion_tokens description developer "
    "frequency_penalty function include_usage json_object json_schema logit_bias logprobs "
    "max_completion_tokens max_tokens metadata modalities parallel_tool_calls parameters prediction "
    "presence_penalty prompt_tokens properties reasoning_effort reasoning_content required "
    "response_format service_tier stream_options temperature tool_call_id tool_calls tool_choice "
    "top_logprobs verbosity web_search_options"
).split()
"""Texts that nearly every payload holds, as names of parameters. What each rule set makes of them is
looked at once."""


class Sift:
    """Clears texts under one rule set.

    Args:
        ruleset: the compiled rules of a direction.
    """

    def __init__(self, ruleset: Ruleset):
        self._ruleset = ruleset
        # A text's end is no neighbour, the line feed behind a joined text is one: no rule may mind it.
        self._joins = not any(
            re.match(f"[{pattern.rule.after}]", "\n") for pattern in ruleset.patterns if pattern.rule.after
        )
        self._clear = frozenset(name for name in _NAMES if not self._hits(name, ""))

    def doubtful(self, segments: Sequence[Segment]) -> list[int]:
        """Return the indices of the segments that must be judged, in order: often none."""
        clear = self._clear
        doubtful: list[int] = []
        lines: dict[int, str] = {}
        texts = len(segments)
        for index, segment in enumerate(segments):
            text = segment[0]
            if segment[7]:  # encoded: the values it spells are what is judged
                inner = leaves(text)
                if inner is None:
                    doubtful.append(index)
                else:
                    lines[index] = "\n".join(inner)
                    texts += len(inner)
            elif segment[6] and (before := context_of(segment)):
                lines[index] = before + text
            elif len(text) > _LONGEST_NAME or text not in clear:
                lines[index] = text
        if too_many(texts):
            return [*range(len(segments))]
        found = self._found(lines) if lines else []
        return sorted(doubtful + found) if found else doubtful

    def _found(self, lines: dict[int, str]) -> list[int]:
        """Return the keys of the texts that may hold a match."""
        if not self._joins:
            return [*lines]
        if self._quiet(lines.values()):
            return []
        short = {key: text for key, text in lines.items() if len(text) < _SHORT}
        long = [key for key in lines if key not in short]
        found = [] if self._quiet(short.values()) else [key for key in short if self._loud(lines[key])]
        found += [key for key in long[:-1] if self._loud(lines[key])]
        # Where nothing stands in the others, it stands in the last: in most requests the newest message.
        if long and (not found or self._loud(lines[long[-1]])):
            found.append(long[-1])
        return found

    def _loud(self, text: str) -> bool:
        return not self._quiet((text,))

    def _quiet(self, texts: Iterable[str]) -> bool:
        """Say whether nothing that gives a rule away stands in some texts, in any reading."""
        joined = "\n" + "\n".join(texts)
        # A beginning of a placeholder may have to be restored though no rule speaks of it.
        if self._ruleset.hits(Encoded(joined)).anchored or PREFIX in joined:
            return False
        if joined.isascii():
            return True
        read = reading(joined)
        return read == joined or not self._ruleset.hits(Encoded(read)).anchored

    def _hits(self, text: str, context: str) -> bool:
        return bool(TextScan(self._ruleset, context, whole=True).look(text, final=True).hits)
