"""Faces of a program whose policy is an appliance's, and whose record is kept there."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sluicegate.detection.testing import SOMEBODY
from sluicegate.middleware.remote.entries import recorded
from sluicegate.middleware.remote.remote import Detect, Remote
from tests.remote.appliance import Appliance
from tests.walls.every_face import Seen, answering, through_app
from tests.walls.exchanges import Exchange
from tests.walls.faces import timeless


class RemoteFaces:
    """An appliance a policy, and remotes of it that last for many exchanges."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, Detect], tuple[Appliance, Remote]] = {}

    async def judged_here(self, exchange: Exchange) -> Seen:
        """The middleware that judges itself, under the policy that it is given."""
        return await self._seen(exchange, "local")

    async def judged_there(self, exchange: Exchange) -> Seen:
        """The middleware that asks the appliance about every body."""
        return await self._seen(exchange, "remote")

    async def _seen(self, exchange: Exchange, detect: Detect) -> Seen:
        appliance, remote = self._of(exchange, detect)
        appliance.entries.clear()
        forwarded: list[bytes] = []
        found = await through_app(exchange, forwarded, answering(exchange, forwarded), remote=remote)
        assert await asyncio.to_thread(remote.push)
        cores = [timeless(entry.core) for entry in appliance.entries]
        assert cores == ([] if found.core is None else [timeless(recorded(found.core))])
        assert all(entry.principal == SOMEBODY for entry in appliance.entries)
        return found

    def _of(self, exchange: Exchange, detect: Detect) -> tuple[Appliance, Remote]:
        key = exchange.policy.digest, detect
        if key not in self._known:
            appliance = Appliance()
            appliance.service.policies.value = exchange.policy
            folder = self._folder / f"{key[0]}-{detect}"
            self._known[key] = appliance, appliance.remote(folder, detect=detect)
        return self._known[key]

    def close(self) -> None:
        """End the remotes."""
        for _, remote in self._known.values():
            remote.close()


@contextmanager
def remote_faces(folder: Path) -> Iterator[RemoteFaces]:
    """Give the faces for a while."""
    faces = RemoteFaces(folder)
    try:
        yield faces
    finally:
        faces.close()
