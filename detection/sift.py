"""Telling cheaply which texts of a payload cannot hold a match, so that only the others are opened.

Every match holds its rule's anchor, or has it in its lead, within its own text; placeholders have a
rule of their own. So all texts are
joined, a line each, and the rules are asked once whether any anchor stands anywhere; where none
does, nothing would be found in any of them, and that is the rule. Where one does, each text is
looked at by itself. A text is cleared only on proof: whatever is doubtful is judged as ever.
"""

import re
from collections.abc import Sequence

from .channels import context_of
from .encoded import Encoded
from .ruleset import Ruleset
from .text_scan import TextScan
from .types import Segment
from .vault import PREFIX
from .views import reading

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
        lines = [""]
        doubtful = []
        for index, segment in enumerate(segments):
            text = segment[0]
            if segment[7]:  # encoded: the values it spells are what is judged
                doubtful.append(index)
            elif segment[6] and (context := context_of(segment)):
                lines.append(context + text)
            elif len(text) > _LONGEST_NAME or text not in clear:
                lines.append(text)
        if self._joins and self._quiet("\n".join(lines)):
            return doubtful
        return [index for index, segment in enumerate(segments) if segment.encoded or self._found(segment)]

    def _quiet(self, joined: str) -> bool:
        """Say whether no rule's anchor stands in a text in any reading."""
        if self._ruleset.hits(Encoded(joined)).likely():
            return False
        if joined.isascii():
            return True
        read = reading(joined)
        return read == joined or not self._ruleset.hits(Encoded(read)).likely()

    def _found(self, segment: Segment) -> bool:
        if len(segment.text) <= _LONGEST_NAME and segment.text in self._clear and not context_of(segment):
            return False
        # A beginning of a placeholder may have to be restored though no rule speaks of it.
        return PREFIX in segment.text or self._hits(segment.text, context_of(segment))

    def _hits(self, text: str, context: str) -> bool:
        return bool(TextScan(self._ruleset, context, whole=True).look(text, final=True).hits)
