"""Templates of routes against paths, and which of several claims a request falls to."""

import pytest

from sluicegate.middleware.providers.match import Matcher
from sluicegate.middleware.providers.row import RouteRow


def row(template: str, method: str = "POST") -> RouteRow:
    return RouteRow(method=method, template=template, exempt="a test")


MATCHER = Matcher(
    [
        (
            "gemini",
            [
                row("/v1/models/{model}:generateContent"),
                row("/v1/models/{model}"),
                row("/v1/{model*}:countTokens"),
            ],
        ),
        ("openai", [row("/v1/models/{id}", "GET"), row("/v1/files/{file}/content", "GET"), row("/v1/files")]),
        ("mistral", [row("/v1/files")]),
    ]
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (b"/v1/files", [("openai", {}), ("mistral", {})]),
        (b"/v1/files/a/content", [("openai", {"file": "a"})]),
        (
            b"/v1/models/gemini-3:generateContent",
            [
                ("gemini", {"model": "gemini-3"}),
                ("gemini", {"model": "gemini-3:generateContent"}),
                ("openai", {"id": "gemini-3:generateContent"}),
            ],
        ),
        (b"/v1/models/ft%3Agpt", [("gemini", {"model": "ft:gpt"}), ("openai", {"id": "ft:gpt"})]),
        (b"/v1/a/b/c:countTokens", [("gemini", {"model": "a/b/c"})]),
        (b"/v1/:countTokens", []),
        (b"/v1/models", []),
        (b"/v1/models/a/b", []),
        (b"/v1/files/a/contents", []),
        (b"/v1/files/a/b/content", []),
        (b"/v2/files", []),
    ],
)
def test_claims_on_a_path_the_most_literal_first(
    path: bytes, found: list[tuple[str, dict[str, str]]]
) -> None:
    assert [(match.claim.provider, match.parameters) for match in MATCHER.find(path)] == found


@pytest.mark.parametrize("template", ["v1/x", "/v1//x", "/v1/{a b}", "/{a}/x", "/v1/x?y", "/v1/../x{", ""])
def test_what_is_no_template_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="is no route"):
        row(template)


@pytest.mark.parametrize(("dialect", "exempt"), [(None, ""), ("openai_chat", "and a reason")])
def test_a_row_says_who_judges_or_why_nobody_does(dialect: str | None, exempt: str) -> None:
    with pytest.raises(ValueError, match="name a dialect"):
        RouteRow(method="GET", template="/v1/x", dialect=dialect, exempt=exempt)
