"""The official ``ollama`` package on chat."""

from typing import Any

import ollama

from tests.conformance.drivers.contract import TIMEOUT, TOOL, Job, Told, serve


def _ask(job: Job, told: Told) -> None:
    headers = {"authorization": f"Bearer {job.key}"}
    with ollama.Client(host=job.url, headers=headers, timeout=TIMEOUT) as client:
        given: dict[str, Any] = {
            "model": "llama3.2",
            "messages": [{"role": "user", "content": job.prompt}],
        }
        if job.tools:
            given["tools"] = [{"type": "function", "function": TOOL}]
        if not job.streamed:
            _read(client.chat(**given), told)
            return
        stream: Any = client.chat(**given, stream=True)
        for part in stream:
            _read(part, told)
            if job.leaves(told):
                stream.close()
                return


def _read(part: Any, told: Told) -> None:
    told.add(part.message.content)
    for call in part.message.tool_calls or ():
        told.call(call.function.name, dict(call.function.arguments))
    told.end(part.done_reason)


if __name__ == "__main__":
    serve("ollama", _ask)
