"""Canaries: strings that an operator put where no answer may bring them from.

One stands in a system prompt, a document or a database and nowhere else. An answer that holds it, in
any view, gives that place away. Found as it is spelled, inside of words too.
"""

import re
from typing import Any

from ..errors import BadPolicy
from ..policy import Policy
from ..policy_reading import Changes, Table
from ..types import Direction, Level
from .own_rules import try_examples
from .scanner import CustomScanner

NAME = "canary"
"""Name of the rule."""
CATEGORY = "leak.canary"
SHORTEST, LONGEST = 8, 200
"""Characters of a canary: a shorter one would stand in an answer by chance."""
MOST = 200


def read_canaries(value: Any, policy: Policy, where: str) -> Changes:
    """Add the canaries of a file to those of the policy it extends. Raises `BadPolicy`."""
    table = Table(value, f"{where}: canaries")
    given = table.texts("words")
    table.done(("words",))
    if not all(SHORTEST <= len(word) <= LONGEST and word.strip() == word for word in given):
        raise table.fail("words", f"must have {SHORTEST} to {LONGEST} characters and no blank at either end")
    found = {scanner.name: scanner for scanner in policy.scanners}
    before = found[NAME].words if NAME in found and found[NAME].category == CATEGORY else ()
    words = tuple(dict.fromkeys((*before, *given)))
    if len(words) > MOST:
        raise BadPolicy(f"{where}: canaries: more than {MOST} words")
    found[NAME] = scanner = _scanner(words)
    try_examples(scanner)
    return {"scanners": tuple(found.values())}


def _scanner(words: tuple[str, ...]) -> CustomScanner:
    return CustomScanner(
        name=NAME,
        tag="",
        category=CATEGORY,
        way="regex",
        level=Level.HIGH,
        words=words,
        pattern="|".join(map(re.escape, words)),
        exact_case=True,
        directions=(Direction.ANSWER,),
        matches=words,
    )
