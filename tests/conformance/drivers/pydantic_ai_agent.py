"""``pydantic-ai``: an agent on chat completions; with tools, its output is an object made by a call."""

import asyncio
from typing import Any

from pydantic import BaseModel
from pydantic_ai import Agent, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.conformance.drivers.contract import MODEL, Job, Told, serve


class SendMail(BaseModel):
    """Send a mail."""

    to: str
    subject: str


def _ask(job: Job, told: Told) -> None:
    asyncio.run(_answer(job, told))


async def _answer(job: Job, told: Told) -> None:
    provider = OpenAIProvider(base_url=f"{job.url}/v1", api_key=job.key)
    output: Any = ToolOutput(SendMail, name="send_mail") if job.tools else str
    agent: Any = Agent(OpenAIChatModel(MODEL, provider=provider), output_type=output)
    if not job.streamed:
        result = await agent.run(job.prompt)
        _output(result.output, told)
        told.end(result.response.finish_reason)
        return
    async with agent.run_stream(job.prompt) as result:
        if job.tools:
            _output(await result.get_output(), told)
        else:
            async for piece in result.stream_text(delta=True, debounce_by=None):
                told.add(piece)
                if job.leaves(told):
                    return
        told.end(result.response.finish_reason)


def _output(output: Any, told: Told) -> None:
    if isinstance(output, SendMail):
        told.call("send_mail", output.model_dump())
    else:
        told.add(output)


if __name__ == "__main__":
    serve("pydantic-ai-slim", _ask)
