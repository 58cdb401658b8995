"""``llama-index-llms-openai``: a chat model, streamed and with tools."""

from typing import Any

import httpx
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI

from tests.conformance.drivers.contract import MODEL, TIMEOUT, Job, Told, serve


def send_mail(to: str, subject: str) -> str:
    """Send a mail."""
    return f"{to}: {subject}"


def _ask(job: Job, told: Told) -> None:
    with httpx.Client(timeout=TIMEOUT) as http:  # closing it is the way to leave an answer
        model = OpenAI(model=MODEL, api_key=job.key, api_base=f"{job.url}/v1", http_client=http)
        _answer(model, job, told)


def _answer(model: Any, job: Job, told: Told) -> None:
    messages = [ChatMessage(role="user", content=job.prompt)]
    tools = {"tools": [FunctionTool.from_defaults(send_mail)], "chat_history": messages}
    if not job.streamed:
        answer = model.chat_with_tools(**tools) if job.tools else model.chat(messages)
        told.add(answer.message.content)
        _finish(model, answer, told)
        return
    stream = model.stream_chat_with_tools(**tools) if job.tools else model.stream_chat(messages)
    answer = None
    for answer in stream:
        told.add(answer.delta)
        _reason(answer, told)
        if job.leaves(told):
            return
    _finish(model, answer, told)


def _finish(model: Any, answer: Any, told: Told) -> None:
    for call in model.get_tool_calls_from_response(answer, error_on_no_tool_call=False):
        told.call(call.tool_name, call.tool_kwargs)
    _reason(answer, told)


def _reason(answer: Any, told: Told) -> None:
    for choice in answer.raw.choices:
        told.end(choice.finish_reason)
        told.refuse(getattr(getattr(choice, "message", None) or choice.delta, "refusal", None))


if __name__ == "__main__":
    serve("llama-index-llms-openai", _ask)
