"""The official ``google-genai`` package."""

from typing import Any

from google import genai
from google.genai import types

from tests.conformance.drivers.contract import TIMEOUT, TOOL, Job, Told, serve

_RETRIES = types.HttpRetryOptions(initial_delay=0.01, max_delay=0.02, jitter=0.0)


def _ask(job: Job, told: Told) -> None:
    options = types.HttpOptions(
        base_url=job.url, timeout=int(TIMEOUT * 1000), retry_options=_RETRIES, api_version="v1beta"
    )
    with genai.Client(api_key=job.key, http_options=options) as client:
        given: dict[str, Any] = {"model": "gemini-2.5-flash", "contents": job.prompt}
        if job.tools:
            given["config"] = {"tools": [{"function_declarations": [TOOL]}]}
        if not job.streamed:
            _read(client.models.generate_content(**given), told)
            return
        stream = client.models.generate_content_stream(**given)
        for chunk in stream:
            _read(chunk, told)
            if job.leaves(told):
                stream.close()  # type: ignore[attr-defined] # told as an iterator, is a generator
                return


def _read(answer: Any, told: Told) -> None:
    if answer.prompt_feedback and answer.prompt_feedback.block_reason:
        told.end(answer.prompt_feedback.block_reason)
        told.refuse(answer.prompt_feedback.block_reason_message)
    for candidate in answer.candidates or ():
        for part in (candidate.content and candidate.content.parts) or ():
            told.add(part.text)
            if part.function_call:
                told.call(part.function_call.name, part.function_call.args)
        told.end(candidate.finish_reason)


if __name__ == "__main__":
    serve("google-genai", _ask)
