"""The official ``mistralai`` package on chat."""

from typing import Any

from mistralai.client import Mistral

from tests.conformance.drivers.contract import TIMEOUT, TOOL, Job, Told, serve


def _ask(job: Job, told: Told) -> None:
    with Mistral(api_key=job.key, server_url=job.url, timeout_ms=int(TIMEOUT * 1000)) as client:
        given: dict[str, Any] = {
            "model": "mistral-small-latest",
            "messages": [{"role": "user", "content": job.prompt}],
        }
        if job.tools:
            given["tools"] = [{"type": "function", "function": TOOL}]
        if not job.streamed:
            choice: Any = client.chat.complete(**given).choices[0]
            _read(choice, choice.message, told)
            return
        with client.chat.stream(**given) as stream:
            for event in stream:
                for choice in event.data.choices:
                    _read(choice, choice.delta, told)
                if job.leaves(told):
                    return


def _read(choice: Any, said: Any, told: Told) -> None:
    told.add(said.content or "")
    for call in said.tool_calls or ():
        told.call(call.function.name, call.function.arguments)
    told.end(choice.finish_reason)


if __name__ == "__main__":
    serve("mistralai", _ask)
