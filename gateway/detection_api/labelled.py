"""Texts after masking, for callers who cannot restore.

A placeholder says nothing to a reader and can only be restored by whoever keeps what it stands for.
Where nobody does, its label is shown instead: ``<EMAIL>``.
"""

from collections.abc import Iterable, Sequence

from ...detection.texts import Judged
from ...detection.types import Decided, Edit
from ...detection.vault import SHAPE
from .categories import bare_entity


def labelled(judged: Judged) -> tuple[str, ...]:
    """Return the texts with a label for each placeholder that was put in."""
    texts = list(judged.texts)
    for edit in judged.verdict.edits:
        if SHAPE.fullmatch(edit.text):
            index = place(edit.pointer)
            texts[index] = texts[index].replace(edit.text, label(edit, judged.verdict.decided))
    return tuple(texts)


def place(pointer: str) -> int:
    """Return which of the texts a pointer stands in: ``/2`` and ``/2#/key`` are in the third."""
    return int(pointer[1:].partition("#")[0].partition("/")[0])


def label(edit: Edit, decided: Iterable[Decided]) -> str:
    """Return what stands for the values of an edit: the name of what was found there."""
    for item in decided:
        finding = item.finding
        if finding.pointer == edit.pointer and edit.span.start <= finding.span.start < edit.span.end:
            return f"<{bare_entity(finding.category)}>"
    return "<REMOVED>"


def restore_mapping(judged: Judged, originals: Sequence[str]) -> dict[str, str]:
    """Return the value behind each placeholder that was put into plain text."""
    return {
        edit.text: originals[place(edit.pointer)][edit.span.start : edit.span.end]
        for edit in judged.verdict.edits
        if SHAPE.fullmatch(edit.text) and "#" not in edit.pointer
    }
