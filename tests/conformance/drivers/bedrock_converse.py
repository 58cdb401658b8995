"""The official ``boto3`` package on Bedrock's Converse."""

import contextlib
from typing import Any

import boto3
from botocore.config import Config

from tests.conformance.drivers.contract import TIMEOUT, TOOL, Job, Told, serve

_MODEL = "anthropic.claude-sonnet-4-20250514-v1:0"


def _ask(job: Job, told: Told) -> None:
    with contextlib.closing(_client(job)) as client:
        given: dict[str, Any] = {
            "modelId": _MODEL,
            "messages": [{"role": "user", "content": [{"text": job.prompt}]}],
        }
        if job.tools:
            described = {"name": TOOL["name"], "description": TOOL["description"]}
            tool = {"toolSpec": {**described, "inputSchema": {"json": TOOL["parameters"]}}}
            given["toolConfig"] = {"tools": [tool]}
        if not job.streamed:
            _whole(client.converse(**given), told)
            return
        with contextlib.closing(client.converse_stream(**given)["stream"]) as stream:
            for event in stream:
                _event(event, told)
                if job.leaves(told):
                    return


def _client(job: Job) -> Any:
    """A client that signs with credentials of its own, which tell us nothing, and brings the key beside."""
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=job.url,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret-of-the-client",
        config=Config(read_timeout=TIMEOUT, connect_timeout=TIMEOUT),
    )

    def bring_key(request: Any, **_: Any) -> None:
        request.headers["X-Sluicegate-Key"] = job.key

    client.meta.events.register("before-send.bedrock-runtime", bring_key)
    return client


def _whole(answer: Any, told: Told) -> None:
    for block in answer["output"]["message"]["content"]:
        told.add(block.get("text"))
        if "toolUse" in block:
            told.call(block["toolUse"]["name"], block["toolUse"]["input"])
    told.end(answer["stopReason"])


def _event(event: Any, told: Told) -> None:
    if start := event.get("contentBlockStart"):
        told.fragment(start["contentBlockIndex"], start["start"]["toolUse"]["name"], None)
    if delta := event.get("contentBlockDelta"):
        told.add(delta["delta"].get("text"))
        if use := delta["delta"].get("toolUse"):
            told.fragment(delta["contentBlockIndex"], None, use["input"])
    if stop := event.get("messageStop"):
        told.end(stop["stopReason"])


if __name__ == "__main__":
    serve("boto3", _ask)
