"""The SDKs of the kit, and what each of them makes of what it is put through."""

from dataclasses import dataclass
from typing import Literal

_FILTER = "content_filter"


@dataclass(frozen=True, slots=True)
class Sdk:
    """One package and the API it asks.

    `name` stands in the table. `driver` is its file, without the ending; `where` the environment that has
    the package. `own` are packages whose exceptions its callers expect. `blocked` is what a caller sees of
    a request that was refused, `stopped` of a stream that was: the reason with which the answer ended.
    `cut` is what a caller sees of a call that was stopped, when that is something else.
    `objects` is set where a call of a tool becomes an object: the exception that a refusal is then.
    `attempts` is how often the package asks, by its own habit, when a server is overloaded.
    """

    name: str
    voice: str
    driver: str
    where: Literal["ours", "apart", "javascript"]
    own: tuple[str, ...]
    blocked: str = _FILTER
    stopped: str = _FILTER
    cut: str = ""
    objects: str = ""
    attempts: int = 3


_GUARDRAIL = "guardrail_intervened"

SDKS = (
    Sdk("openai", "openai", "openai_chat", "ours", ("openai",)),
    Sdk(
        "openai, Responses",
        "responses",
        "openai_responses",
        "ours",
        ("openai",),
        blocked="completed",
        stopped=f"incomplete: {_FILTER}",
    ),
    Sdk("anthropic", "anthropic", "anthropic_messages", "ours", ("anthropic",), "refusal", "refusal"),
    Sdk(
        "google-genai",
        "gemini",
        "google_genai",
        "ours",
        ("google",),
        blocked="PROHIBITED_CONTENT",
        stopped="SAFETY",
        attempts=5,
    ),
    Sdk(
        "mistralai",
        "mistral",
        "mistral_chat",
        "ours",
        ("mistralai",),
        attempts=1,
    ),
    Sdk("cohere", "cohere", "cohere_chat", "ours", ("cohere",), "ERROR", "ERROR"),
    Sdk("ollama", "ollama", "ollama_chat", "ours", ("ollama",), attempts=1),
    Sdk("boto3", "bedrock", "bedrock_converse", "ours", ("botocore",), _GUARDRAIL, _GUARDRAIL),
    Sdk("langchain-openai", "openai", "langchain_chat", "apart", ("openai", "langchain_openai")),
    # It tries three times, and each time the client below it tries four.
    Sdk("llama-index", "openai", "llama_index_chat", "apart", ("openai",), attempts=12),
    Sdk("litellm", "openai", "litellm_completion", "apart", ("litellm",)),
    Sdk(
        "instructor",
        "openai",
        "instructor_create",
        "apart",
        ("instructor", "openai"),
        cut="no object",
        objects="InstructorRetryException",
    ),
    Sdk(
        "pydantic-ai",
        "openai",
        "pydantic_ai_agent",
        "apart",
        ("pydantic_ai",),
        cut="ContentFilterError",
        objects="ContentFilterError",
    ),
    Sdk("openai (npm)", "openai", "openai_chat", "javascript", ("openai",)),
    Sdk(
        "@anthropic-ai/sdk (npm)",
        "anthropic",
        "anthropic_messages",
        "javascript",
        ("@anthropic-ai/sdk",),
        "refusal",
        "refusal",
    ),
    Sdk("ai (npm)", "responses", "vercel_ai", "javascript", ("ai",), "content-filter", "content-filter"),
)
