"""The official ``cohere`` package on version 2 of chat."""

from typing import Any

import cohere
import httpx

from tests.conformance.drivers.contract import TIMEOUT, TOOL, Job, Told, serve


def _ask(job: Job, told: Told) -> None:
    with httpx.Client(timeout=TIMEOUT) as http:
        client = cohere.ClientV2(job.key, base_url=job.url, httpx_client=http)
        given: dict[str, Any] = {
            "model": "command-a-03-2025",
            "messages": [{"role": "user", "content": job.prompt}],
        }
        if job.tools:
            given["tools"] = [{"type": "function", "function": TOOL}]
        if not job.streamed:
            _whole(client.chat(**given), told)
            return
        stream: Any = client.chat_stream(**given)
        for event in stream:
            _event(event, told)
            if job.leaves(told):
                stream.close()
                return


def _whole(answer: Any, told: Told) -> None:
    for part in answer.message.content or ():
        told.add(part.text)
    for call in answer.message.tool_calls or ():
        told.call(call.function.name, call.function.arguments)
    told.end(answer.finish_reason)


def _event(event: Any, told: Told) -> None:
    match event.type:
        case "content-delta":
            told.add(event.delta.message.content.text)
        case "tool-call-start":
            function = event.delta.message.tool_calls.function
            told.fragment(event.index, function.name, function.arguments)
        case "tool-call-delta":
            told.fragment(event.index, None, event.delta.message.tool_calls.function.arguments)
        case "message-end":
            told.end(event.delta.finish_reason)
            told.refuse(event.delta.error)


if __name__ == "__main__":
    serve("cohere", _ask)
