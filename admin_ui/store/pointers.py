"""Keeps what a client wrote out of the places a record names.

A JSON pointer may step through a key the client chose, and a client can put a secret or an
address there. Words that look like names of fields are kept, because they explain a decision;
anything else becomes ``*``.
"""

import re

_PLAIN = re.compile(r"[A-Za-z][A-Za-z_]{0,31}#?|\d{1,6}#?|#|-|")
_LONGEST = 300


def shown(pointer: str) -> str:
    """Return the pointer with every step that could hold a value replaced by ``*``."""
    steps = [step if _PLAIN.fullmatch(step) else "*" for step in pointer.split("/")]
    return "/".join(steps)[:_LONGEST]
