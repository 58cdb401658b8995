"""The official ``openai`` package on the Responses API."""

from typing import Any

import openai

from tests.conformance.drivers.contract import MODEL, TIMEOUT, TOOL, Job, Told, serve


def _ask(job: Job, told: Told) -> None:
    with openai.OpenAI(api_key=job.key, base_url=f"{job.url}/v1", timeout=TIMEOUT) as client:
        create: Any = client.responses.create
        given: dict[str, Any] = {"model": MODEL, "input": job.prompt}
        if job.tools:
            given["tools"] = [{"type": "function", "strict": False, **TOOL}]
        if not job.streamed:
            _whole(create(**given), told)
            return
        with create(**given, stream=True) as stream:
            for event in stream:
                _event(event, told)
                if job.leaves(told):
                    return


def _whole(response: Any, told: Told) -> None:
    for item in response.output:
        if item.type == "function_call":
            told.call(item.name, item.arguments)
        for part in getattr(item, "content", None) or ():
            told.add(getattr(part, "text", None))
            told.refuse(getattr(part, "refusal", None))
    details = response.incomplete_details
    told.end(f"{response.status}: {details.reason}" if details else response.status)


def _event(event: Any, told: Told) -> None:
    match event.type:
        case "response.output_text.delta":
            told.add(event.delta)
        case "response.refusal.delta":
            told.refuse(event.delta)
        case "response.output_item.done" if event.item.type == "function_call":
            told.call(event.item.name, event.item.arguments)
        case "response.completed" | "response.incomplete" | "response.failed":
            details = event.response.incomplete_details
            told.end(f"{event.response.status}: {details.reason}" if details else event.response.status)


if __name__ == "__main__":
    serve("openai", _ask)
