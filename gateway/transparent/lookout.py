"""Hosts that nobody knows: whether what is said to them is said to a model."""

from mitmproxy import http

from ..intercepted.shape import MOST_LOOKED_AT, Spoken, is_spoken, may_answer, may_speak, spoken_in
from .asked import asked
from .fail_safe import guarded
from .mends import let_on, refuse, stay
from .post import LOOKED, MEANT, WAY, Part
from .refusals import refusal

MOST_HELD = 1024 * 1024
"""Bytes of a request that wait until it was looked at; a longer one is let through."""
_SEEN = "sluicegate shadow"


class Lookout(Part):
    """Implements mitmproxy's hooks for requests to unknown hosts, in clear or where TLS may be broken."""

    @guarded(refuse, let_on)
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Hold what is worth a look, and let the rest flow."""
        if flow.metadata.get(WAY) != LOOKED or flow.response is not None:
            return
        headers = flow.request.headers
        length = str(headers.get("content-length", ""))
        held = length.isdigit() and int(length) <= MOST_HELD
        worth = may_speak(flow.request.method, str(headers.get("content-type", "")))
        flow.request.stream = not (held and worth)

    @guarded(refuse, let_on)
    def request(self, flow: http.HTTPFlow) -> None:
        """Look at a request that was held."""
        if flow.metadata.get(WAY) != LOOKED or flow.response is not None or flow.request.stream:
            return
        self.tally.count("looked_at")
        spoken = spoken_in(flow.request.path, flow.request.raw_content or b"")
        if spoken is not None:
            self._found(flow, spoken)

    @guarded(stay, stay)
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Let the answer of an unknown host flow, with an eye on how it begins."""
        response = flow.response
        if response is None or flow.metadata.get(WAY) != LOOKED:
            return
        worth = not flow.metadata.get(_SEEN) and may_answer(str(response.headers.get("content-type", "")))
        response.stream = Glance(self, flow) if worth else True

    def seen(self, flow: http.HTTPFlow) -> None:
        """Report a flow, once."""
        if not flow.metadata.get(_SEEN):
            flow.metadata[_SEEN] = True
            place = asked(flow)
            self.tally.count("shadow", place.client, place.host)

    def _found(self, flow: http.HTTPFlow, spoken: Spoken) -> None:
        self.seen(flow)
        shadow = self.post.conduct.shadow
        if shadow == "refuse":
            flow.response = refusal("shadow_refused")
        elif shadow == "inspect":
            if self.post.watch.alive:
                data = flow.request.data
                flow.metadata[MEANT] = data.scheme, data.host, data.port
                self.post.hand_over(flow, asked(flow), spoken)
            elif not self.fails_open:
                flow.response = refusal("gateway_away")
                self.tally.count("failed_closed")


class Glance:
    """Looks at the beginning of an answer that passes unchanged."""

    def __init__(self, lookout: Lookout, flow: http.HTTPFlow) -> None:
        self._lookout = lookout
        self._flow: http.HTTPFlow | None = flow
        self._begin = b""

    def __call__(self, piece: bytes) -> bytes:
        """Take a piece and give it back."""
        try:
            self._look(piece)
        except Exception:  # noqa: BLE001 - nobody judges this answer: a look that fails costs the client nothing
            self._flow = None
            self._lookout.tally.count("failed_open")
        return piece

    def _look(self, piece: bytes) -> None:
        if self._flow is None:
            return
        self._begin += piece[:MOST_LOOKED_AT]
        if is_spoken(self._begin):
            self._lookout.seen(self._flow)
            self._flow = None
        elif len(self._begin) >= MOST_LOOKED_AT:
            self._flow = None
