"""Whether a guard of our own can be asked: what vLLM says of itself, and of a first question."""

from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import orjson

from ..detection.tiers import Doubt
from ..detection.types import Direction, Kind, Role
from ..middleware.guard_client.client import GuardClient
from ..middleware.guard_client.target import Target

PATIENCE = 5.0
"""Seconds for an answer about health."""
_MOST_BYTES = 1 << 20
_QUESTION = Doubt("What is the capital of France?", Role.USER, Kind.TEXT, Direction.PROMPT)


class VllmHealth:
    """Asks the server of a target; see vLLM's documentation of its OpenAI-compatible server."""

    def __init__(self, target: Target) -> None:
        place = urlsplit(target.base_url)
        self._health = f"{place.scheme}://{place.netloc}/health"
        self._models = f"{target.base_url}/models"
        self._target = target
        self._client = httpx.AsyncClient(
            headers={"authorization": f"Bearer {target.api_key}"}, timeout=PATIENCE, trust_env=False
        )

    async def healthy(self) -> bool:
        """Say whether the engine runs."""
        try:
            return (await self._client.get(self._health)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    async def serves(self) -> bool:
        """Say whether it serves the model under its name."""
        try:
            answer = await self._client.get(self._models)
            listed = orjson.loads(answer.content[:_MOST_BYTES])["data"]
            return any(item["id"] == self._target.model for item in listed)
        except (httpx.HTTPError, orjson.JSONDecodeError, LookupError, TypeError):
            return False

    async def warm(self, seconds: float) -> str:
        """Ask it a first, harmless question, so that nobody waits for what it does once.

        Returns why it said nothing, or that what it says is unreadable; empty where all is well.
        """
        client = GuardClient(replace(self._target, seconds=seconds))
        try:
            (opinion,) = await client.judge([_QUESTION], seconds)
        finally:
            await client.close()
        return opinion.unjudged

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()
