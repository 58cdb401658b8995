"""Anthropic's routes: its own API, and its models on Vertex AI.

The list of batches is not served: all applications share the account, and would see what is another one's.
"""

from .row import RouteRow

_MEDIA = ("messages.content media", "messages.content.redacted_thinking", "mcp_servers.authorization_token")
_ANSWER = ("content.redacted_thinking", "content.encrypted_content")
_BATCH = "/v1/messages/batches/{id}"
_VERTEX = tuple(
    f"/{version}/projects/{{project}}/locations/{{location}}/publishers/anthropic/models"
    for version in ("v1", "v1beta1")
)
_BETA = ("beta",)
_NO_TEXT = "holds no text"


def _judged(template: str, dialect: str, *unjudged: str, stream: bool | None = None) -> RouteRow:
    return RouteRow(
        method="POST", template=template, dialect=dialect, unjudged=unjudged, query=_BETA, stream=stream
    )


_BATCHES = (
    _judged("/v1/messages/batches", "anthropic_batches", *(f"requests.params.{item}" for item in _MEDIA)),
    RouteRow(method="GET", template=_BATCH, dialect="anthropic_batches", query=_BETA),
    RouteRow(
        method="GET",
        template=f"{_BATCH}/results",
        dialect="anthropic_batches",
        unjudged=_ANSWER,
        query=_BETA,
    ),
    RouteRow(
        method="POST",
        template=f"{_BATCH}/cancel",
        dialect="anthropic_batches",
        query=_BETA,
        accepts=("", "application/json"),
    ),
    RouteRow(method="DELETE", template=_BATCH, exempt=_NO_TEXT, query=_BETA),
)

ROUTES = (
    _judged("/v1/messages", "anthropic", *_MEDIA, *_ANSWER),
    _judged("/v1/messages/count_tokens", "anthropic_count", *_MEDIA),
    *_BATCHES,
    *(
        row
        for models in _VERTEX
        for row in (
            _judged(f"{models}/count-tokens:rawPredict", "anthropic_count", *_MEDIA),
            _judged(f"{models}/{{model}}:rawPredict", "anthropic", *_MEDIA, *_ANSWER, stream=False),
            _judged(f"{models}/{{model}}:streamRawPredict", "anthropic", *_MEDIA, *_ANSWER, stream=True),
        )
    ),
)
