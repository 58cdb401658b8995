"""Whether a prompt may be on its way to its model while slow tiers still judge it.

Only what does nothing but write an answer may: the answer can be withheld, anything else a provider does
cannot be taken back. So members of a request are listed that ask for an answer; one that is not listed - a
search, an agent, something that is kept or fetched - makes the request wait.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

_COMMON = frozenset(
    (
        "model", "messages", "stream", "temperature", "top_p", "top_k", "stop", "seed", "tools",
        "tool_choice", "max_tokens", "presence_penalty", "frequency_penalty", "response_format", "logprobs",
    )
)  # fmt: skip
_SAMPLED = frozenset(("n", "logit_bias", "user", "stream_options"))
_CHAT = frozenset(
    (
        "max_completion_tokens", "top_logprobs", "functions", "function_call", "parallel_tool_calls",
        "reasoning_effort", "verbosity", "metadata", "prediction", "prompt_cache_key", "safety_identifier",
        "service_tier", "random_seed", "safe_prompt", "prompt_mode",
    )
)  # fmt: skip
_OLLAMA = frozenset(("options", "format", "keep_alive", "think"))

_MEMBERS: Mapping[str, frozenset[str]] = {
    "openai_chat": _COMMON | _SAMPLED | _CHAT,
    "openai_completions": _COMMON | _SAMPLED | {"prompt", "suffix", "best_of", "echo"},
    "anthropic": _COMMON | {"system", "stop_sequences", "metadata", "thinking", "service_tier"},
    "gemini": frozenset(
        (
            "contents", "systemInstruction", "system_instruction", "generationConfig", "generation_config",
            "safetySettings", "safety_settings", "tools", "toolConfig", "tool_config",
        )
    ),
    "cohere_chat": _COMMON | {"stop_sequences", "p", "k", "documents", "citation_options", "safety_mode"},
    "bedrock_converse": frozenset(("messages", "system", "inferenceConfig", "toolConfig")),
    "ollama_chat": _COMMON | _OLLAMA,
    "ollama_generate": frozenset(("model", "prompt", "suffix", "system", "template", "raw", "stream"))
    | _OLLAMA,
}  # fmt: skip


def only_generates(dialect: str, body: bytes) -> bool:
    """Say whether a request that was read before asks for nothing but an answer."""
    known = _MEMBERS.get(dialect)
    if known is None:
        return False
    tree = orjson.loads(body)
    return isinstance(tree, dict) and known.issuperset(tree) and _runs_no_tools(dialect, tree)


def _runs_no_tools(dialect: str, tree: dict[str, Any]) -> bool:
    """Say whether all tools are the caller's own: the model may name them, and the provider runs none."""
    holder = tree.get("toolConfig") or {} if dialect == "bedrock_converse" else tree
    tools = (holder.get("tools") or []) if isinstance(holder, dict) else None
    is_own = _OWN.get(dialect, _is_function)
    return isinstance(tools, list) and all(isinstance(tool, dict) and is_own(tool) for tool in tools)


def _is_function(tool: dict[str, Any]) -> bool:
    return tool.get("type") in ("function", "custom")


def _is_anthropic(tool: dict[str, Any]) -> bool:
    return bool(tool.get("type", "custom") == "custom")


def _is_gemini(tool: dict[str, Any]) -> bool:
    return tool.keys() <= {"functionDeclarations", "function_declarations"}


def _is_bedrock(tool: dict[str, Any]) -> bool:
    return tool.keys() <= {"toolSpec", "cachePoint"}


_OWN: Mapping[str, Callable[[dict[str, Any]], bool]] = {
    "anthropic": _is_anthropic,
    "gemini": _is_gemini,
    "bedrock_converse": _is_bedrock,
}
