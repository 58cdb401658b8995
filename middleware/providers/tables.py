"""The routes of all providers."""

from . import anthropic, azure, bedrock, cohere, gemini, mcp, mistral, ollama, openai
from .row import RouteRow


def _on_vertex(row: RouteRow) -> bool:
    return any(sign in row.template for sign in ("/publishers/", "/projects/", ".aiplatform."))


def _elsewhere(rows: tuple[RouteRow, ...]) -> tuple[RouteRow, ...]:
    return tuple(row for row in rows if not _on_vertex(row))


TABLES: tuple[tuple[str, tuple[RouteRow, ...]], ...] = (
    ("openai", openai.ROUTES),
    ("azure", azure.ROUTES),
    ("anthropic", _elsewhere(anthropic.ROUTES)),
    ("mistral", mistral.ROUTES),
    ("cohere", cohere.ROUTES),
    ("bedrock", bedrock.ROUTES),
    ("gemini", _elsewhere(gemini.ROUTES)),
    ("vertex", tuple(filter(_on_vertex, (*anthropic.ROUTES, *gemini.ROUTES)))),
    ("ollama", ollama.ROUTES),
    ("mcp", mcp.ROUTES),
)
"""Provider and its rows. Of providers with the same address the earlier one is asked, unless a row's
sign, the path or the configuration says otherwise."""
