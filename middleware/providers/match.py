"""Which rows of the tables a path fits. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

from .row import RouteRow

_PARAMETER = re.compile(r"\{([a-z_]+)(\*?)\}")
_ANY_DEPTH = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """A row and the provider whose it is."""

    provider: str
    row: RouteRow


class Match(NamedTuple):
    """A claim on a path, with the parameters in it: decoded."""

    claim: Claim
    parameters: dict[str, str]


class _Template(NamedTuple):
    """A template with parameters, ready to match. `weight` is the number of its fixed characters."""

    weight: int
    pattern: re.Pattern[str]
    claim: Claim


class Matcher:
    """Finds the claims on a path.

    Templates with parameters are kept by their first segment and by their depth, so that a path is
    compared with a few of them only.
    """

    def __init__(self, tables: Iterable[tuple[str, Iterable[RouteRow]]]) -> None:
        self.claims: list[Claim] = []
        self.fixed: dict[bytes, list[Claim]] = {}
        self._templates: dict[tuple[str, int], list[_Template]] = {}
        for provider, rows in tables:
            for row in rows:
                self._add(Claim(provider, row))

    def find(self, path: bytes) -> list[Match]:
        """Return the claims on a canonical path: those of the most literal template first."""
        matches = [Match(claim, {}) for claim in self.fixed.get(path, ())]
        text = path.decode("ascii")
        first, depth = text.split("/", 2)[1], text.count("/")
        kept = self._templates
        found = [
            (template, match)
            for template in (*kept.get((first, depth), ()), *kept.get((first, _ANY_DEPTH), ()))
            if (match := template.pattern.fullmatch(text))
        ]
        found.sort(key=lambda pair: -pair[0].weight)
        return matches + [Match(template.claim, _decoded(match)) for template, match in found]

    def _add(self, claim: Claim) -> None:
        self.claims.append(claim)
        template = claim.row.template
        if "{" not in template:
            self.fixed.setdefault(template.encode(), []).append(claim)
            return
        depth = _ANY_DEPTH if "*}" in template else template.count("/")
        pattern = re.compile("".join(_pieces(template)))
        weight = len(_PARAMETER.sub("", template))
        key = template.split("/", 2)[1], depth
        self._templates.setdefault(key, []).append(_Template(weight, pattern, claim))


def named_places(template: str, path: bytes) -> dict[str, tuple[int, int]]:
    """Return where the parameters of a template stand in a path that fits it."""
    match = re.compile("".join(_pieces(template))).fullmatch(path.decode("ascii"))
    return {name: match.span(name) for name in match.groupdict()} if match else {}


def _pieces(template: str) -> Iterable[str]:
    at = 0
    for parameter in _PARAMETER.finditer(template):
        yield re.escape(template[at : parameter.start()])
        name, deep = parameter.groups()
        yield f"(?P<{name}>.+)" if deep else f"(?P<{name}>[^/]+)"
        at = parameter.end()
    yield re.escape(template[at:])


def _decoded(match: re.Match[str]) -> dict[str, str]:
    return {name: unquote(value) for name, value in match.groupdict().items()}
