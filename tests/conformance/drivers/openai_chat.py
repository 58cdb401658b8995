"""The official ``openai`` package on chat completions."""

from typing import Any

import openai

from tests.conformance.drivers.contract import MODEL, TIMEOUT, TOOL, Job, Told, serve


def _ask(job: Job, told: Told) -> None:
    with openai.OpenAI(api_key=job.key, base_url=f"{job.url}/v1", timeout=TIMEOUT) as client:
        create: Any = client.chat.completions.create
        given: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": job.prompt}]}
        if job.tools:
            given["tools"] = [{"type": "function", "function": TOOL}]
        if not job.streamed:
            _whole(create(**given).choices[0], told)
            return
        with create(**given, stream=True) as stream:
            for chunk in stream:
                for choice in chunk.choices:
                    _delta(choice, told)
                if job.leaves(told):
                    return


def _whole(choice: Any, told: Told) -> None:
    told.add(choice.message.content)
    told.refuse(choice.message.refusal)
    told.end(choice.finish_reason)
    for call in choice.message.tool_calls or ():
        told.call(call.function.name, call.function.arguments)


def _delta(choice: Any, told: Told) -> None:
    told.add(choice.delta.content)
    told.refuse(choice.delta.refusal)
    told.end(choice.finish_reason)
    for call in choice.delta.tool_calls or ():
        told.fragment(call.index, call.function.name, call.function.arguments)


if __name__ == "__main__":
    serve("openai", _ask)
