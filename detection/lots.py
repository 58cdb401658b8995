"""Texts that more rules look at than at others: arguments of calls, and what is nobody's here.

What a tool, a document or a server says in an answer is not the model's, it is what a model reads next.
So rules about prompts look at it there, too.
"""

from typing import Literal

from .types import Kind, Role, Segment

type Lot = Kind | Literal["foreign"]

FOREIGN: Literal["foreign"] = "foreign"
"""Words of somebody who is no party to the exchange, whatever kind of text they are."""


def lot_of(segment: Segment) -> Lot:
    """Return the lot of a text. Arguments of a call stay what they are, whoever made it."""
    kind, role = segment[3], segment[2]
    if kind is not Kind.ARGUMENTS and (role is Role.TOOL or role is Role.RETRIEVED):
        return FOREIGN
    return kind
