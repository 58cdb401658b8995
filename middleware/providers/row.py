"""What a provider's table of routes is made of."""

import re
from dataclasses import dataclass

_TEMPLATE = re.compile(r"/[A-Za-z0-9_.\-]+(?:/(?:[A-Za-z0-9_.:\-]|\{[a-z_]+\*?\})+)*")
SOCKET = "WEBSOCKET"
"""Stands for the method of a WebSocket."""

_METHODS = frozenset(("DELETE", "GET", "PATCH", "POST", "PUT", SOCKET))


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow:
    """One kind of request that the gateway serves.

    Attributes:
        method: of the request; `SOCKET` for a WebSocket, whose messages are judged.
        template: its path. ``{name}`` stands for one or more characters other than a slash,
            ``{name*}`` for any number of segments; ``{model}`` and ``{model*}`` name the model.
        dialect: reads the request and its answer; None where neither is judged.
        exempt: why not, in words for an operator; empty where a dialect judges.
        stream: whether the answer is streamed, where the address says so.
        framing: how a streamed answer is framed, where the address says so; see `Addressed`.
        framings: items of the query (``alt=sse``) that ask for another framing, each with that one.
        unjudged: members of the request or the answer that no scanner reads, dotted.
        query: names of query parameters that are sent on beside those of every route.
        sign: name of a header field that tells this provider's requests from those of another one
            with the same method and template.
        accepts: media types of its body; an empty one stands for a body that names none.

    Raises `ValueError` for a row that says neither who judges nor why nobody does.
    """

    method: str
    template: str
    dialect: str | None = None
    exempt: str = ""
    stream: bool | None = None
    framing: str = ""
    framings: tuple[tuple[str, str], ...] = ()
    unjudged: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    sign: str = ""
    accepts: tuple[str, ...] = ("application/json",)

    def __post_init__(self) -> None:
        if (self.dialect is None) != bool(self.exempt):
            raise ValueError(f"{self.method} {self.template}: name a dialect, or why there is none")
        if self.method not in _METHODS or not _TEMPLATE.fullmatch(self.template):
            raise ValueError(f"{self.method} {self.template} is no route")
