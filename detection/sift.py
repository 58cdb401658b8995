"""Telling cheaply which texts of a payload cannot hold a match, so that only the others are opened.

What gives a rule away - an anchor, a lead, context words, the shape of a number between its
neighbours - stands in the very text that holds the match. So all texts are joined, a line each, and
the rules are asked once; where nothing stands in them, nothing would be found, and that is the rule.
Where something does, it is known in which texts and where: those are looked at exactly, by the rules
that it gave away, and what was found goes along. A text is cleared only on proof: whatever is
doubtful is judged as ever.
"""

from collections.abc import Mapping, Sequence

from .channels import context_of, too_many
from .encoded import Encoded
from .leaves import leaves
from .ruleset import Hits, Ruleset
from .text_scan import PLAIN, WIDEST, Hit, TextScan
from .types import Segment
from .vault import PREFIX
from .views.folded import FOLDED
from .views.runs import VIEWS

type Known = tuple[Hit, ...] | None
"""The matches of a text; None where they are still to be found."""

_LONGEST_NAME = 32
_SHORTEST_SIGN = 7
"""Characters that show a sign of a view."""
_MOST_KNOWN = 1024
"""Names that are remembered; clients make up any number of them."""
_STREAMED = VIEWS | {FOLDED}
"""Views that a growing text is judged through."""
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
        whole: its texts are judged whole, not as streams.
    """

    def __init__(self, ruleset: Ruleset, *, whole: bool):
        self._ruleset = ruleset
        self._whole = whole
        every = (ruleset, *map(ruleset.of, ruleset.apart))
        self._clear = frozenset(name for name in _NAMES if not any(self._hits(one, name) for one in every))
        self._known: set[str] = set()

    def clears(self, name: Segment) -> bool:
        """Say whether a name that comes with many payloads is beyond doubt; one that is, is remembered."""
        if name.text in self._known:
            return True
        if self.doubtful((name,)):
            return False
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known.add(name.text)
        return True

    def doubtful(self, segments: Sequence[Segment]) -> Mapping[int, Known]:
        """Return the segments that must be judged by index, in order: often none."""
        clear = self._clear
        doubtful: dict[int, Known] = {}
        lines: dict[int, str] = {}
        spelled: dict[int, list[str]] = {}
        texts = len(segments)
        for index, segment in enumerate(segments):
            text = segment[0]
            if segment[7]:  # encoded: the values it spells are what is judged
                inner = leaves(text)
                if inner is None:
                    doubtful[index] = None
                else:
                    lines[index] = "\n".join(inner)
                    spelled[index] = inner
                    texts += len(inner)
            elif segment[6] and (before := context_of(segment)):
                lines[index] = before + text
            elif len(text) > _LONGEST_NAME or text not in clear:
                lines[index] = text
        if too_many(texts):
            return dict.fromkeys(range(len(segments)))
        found = self._found_by_kind(lines, segments, spelled) if lines else None
        if not found:
            return doubtful
        doubtful.update(found)
        return dict(sorted(doubtful.items())) if len(doubtful) > 1 else doubtful

    def _found_by_kind(
        self, lines: dict[int, str], segments: Sequence[Segment], spelled: Mapping[int, list[str]]
    ) -> dict[int, Known]:
        """Return the texts that may hold a match; kinds with rules of their own are asked apart."""
        ruleset = self._ruleset
        found: dict[int, Known] = {}
        for kind in ruleset.apart:
            those = [index for index in lines if segments[index][3] is kind]
            if those:
                of_kind = {index: lines[index] for index in those}
                found.update(self._found(ruleset.of(kind), of_kind, segments, spelled))
                lines = {index: line for index, line in lines.items() if index not in of_kind}
        if lines:
            found.update(self._found(ruleset, lines, segments, spelled))
        return found

    def _found(
        self,
        ruleset: Ruleset,
        lines: dict[int, str],
        segments: Sequence[Segment],
        spelled: Mapping[int, list[str]],
    ) -> dict[int, Known]:
        """Return the texts that may hold a match of some rules."""
        if not ruleset.joins:
            return dict.fromkeys(lines)
        texts = [*lines.values()]
        joined = "\n" + "\n".join(texts)
        encoded = Encoded(joined)
        hits = ruleset.hits_by_line(encoded, texts)
        found: dict[int, Known] = {}
        if hits:
            indices = [*lines]
            for line, inside in hits.items():
                index = indices[line]
                known = _known(ruleset, segments[index], texts[line], inside)
                if known is None or known:
                    found[index] = known
        # A beginning of a placeholder may have to be restored though no rule speaks of it.
        if PREFIX in joined:
            for index, text in lines.items():
                if PREFIX in text and index not in found:
                    found[index] = () if text.isascii() and not segments[index].encoded else None
        if self._signs(ruleset, encoded):
            for index, text in lines.items():
                if found.get(index, ()) is not None and self._reads(
                    ruleset, spelled.get(index) or [text], index in found
                ):
                    found[index] = None
        return found

    def _signs(self, ruleset: Ruleset, encoded: Encoded) -> bool:
        """Say whether a text shows signs of a view that its direction is judged through."""
        views = ruleset.signs.of(encoded)
        return bool(views) and (self._whole or not _STREAMED.isdisjoint(views))

    def _reads(self, ruleset: Ruleset, texts: list[str], known: bool) -> bool:
        """Say whether one of these texts must be judged for what it reads in a view."""
        for text in texts:
            if (not text.isascii() or len(text) >= _SHORTEST_SIGN) and self._signs(
                ruleset, Encoded("\n" + text)
            ):
                if known:
                    return True
                look = TextScan(ruleset, whole=self._whole).look(text, final=True)
                if look.hits or look.unjudged:
                    return True
        return False

    @staticmethod
    def _hits(ruleset: Ruleset, text: str) -> bool:
        return bool(TextScan(ruleset, whole=True).look(text, final=True).hits)


def _known(ruleset: Ruleset, segment: Segment, text: str, hits: Hits) -> Known:
    """Return what stands in a text; None where only its channel can say."""
    if segment.encoded or not text.isascii():
        return None
    base = 1 + len(text) - len(segment.text)
    encoded = Encoded("\n" + text)
    return tuple(
        [
            Hit(rule, start - base, end - base, PLAIN, text[start - 1 : end - 1])
            for rule, start, end in ruleset.matches(encoded, base, hits)
            if end - start <= WIDEST
        ]
    )
