"""What a client is told whose request goes nowhere."""

import orjson
from mitmproxy import http

_WORDS = {
    "host_refused": (403, "The proxy does not lead to this host."),
    "host_mismatch": (421, "The request is for another host than its connection was made for."),
    "address_refused": (403, "The proxy does not lead to addresses like this one."),
    "unjudged_request": (403, "Nobody can judge this request, and the policy lets nothing unjudged pass."),
    "shadow_refused": (403, "This host speaks to a model and nobody allowed it."),
    "no_socket": (502, "The host opened no WebSocket, and what it said instead was not judged."),
    "interception_failed": (502, "The proxy failed, and lets nothing pass that it did not look at."),
    "gateway_away": (503, "Nobody is there to look at this request, and it does not pass unseen."),
}


def refusal(code: str) -> http.Response:
    """Return the answer for one of the codes, in the envelope that most SDKs read."""
    status, message = _WORDS[code]
    body = orjson.dumps(
        {"error": {"message": message, "type": "sluicegate_error", "param": None, "code": code}}
    )
    return http.Response.make(status, body, {"content-type": "application/json", "cache-control": "no-store"})
