"""Routes of Bedrock's runtime.

Not served: asynchronous and bidirectional invocation, whose answers do not come back on the same call.
"""

from .row import RouteRow

_BLOB = ("application/json", "application/octet-stream", "")
"""SDKs name no type of the body of an invocation unless they are told one; it is JSON all the same."""
_MEDIA = ("messages.content media", "messages.content.reasoningContent.redactedContent")

ROUTES = (
    RouteRow(
        method="POST",
        template="/model/{model}/converse",
        dialect="bedrock_converse",
        stream=False,
        unjudged=_MEDIA,
    ),
    RouteRow(
        method="POST",
        template="/model/{model}/converse-stream",
        dialect="bedrock_converse",
        stream=True,
        unjudged=_MEDIA,
    ),
    RouteRow(
        method="POST",
        template="/model/{model}/invoke",
        dialect="bedrock_invoke",
        stream=False,
        unjudged=("media",),
        accepts=_BLOB,
    ),
    RouteRow(
        method="POST",
        template="/model/{model}/invoke-with-response-stream",
        dialect="bedrock_invoke",
        stream=True,
        unjudged=("media",),
        accepts=_BLOB,
    ),
    RouteRow(
        method="POST",
        template="/model/{model}/count-tokens",
        dialect="bedrock_count_tokens",
        unjudged=("input media",),
    ),
    RouteRow(
        method="POST",
        template="/guardrail/{guardrail}/version/{version}/apply",
        dialect="bedrock_guardrail",
        unjudged=("content.image",),
    ),
)
