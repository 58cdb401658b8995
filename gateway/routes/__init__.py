"""The routes of all providers: a file each, a row for each kind of request."""

from . import anthropic, bedrock, cohere, gemini, mistral, ollama, openai, own
from .row import RouteRow

OWN = "sluicegate"
"""Stands for a provider where the gateway answers itself."""

TABLES: tuple[tuple[str, tuple[RouteRow, ...]], ...] = (
    (OWN, own.ROUTES),
    ("openai", openai.ROUTES),
    ("anthropic", anthropic.ROUTES),
    ("mistral", mistral.ROUTES),
    ("cohere", cohere.ROUTES),
    ("bedrock", bedrock.ROUTES),
    ("gemini", gemini.ROUTES),
    ("ollama", ollama.ROUTES),
)
"""Provider and its rows. Of providers with the same address the earlier one is asked, unless a row's
sign, the path or the configuration says otherwise."""

__all__ = ["OWN", "TABLES", "RouteRow"]
