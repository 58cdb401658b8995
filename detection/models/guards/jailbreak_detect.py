"""NemoGuard JailbreakDetect: a classifier behind a route of its own.

Format: the API reference of the NIM (docs.nvidia.com/nim/nemoguard-jailbreakdetect): ``POST /v1/classify``
takes an ``input`` and answers with ``jailbreak`` and a ``score`` between -1 and 1, whose sign tells the class
and whose size the confidence. It reads no instructions, so nothing can be forged.
"""

import math

import orjson

from .passage import ATTACKS, Call, Passage, Reading, Unreadable

_HALF = 0.5


class JailbreakDetect:
    """See `passage.Format`."""

    covers = frozenset((ATTACKS,))
    own = False

    def calls(self, passage: Passage) -> tuple[Call, ...]:
        """One call for what goes to a model; an answer attacks nobody."""
        if ATTACKS not in passage.tags or passage.answer:
            return ()
        return (Call({"input": passage.text}, passage, "/classify", (ATTACKS,)),)

    def read(self, call: Call, body: bytes) -> Reading:
        """Read class and score. Raises `Unreadable`."""
        try:
            answer = orjson.loads(body)
            jailbreak, score = answer["jailbreak"], answer["score"]
        except (orjson.JSONDecodeError, LookupError, TypeError):
            raise Unreadable("no verdict") from None
        if not isinstance(jailbreak, bool) or isinstance(score, bool) or not isinstance(score, int | float):
            raise Unreadable("no verdict")
        if math.isnan(score) or not -1 <= score <= 1:
            raise Unreadable("no verdict")
        share = (score + 1) / 2
        return {ATTACKS: max(share, _HALF) if jailbreak else share}
