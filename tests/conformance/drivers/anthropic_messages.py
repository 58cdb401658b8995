"""The official ``anthropic`` package on messages."""

from typing import Any

import anthropic

from tests.conformance.drivers.contract import TIMEOUT, TOOL, Job, Told, serve


def _ask(job: Job, told: Told) -> None:
    with anthropic.Anthropic(api_key=job.key, base_url=job.url, timeout=TIMEOUT) as client:
        given: dict[str, Any] = {
            "model": "claude-of-the-tests",
            "max_tokens": 100,
            "messages": [{"role": "user", "content": job.prompt}],
        }
        if job.tools:
            schema = {"input_schema": TOOL["parameters"]}
            given["tools"] = [{"name": TOOL["name"], "description": TOOL["description"], **schema}]
        if not job.streamed:
            _read(client.messages.create(**given), told, texts=True)
            return
        with client.messages.stream(**given) as stream:
            for event in stream:
                if event.type == "text":
                    told.add(event.text)
                if job.leaves(told):
                    return
            _read(stream.get_final_message(), told, texts=False)


def _read(message: Any, told: Told, *, texts: bool) -> None:
    for block in message.content:
        if block.type == "text" and texts:
            told.add(block.text)
        if block.type == "tool_use":
            told.call(block.name, block.input)
    told.end(message.stop_reason)


if __name__ == "__main__":
    serve("anthropic", _ask)
