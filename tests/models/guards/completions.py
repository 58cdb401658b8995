"""Chat completions as vLLM writes them."""

import math
from collections.abc import Mapping, Sequence

import orjson

from sluicegate.detection.models.guards.passage import Call, Definition, Format, Passage

OWN = Definition("S100", "Project names", "Names a project that is not announced yet.")
TAGS = tuple(f"S{number}" for number in range(1, 22))
NONCE = "0123456789abcdef"


def passage(text: str = "How are you?", *, answer: bool = False, tags: Sequence[str] = TAGS) -> Passage:
    return Passage(text, answer=answer, question="What?", tags=tuple(tags), definitions=(OWN,), nonce=NONCE)


def call(way: Format, *, answer: bool = False, tags: Sequence[str] = TAGS) -> Call:
    return way.calls(passage(answer=answer, tags=tags))[0]


def completion(
    content: str | None,
    tokens: Sequence[tuple[str, Mapping[str, float]]] | None = None,
    *,
    ended: str = "stop",
    **message: object,
) -> bytes:
    """`tokens`: each with the probabilities of what could have stood there."""
    choice: dict[str, object] = {
        "index": 0,
        "message": {"role": "assistant", "content": content, "refusal": None, **message},
        "finish_reason": ended,
        "logprobs": None,
    }
    if tokens is not None:
        choice["logprobs"] = {"content": [_token(text, shares) for text, shares in tokens]}
    return orjson.dumps({"id": "chatcmpl-1", "object": "chat.completion", "model": "g", "choices": [choice]})


def _token(text: str, shares: Mapping[str, float]) -> dict[str, object]:
    top = [{"token": other, "logprob": math.log(share), "bytes": None} for other, share in shares.items()]
    return {"token": text, "logprob": math.log(shares.get(text, 1.0)), "bytes": None, "top_logprobs": top}
