"""What a text says, as weighted words, pieces of words and pairs of words: a vector without a model.

Common words of a few languages count little. Pieces make forms of a word alike (``merging``, ``merger``), and
stand for words where a script sets none apart. It knows no synonyms: what is said in wholly other words is
not found, which an embedding model is for.
"""

import re
from collections.abc import Mapping

from ..models.plain import plain

_WORD = re.compile(r"\w+")
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_PIECE = 4
_STEM = 5

_COMMON = frozenset(
    """
    a about all also am an and any are as at be been but by can could did do does for from get give had
    has have he her hers him his how i if in into is it its just let like make may me might more most my
    no not now of off on one or our out over please said say she should so some such tell than that the
    their them then there these they this those to too up us want was we were what when where which who
    whom why will with would you your aber als am an auch auf aus bei bin bis bitte da das dass dem den
    der des die doch du ein eine einem einen einer es euch für haben hat ich ihm ihr ihre im ist kann
    kein man mein mir mit nach nicht noch nur oder sehr sein sich sie sind so über um und uns von vor
    war was wer wie wir wird zu zum zur au aux avec ce ces cette comme dans de des du elle en est et eux
    il ils je la le les leur lui ma mais mes moi mon ne nos notre nous on ou où par pas pour qu que qui
    sa se ses son sont sur ta te tes toi ton tu un une vos votre vous al como con cual cuando cómo de
    del donde el ella en es esta este la las le lo los me mi muy más no nos para pero por que qué se si
    sin sobre son su sus te tu un una y yo
    """.split()
)  # fmt: skip
_ASKING = frozenset(
    """
    against announce answer ask before best better buy change compare cost create days draft each every
    example explain find first give good help helps how keep know last less list long look made many
    mean means much need needs new next old people recommend reply send show summarise summarize take
    team text things think time today translate use used using way word words work write year years
    bitte erkläre gibt liste machen mach schreib schreibe schreiben übersetze zeig zeige donne écris
    explique faire fais liste montre traduis cuánto cuánta dame escribe explica haz lista traduce
    """.split()
)
"""What requests are made of, whatever they are about."""
_RARE, _SOME, _USUAL, _STEMS, _PIECES, _PAIRS = 1.0, 0.4, 0.1, 0.7, 0.3, 0.6


def said(text: str) -> Mapping[str, float]:
    """Return the features of a text and their weights, each once however often it stands there."""
    found: dict[str, float] = {}
    before = ""
    for word in _WORD.findall(plain(text)):
        if word in _COMMON:
            found[word] = _USUAL
            continue
        if _DENSE.search(word):
            found |= {word[at : at + 2]: _STEMS for at in range(max(1, len(word) - 1))}
            continue
        if word in _ASKING:
            found[word] = _SOME
            before = word
            continue
        found[word] = _RARE
        if len(word) > _STEM:
            found[f"{word[:_STEM]}*"] = _STEMS
        whole = f"^{word}$"
        found |= {f"~{whole[at : at + _PIECE]}": _PIECES for at in range(max(1, len(whole) - _PIECE + 1))}
        if before:
            found[f"{before} {word}"] = _PAIRS
        before = word
    return found
