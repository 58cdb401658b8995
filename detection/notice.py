"""What a caller reads in place of a blocked answer, as far as the policy tells.

The text is the template of the category that was blocked, else the policy's `safe_text`. ``{category}``,
``{rule}``, ``{link}``, ``{application}`` and ``{exchange}`` are filled in; what the policy does not tell,
or nobody knows, is left empty.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .categories import closest
from .policy import Policy
from .ports import Links
from .types import Action, Decided, Direction, Finding, Why

UNSCANNABLE = "unscannable"
"""Stands for the category where a payload is blocked for what nobody could scan."""
OVERFULL = f"{UNSCANNABLE}.too_many_findings"
"""The same where more was found than the policy's bound allows."""
PLACES = ("category", "rule", "link", "application", "exchange")
"""What a template may hold, in braces."""

_PLACE = re.compile(rf"\{{({'|'.join(PLACES)})\}}")


class Letterhead(NamedTuple):
    """Of which exchange a notice speaks. Without `links` it holds no link."""

    exchange: str = ""
    application: str = ""
    links: Links | None = None


NOBODY = Letterhead()
"""Where nothing is known of the exchange."""


def notice(
    policy: Policy, decided: Sequence[Decided], direction: Direction, head: Letterhead = NOBODY
) -> str:
    """Return the text. The same findings give the same one but for its link, which holds its time."""
    blocked = [item.finding for item in decided if item.action is Action.BLOCK]
    finding = max(blocked, key=lambda item: item.level, default=None)
    category = finding.category if finding else unscanned(policy, decided)
    template = closest(dict(policy.responses), category) or policy.safe_text
    why = reason(policy, finding, direction, head, category)

    def filled(place: re.Match[str]) -> str:
        if place[1] == "link":
            return head.links.link(why, policy.link_hours * 3600) if head.links is not None else ""
        return str(getattr(why, place[1]))

    text = _PLACE.sub(filled, template) if "{" in template else template
    if policy.show_categories and blocked and "{category}" not in template:
        text = f"{text} ({', '.join(sorted({item.category for item in blocked}))})"
    return text


def unscanned(policy: Policy, decided: Iterable[Decided]) -> str:
    """Return what stands for the category where no finding blocks: too many findings, or what else it is."""
    acting = sum([item.action >= Action.MASK for item in decided])
    return OVERFULL if acting >= policy.max_findings else UNSCANNABLE


def reason(
    policy: Policy, finding: Finding | None, direction: Direction, head: Letterhead, category: str
) -> Why:
    """Return what a caller may be told of a block."""
    tells_category = policy.show_categories or policy.explain != "none"
    rule = finding.rule if finding else ""
    return Why(
        head.exchange,
        head.application,
        policy.name,
        direction,
        category if tells_category else "",
        rule if policy.explain == "rule" else "",
    )


def misplaced(policy: Policy) -> str | None:
    """Return what is wrong with the templates of a policy: a place that `explain` keeps empty."""
    for template in (policy.safe_text, *(text for _, text in policy.responses)):
        places = set(_PLACE.findall(template))
        if "rule" in places and policy.explain != "rule":
            return '{rule} needs explain = "rule"'
        if "category" in places and policy.explain == "none" and not policy.show_categories:
            return '{category} needs explain = "category" or "rule"'
    return None
