"""A plain, slow reading of what a rule says, to hold the engine and the packs against."""

import re
from functools import cache
from typing import Any

import re2

from sluicegate.detection.regular import parse_class
from sluicegate.detection.rules import Rule
from sluicegate.detection.scanners import VALIDATORS

CONTEXT = 64


@cache
def _compiled(pattern: str, caseless: bool) -> Any:
    options = re2.Options()
    options.longest_match = True
    options.case_sensitive = not caseless
    options.log_errors = False
    return re2.compile(pattern, options)


def find(rule: Rule, text: str) -> list[tuple[int, int]]:
    """Try every start in turn: neighbour or lead, longest body, neighbour, context, validator."""
    found: list[tuple[int, int]] = []
    starts = _behind_leads(rule, text) if rule.lead else range(len(text))
    at = 0
    for start in starts:
        if start < at:
            continue
        end = _end(rule, text, start)
        if end is not None:
            found.append((start, end))
            at = end
    return found


def _behind_leads(rule: Rule, text: str) -> list[int]:
    lead = _compiled(rule.lead, rule.caseless)
    matches = (lead.match(text, at) for at in range(len(text)))
    return sorted({match.end() for match in matches if match})


def _end(rule: Rule, text: str, start: int) -> int | None:
    if rule.before and start and text[start - 1] in parse_class(rule.before):
        return None
    match = _compiled(rule.pattern, rule.caseless).match(text[start : start + rule.max_length])
    if not match:
        return None
    end = start + int(match.end())
    if rule.after and end < len(text) and text[end] in parse_class(rule.after):
        return None
    words = "|".join(map(re.escape, rule.context))
    if words and not re.search(words, text[max(0, start - CONTEXT) : start], re.IGNORECASE):
        return None
    if rule.validator and not VALIDATORS[rule.validator](text[start:end]):
        return None
    return end
