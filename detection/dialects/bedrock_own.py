"""How families of models on Bedrock say a text that ends their answer, where no other dialect knows it."""

from typing import Any, Protocol


class OwnWords(Protocol):
    """How a family of models says a text that ends its answer."""

    def body(self, text: str) -> dict[str, Any]:
        """Return a whole answer."""
        ...

    def frame(self, text: str) -> dict[str, Any]:
        """Return the only frame of a streamed answer."""
        ...


class _Titan:
    def body(self, text: str) -> dict[str, Any]:
        result = {"tokenCount": 0, "outputText": text, "completionReason": "CONTENT_FILTERED"}
        return {"inputTextTokenCount": 0, "results": [result]}

    def frame(self, text: str) -> dict[str, Any]:
        counts = {"index": 0, "inputTextTokenCount": 0, "totalOutputTextTokenCount": 0}
        return {"outputText": text, "completionReason": "CONTENT_FILTERED", **counts}


class _Llama:
    def body(self, text: str) -> dict[str, Any]:
        counts = {"prompt_token_count": 0, "generation_token_count": 0}
        return {"generation": text, **counts, "stop_reason": "stop"}

    frame = body


OWN: dict[str, OwnWords] = {"titan": _Titan(), "llama": _Llama()}
"""By the form of the request."""
