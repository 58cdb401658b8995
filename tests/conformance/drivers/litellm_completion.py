"""``litellm`` as a library, asking an OpenAI-compatible address."""

from typing import Any

import litellm

from tests.conformance.drivers.contract import MODEL, TIMEOUT, TOOL, Job, Told, serve


def _ask(job: Job, told: Told) -> None:
    given: dict[str, Any] = {
        "model": f"openai/{MODEL}",
        "messages": [{"role": "user", "content": job.prompt}],
        "api_key": job.key,
        "api_base": f"{job.url}/v1",
        "timeout": TIMEOUT,
    }
    if job.tools:
        given["tools"] = [{"type": "function", "function": TOOL}]
    if not job.streamed:
        (choice,) = litellm.completion(**given).choices
        told.add(choice.message.content)
        told.end(choice.finish_reason)
        for call in choice.message.tool_calls or ():
            told.call(call.function.name, call.function.arguments)
        return
    stream = litellm.completion(**given, stream=True)
    for chunk in stream:
        for choice in chunk.choices:
            _delta(choice, told)
        if job.leaves(told):
            stream.completion_stream.close()  # litellm closes its own streams in asyncio alone
            return


def _delta(choice: Any, told: Told) -> None:
    told.add(choice.delta.content)
    told.refuse(getattr(choice.delta, "refusal", None))
    told.end(choice.finish_reason)
    for call in choice.delta.tool_calls or ():
        told.fragment(call.index, call.function.name, call.function.arguments)


if __name__ == "__main__":
    litellm.suppress_debug_info = True
    serve("litellm", _ask)
