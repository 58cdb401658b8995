"""``instructor`` over ``openai``: with tools, the answer is an object; without, a completion."""

from typing import Any

import instructor
import openai
from pydantic import BaseModel

from tests.conformance.drivers.contract import MODEL, TIMEOUT, Job, Told, serve


class SendMail(BaseModel):
    """Send a mail."""

    to: str
    subject: str


def _ask(job: Job, told: Told) -> None:
    with openai.OpenAI(api_key=job.key, base_url=f"{job.url}/v1", timeout=TIMEOUT) as http:
        client: Any = instructor.from_openai(http)
        given: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": job.prompt}]}
        if job.tools:
            _object(client, given, told, streamed=job.streamed)
        elif job.streamed:
            _stream(client, given, job, told)
        else:
            (choice,) = client.create(**given, response_model=None).choices
            told.add(choice.message.content)
            told.refuse(choice.message.refusal)
            told.end(choice.finish_reason)


def _object(client: Any, given: dict[str, Any], told: Told, *, streamed: bool) -> None:
    made: Any = None
    if streamed:
        for made in client.create_partial(**given, response_model=SendMail):  # noqa: B007 - the last is meant
            pass
    else:
        made = client.create(**given, response_model=SendMail)
    if made is not None:
        told.call("send_mail", made.model_dump())
    told.end("no object" if made is None else "object")


def _stream(client: Any, given: dict[str, Any], job: Job, told: Told) -> None:
    with client.create(**given, response_model=None, stream=True) as stream:
        for chunk in stream:
            for choice in chunk.choices:
                told.add(choice.delta.content)
                told.refuse(choice.delta.refusal)
                told.end(choice.finish_reason)
            if job.leaves(told):
                return


if __name__ == "__main__":
    serve("instructor", _ask)
