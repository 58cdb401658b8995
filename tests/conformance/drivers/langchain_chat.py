"""``langchain-openai``: a chat model, streamed and with bound tools."""

import contextlib
from typing import Any

from langchain_openai import ChatOpenAI

from tests.conformance.drivers.contract import MODEL, TIMEOUT, TOOL, Job, Told, serve


def _ask(job: Job, told: Told) -> None:
    model: Any = ChatOpenAI(model=MODEL, api_key=job.key, base_url=f"{job.url}/v1", timeout=TIMEOUT)
    if job.tools:
        model = model.bind_tools([{"type": "function", "function": TOOL}])
    if not job.streamed:
        _read(model.invoke(job.prompt), told)
        return
    whole: Any = None
    with contextlib.closing(model.stream(job.prompt)) as stream:
        for chunk in stream:
            told.add(chunk.content)
            whole = chunk if whole is None else whole + chunk
            if job.leaves(told):
                return
    _finish(whole, told)


def _read(message: Any, told: Told) -> None:
    told.add(message.content)
    _finish(message, told)


def _finish(message: Any, told: Told) -> None:
    for call in message.tool_calls:
        told.call(call["name"], call["args"])
    told.refuse(message.additional_kwargs.get("refusal"))
    told.end(message.response_metadata.get("finish_reason"))


if __name__ == "__main__":
    serve("langchain-openai", _ask)
