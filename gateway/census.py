"""What is looked at on each route that the gateway serves, told by the tables that it serves from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ..middleware.providers.match import Claim

type State = Literal["enforced", "partly enforced", "exempt"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One route.

    Attributes:
        provider: whose format it is.
        state: whether all of its texts are judged, all but some, or none.
        dialect: who reads it; None where nobody does.
        beside: the parts that are not judged, or the reason why nothing is.
    """

    method: str
    template: str
    provider: str
    state: State
    dialect: str | None
    beside: tuple[str, ...] = ()


def census(claims: Iterable[Claim]) -> Iterator[Coverage]:
    """Yield the coverage of each route, in the order of the tables."""
    for claim in claims:
        row = claim.row
        state: State = "exempt" if row.dialect is None else "partly enforced" if row.unjudged else "enforced"
        beside = row.unjudged or ((row.exempt,) if row.exempt else ())
        yield Coverage(row.method, row.template, claim.provider, state, row.dialect, beside)
