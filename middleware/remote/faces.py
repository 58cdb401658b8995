"""What a face needs of an appliance: the library in force, under its policies, and whoever is asked."""

from dataclasses import replace
from pathlib import Path

from ...detection.policy import Policy
from ...library import default
from ...library.local import Library
from .address import BadRemote
from .remote import Detect, Remote

type RemoteLike = Remote | str
"""An appliance, or the URL of its detection API."""


def remote_of(
    remote: RemoteLike | None, key: str | None, detect: Detect | None = None, state: Path | None = None
) -> Remote | None:
    """Return the appliance that is meant, None for none.

    Raises:
        BadRemote: a key, a way of detecting or a folder without a URL, or what `Remote` raises.
    """
    if isinstance(remote, str):
        if key is None:
            raise BadRemote("key: an appliance gives policies to keys alone")
        return Remote(remote, key, detect=detect or "local", state=state)
    if not (key is None and detect is None and state is None):
        raise BadRemote("key, detect and state go with the URL of an appliance")
    return remote


class RemoteLibrary:
    """Returns the library in force, judging under an appliance's policies with the keys it hands out."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._made: tuple[Library, Library] | None = None

    def __call__(self) -> Library:
        """Return it; another one after the library was configured anew."""
        base, made = default.current(), self._made
        if made is None or made[0] is not base:
            made = self._made = base, Library(replace(base.settings, source=self._remote), base)
        return made[1]

    def policy(self, named: Policy | None = None, route: str = "") -> Policy:
        """Return the policy of a path: the one that was named, or the appliance's. Raises `PolicyAway`."""
        return self().policy(self._remote.policy(route) if named is None else named)
