"""Telling cheaply which texts of a payload cannot hold a match, so that only the others are opened.

What gives a rule away - an anchor, a lead, context words, the shape of a number between its
neighbours - stands in the very text that holds the match. So all texts are joined, a line each, and
the rules are asked once; where nothing stands in them, nothing would be found, and that is the rule.
Where something does, it is known in which texts and where: those are looked at exactly, by the rules
that it gave away, and what was found goes along. A text is cleared only on proof: whatever is
doubtful is judged as ever.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import batched

from .channels import count_texts
from .crowd import MOST_FINDINGS, most_matches
from .effort import LINE, effort
from .encoded import Encoded
from .json_lines import plain_lines
from .leaves import Leaf, leaves, lines_of, must_open
from .lots import lot_of
from .name_context import context_of
from .ruleset import Hits, Ruleset
from .text_scan import PLAIN, WIDEST, Hit, Look, TextScan, read_through
from .types import Kind, Segment
from .vault import PREFIX
from .views.reading import View
from .views.unicode import odd_ones
from .whole_json import Spelled

type Known = Look | Spelled | None
"""What is known of a text, of a JSON text what it spells; None where its channel is still to look."""

type Inner = tuple[Leaf, ...] | None
"""What a JSON text spells; None where nobody has asked yet."""

_LONGEST_NAME = 32
_SHORTEST_SIGN = 7
"""Characters that show a sign of a view."""
_TOGETHER = 32
"""Texts that are asked for signs together before each is by itself."""
_LONG = 1 << 16
"""Characters of texts from which on a quick look saves next to nothing."""
_MOST_KNOWN = 1024
"""Names that are remembered; clients make up any number of them."""
_MOST_HITS = most_matches(MOST_FINDINGS, spares=False)
"""Matches of one rule in a text that are handed on; whoever finds more looks again, to a policy's bound."""
_NOTHING_SEEN = Look(0, ())
_USUAL = (Kind.TEXT, Kind.OTHER)
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
        self._looked: tuple[str, dict[int, Hits]] | None = None
        """Lines that were scanned and not cleared, and what stands in them: they come again at once."""

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

    def knows(self, name: str) -> bool:
        """Say whether a name was cleared before."""
        return name in self._known

    def silences(self, texts: Sequence[str]) -> bool:
        """Say whether nothing is to be found in any of these texts.

        `doubtful` would return those at most in which something may have to be restored.

        Args:
            texts: texts of kind `TEXT` or `OTHER`, no foreign ones, none of them JSON to be read.
        """
        clear = self._clear
        lines = [text for text in texts if len(text) > _LONGEST_NAME or text not in clear]
        if not lines:
            return True
        if not self._plain:
            return False
        joined = "\n" + "\n".join(lines)
        if len(joined) > _LONG:
            return False
        encoded = Encoded(joined)
        hits = self._ruleset.hits_by_line(encoded, lines)
        self._looked = joined, hits
        if hits or self._signs(self._ruleset, encoded):
            return False
        if not encoded.plain:
            odd_ones.cache_clear()  # no text is kept longer than it is looked at
        return True

    @cached_property
    def _plain(self) -> bool:
        """Whether texts may be joined, and no more rules look at those of the usual kinds."""
        return self._ruleset.joins and self._ruleset.apart.isdisjoint(_USUAL)

    def doubtful(self, segments: Sequence[Segment]) -> Mapping[int, Known]:
        """Return the segments that must be judged by index, in order: often none.

        Raises:
            BadInput: they hold more than `MOST_TEXTS` texts.
        """
        clear = self._clear
        doubtful: dict[int, Known] = {}
        lines: dict[int, str] = {}
        spelled: dict[int, Inner] = {}
        texts = len(segments)
        for index, segment in enumerate(segments):
            text = segment[0]
            if segment[7]:  # encoded: the values it spells are what is judged
                values = plain_lines(text)
                inner = None
                if values is None and (inner := leaves(text, segment.pointer)) is not None:
                    values = [*lines_of(inner)]
                if values is None:
                    doubtful[index] = None
                else:
                    lines[index] = "\n".join(values)
                    spelled[index] = inner
                    texts += len(values)
            elif segment[6] and (before := context_of(segment)):
                lines[index] = before + text
            elif len(text) > _LONGEST_NAME or text not in clear:
                lines[index] = text
        count_texts(texts)
        found = self._found_by_lot(lines, segments, spelled) if lines else None
        if not found:
            return doubtful
        doubtful.update(found)
        return dict(sorted(doubtful.items())) if len(doubtful) > 1 else doubtful

    def _found_by_lot(
        self,
        lines: dict[int, str],
        segments: Sequence[Segment],
        spelled: Mapping[int, Inner],
    ) -> dict[int, Known]:
        """Return the texts that may hold a match; lots with rules of their own are asked apart."""
        ruleset = self._ruleset
        found: dict[int, Known] = {}
        if ruleset.apart:
            lots = {index: lot_of(segments[index]) for index in lines}
            for lot in ruleset.apart.intersection(lots.values()):
                of_lot = {index: line for index, line in lines.items() if lots[index] is lot}
                found.update(self._found(ruleset.of(lot), of_lot, segments, spelled))
                lines = {index: line for index, line in lines.items() if index not in of_lot}
        if lines:
            found.update(self._found(ruleset, lines, segments, spelled))
        return found

    def _found(
        self,
        ruleset: Ruleset,
        lines: dict[int, str],
        segments: Sequence[Segment],
        spelled: Mapping[int, Inner],
    ) -> dict[int, Known]:
        """Return the texts that may hold a match of some rules."""
        if not ruleset.joins:
            return dict.fromkeys(lines)
        texts = [*lines.values()]
        joined = "\n" + "\n".join(texts)
        encoded = Encoded(joined)
        before, self._looked = self._looked, None
        if before is not None and before[0] == joined and ruleset is self._ruleset:
            hits = before[1]
        else:
            hits = ruleset.hits_by_line(encoded, texts)
        found: dict[int, Known] = {}
        if hits:
            indices = [*lines]
            for line, inside in hits.items():
                index = indices[line]
                known = _known(ruleset, segments[index], texts[line], inside)
                if not isinstance(known, Look) or known.hits:
                    found[index] = known
        # A beginning of a placeholder may have to be restored though no rule speaks of it.
        if PREFIX in joined:
            for index, text in lines.items():
                if PREFIX in text and index not in found:
                    found[index] = None if segments[index].encoded else Look(len(segments[index].text), ())
        if shown := self._signs(ruleset, encoded):
            unspelled = {index: text for index, text in lines.items() if not segments[index].encoded}
            for index, text in self._may_show(ruleset, unspelled):
                known = found.get(index, _NOTHING_SEEN)
                if not isinstance(known, Look):
                    continue
                if views := shown if len(texts) == 1 else self._views(ruleset, text):
                    read = self._read(ruleset, segments[index], text, views, known.hits)
                    if not isinstance(read, Look) or read.hits or read.unjudged:
                        found[index] = read
        for index in spelled.keys() & lines.keys():
            self._look_inside(ruleset, index, segments[index], spelled[index], shown, found)
        if shown:
            odd_ones.cache_clear()  # no text is kept longer than it is looked at
        return found if effort.left >= 0 else _all_too_dear(lines, segments, found)

    def _look_inside(
        self,
        ruleset: Ruleset,
        index: int,
        segment: Segment,
        inner: Inner,
        shown: tuple[View, ...],
        found: dict[int, Known],
    ) -> None:
        """Say in `found` what is known of a JSON text: of which lines of it something speaks."""
        spoken = index in found
        if inner is None and (spoken or shown):
            inner = leaves(segment.text, segment.pointer)
        if inner is None:
            return
        found.pop(index, None)
        doubtful = self._doubtful_lines(ruleset, inner, shown, spoken=spoken)
        if any(must_open(leaf, doubtful) for leaf in inner):
            found[index] = Spelled(inner, doubtful)

    def _doubtful_lines(
        self, ruleset: Ruleset, leaves: Iterable[Leaf], shown: tuple[View, ...], *, spoken: bool
    ) -> frozenset[str]:
        """Return the lines of a JSON text that may hold something.

        Args:
            ruleset: the rules.
            leaves: what the text spells.
            shown: the views that it, or a text beside it, shows signs of.
            spoken: a rule speaks of it, or something may have to be restored in it.
        """
        if not (shown or spoken):
            return frozenset()
        lines = [*lines_of(leaves)]
        doubtful = {line for line in lines if PREFIX in line}
        if spoken:
            encoded = Encoded("\n" + "\n".join(lines))
            doubtful.update(lines[index] for index in ruleset.hits_by_line(encoded, lines))
        if shown:
            some = self._may_show(ruleset, {line: line for line in lines})
            doubtful.update(line for line, _ in some if self._shows(ruleset, line))
        return frozenset(doubtful)

    def _may_show[Key](self, ruleset: Ruleset, texts: Mapping[Key, str]) -> Iterator[tuple[Key, str]]:
        """Yield the texts that may show signs of views, until the steps are used up: most show none."""
        for some in batched(texts.items(), _TOGETHER):
            joined = "\n" + "\n".join([text for _, text in some])
            if len(some) > 1 and not self._signs(ruleset, Encoded(joined)):
                continue
            for item in some:
                if effort.left < 0:
                    return
                yield item

    def _signs(self, ruleset: Ruleset, encoded: Encoded) -> tuple[View, ...]:
        """Return the views that texts show signs of, of those that their direction is judged through."""
        return ruleset.signs.of(encoded) if self._whole else ruleset.signs.of_growing(encoded)

    def _views(self, ruleset: Ruleset, text: str) -> tuple[View, ...]:
        """Return the views that one text shows signs of."""
        if text.isascii() and len(text) < _SHORTEST_SIGN:
            return ()
        effort.left -= LINE
        return self._signs(ruleset, Encoded("\n" + text))

    def _read(
        self, ruleset: Ruleset, segment: Segment, text: str, views: tuple[View, ...], known: tuple[Hit, ...]
    ) -> Known:
        """Add to what stands in a text what it reads in views; None where only its channel can say."""
        if not self._whole:
            look = TextScan(ruleset, context_of(segment), most=_MOST_HITS).look(segment.text, final=True)
            return look if len(look.hits) < _MOST_HITS else None
        base = 1 + len(text) - len(segment.text)
        read = read_through(ruleset, "\n" + text, base, views, list(known))
        return Look(len(segment.text), _narrow(read.hits), read.unjudged)

    def _shows(self, ruleset: Ruleset, text: str) -> bool:
        """Say whether a text must be judged for what it reads in a view."""
        if not self._views(ruleset, text):
            return False
        look = TextScan(ruleset, whole=self._whole).look(text, final=True)
        return bool(look.hits or look.unjudged)

    @staticmethod
    def _hits(ruleset: Ruleset, text: str) -> bool:
        return bool(TextScan(ruleset, whole=True).look(text, final=True).hits)


def _known(ruleset: Ruleset, segment: Segment, text: str, hits: Hits) -> Known:
    """Return what stands in a text; None where only its channel can say."""
    if segment.encoded:
        return None
    base = 1 + len(text) - len(segment.text)
    encoded = Encoded("\n" + text)
    found = [
        Hit(rule, start - base, end - base, PLAIN, text[start - 1 : end - 1])
        for rule, start, end in ruleset.matches(encoded, base, hits, _MOST_HITS)
    ]
    return Look(len(segment.text), _narrow(found)) if len(found) < _MOST_HITS else None


def _all_too_dear(
    lines: Mapping[int, str], segments: Sequence[Segment], found: Mapping[int, Known]
) -> dict[int, Known]:
    """Return what is known of texts when the steps are used up: none of them was looked at to its end."""
    looks: dict[int, Known] = {}
    for index in lines:
        text = segments[index]
        look = found.get(index, None if text.encoded else Look(len(text.text), ()))
        looks[index] = look.too_dear() if isinstance(look, Look) else None
    return looks


def _narrow(hits: list[Hit]) -> tuple[Hit, ...]:
    return tuple([hit for hit in hits if hit.end - hit.start <= WIDEST])
