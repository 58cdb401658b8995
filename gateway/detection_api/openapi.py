"""The service described: an OpenAPI 3.1 document from the table that also serves, and a page to read it."""

import html
from collections.abc import Sequence
from functools import cache
from typing import Any

from ... import __version__
from .call import Call, Operation, Reply
from .moderations import FAMILY as OPENAI
from .ogr import FAMILY as OGR
from .schemas import INTEGER, OBJECT, STRING, any_of, array, obj, or_null
from .shapes import Schema
from .written import written

FAMILY = "This document"
_FAULT: Schema = obj(
    {
        "detail": any_of(STRING, array(OBJECT), OBJECT),
        "error_code": STRING,
        "status_code": INTEGER,
    },
    {"retry_after": INTEGER, "error": OBJECT},
)
_OGR_FAULT: Schema = obj({"error": STRING}, {"details": array(OBJECT), "limit": INTEGER, "message": STRING})
_OPENAI_FAULT: Schema = obj(
    {"error": obj({"message": STRING, "type": STRING}, {"param": or_null(STRING), "code": or_null(STRING)})}
)
_FAULTS = {
    400: "The path is not canonical, or credentials contradict",
    401: "No key that is known",
    403: "Banned, or not allowed",
    404: "No such thing",
    405: "Not with this method",
    408: "The body took too long",
    413: "The body is too large",
    415: "The body is not JSON in UTF-8",
    422: "The request does not have its shape",
    429: "Too many calls",
    503: "Calls cannot be recorded, or the record cannot be read, now",
}
_OGR_FAULTS = {
    400: "The event is not valid",
    401: "No key that is known",
    403: "Banned, or not allowed",
    405: "Not with this method",
    408: "The body took too long",
    429: "Too many calls",
    503: "Calls cannot be recorded now",
}
_OPENAI_FAULTS = {
    400: "The request does not have its shape, or the path is not canonical",
    **{status: text for status, text in _FAULTS.items() if status not in (400, 422)},
    502: "The provider of the model failed",
    504: "The provider of the model took too long",
}
_LIMITS = {
    name: {"schema": INTEGER, "description": text}
    for name, text in (
        ("X-RateLimit-Limit", "Calls in a window"),
        ("X-RateLimit-Remaining", "Calls that are left"),
        ("X-RateLimit-Reset", "Seconds until all of them are there again"),
    )
}
_DESCRIPTION = "Judges texts and payloads without a model behind it, in the formats of several guardrails."


_OWN_FAULTS = {OGR: ("OgrFault", _OGR_FAULTS), OPENAI: ("OpenAIFault", _OPENAI_FAULTS)}
"""Families that say what went wrong in words of their own."""


def operations(others: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return the operations that serve the description of `others` and of themselves."""

    @cache
    def described() -> tuple[bytes, bytes]:
        listed = (*others, *own)
        return written(document(listed)), _page(listed).encode()

    async def openapi(_: Call) -> Reply:
        """Describe every operation as OpenAPI 3.1."""
        return Reply(described()[0])

    async def page(_: Call) -> Reply:
        """Describe every operation for people; the page asks nobody for anything."""
        return Reply(described()[1], kind="text/html; charset=utf-8")

    own = (
        Operation(
            method="GET",
            path="/openapi.json",
            family=FAMILY,
            summary="This document",
            handler=openapi,
            answer=obj({"openapi": STRING, "paths": OBJECT}),
            judged=False,
            open=True,
        ),
        Operation(
            method="GET",
            path="/docs",
            family=FAMILY,
            summary="The same as a page",
            handler=page,
            answer_kind="text/html",
            judged=False,
            open=True,
        ),
    )
    return own


def document(listed: Sequence[Operation]) -> dict[str, Any]:
    """Return the OpenAPI document of some operations."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sluicegate detection API", "version": __version__, "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Fault": _FAULT, "OgrFault": _OGR_FAULT, "OpenAIFault": _OPENAI_FAULT},
        },
        "security": [{"key": []}],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": _name(operation),
        "tags": [operation.family],
        "summary": operation.summary,
        "description": operation.about,
        "responses": _responses(operation),
    }
    parameters = [*_path_parameters(operation), *_query_parameters(operation)]
    if parameters:
        told["parameters"] = parameters
    if operation.open:
        told["security"] = []
    if operation.body is not None:
        content = {"schema": operation.body}
        if operation.example is not None:
            content["example"] = operation.example
        told["requestBody"] = {
            "required": not operation.body_optional,
            "content": {"application/json": content},
        }
    return told


def _name(operation: Operation) -> str:
    steps = [step.strip("{}") for step in operation.path.replace("-", "_").split("/") if step]
    return "_".join([operation.method.lower(), *(step.replace(".", "_") for step in steps)])


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": step[1:-1],
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"},
        }
        for step in operation.path.split("/")
        if step.startswith("{")
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in operation.query.items()]


def _responses(operation: Operation) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": operation.summary, "headers": _LIMITS}
    answer["content"] = {operation.answer_kind: {"schema": operation.answer or STRING}}
    name, faults = _OWN_FAULTS.get(operation.family, ("Fault", _FAULTS))
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    told = {str(status): {"description": text, "content": content} for status, text in faults.items()}
    head = {"description": "The head is too large", "content": {"text/plain": {"schema": STRING}}}
    return {"200": answer, **told, "431": head}


def _page(listed: Sequence[Operation]) -> str:
    rows = "".join(_row(operation) for operation in listed)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sluicegate detection API</title>'
        "<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}"
        "td,th{text-align:left;vertical-align:top;padding:.4rem 1rem .4rem 0;border-top:1px solid #ccc}"
        "pre{margin:.3rem 0;white-space:pre-wrap;font-size:.85rem}</style>"
        f"<h1>Sluicegate detection API</h1><p>{html.escape(_DESCRIPTION)} Version {__version__}. "
        'For programs: <a href="/openapi.json">openapi.json</a>.</p>'
        f"<table><tr><th>Route<th>What it does{rows}</table></html>"
    )


def _row(operation: Operation) -> str:
    example = ""
    if operation.example is not None:
        example = f"<pre>{html.escape(written(operation.example).decode())}</pre>"
    doc = html.escape(operation.about)
    return f"<tr><td><code>{operation.method} {html.escape(operation.path)}</code><td>{doc}{example}"
