"""What an appliance gives an application that judges for itself: its policies and its keys, at one moment."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ...detection.errors import BadInput
from ...detection.json_read import read
from ...detection.keyring import ApplicationKeys, application_keys
from ...detection.policy import Policy
from ...detection.types import Principal
from ...detection.wire import Unreadable, plain, typed
from ..policy_table import PolicyTable

LARGEST = 16 * 1024 * 1024
"""Bytes of what is given, at most."""

_FORM = 1
_KEYS = ("application", "tenant", "seal", "known")
_MEMBERS = {"form", "issued", "principal", "policy", "digest", "routes", "keys"}


@dataclass(frozen=True, slots=True)
class Given:
    """What is in force for one application.

    `issued` is when the appliance said so, in seconds since the epoch; `routes` are the policies of paths.
    """

    issued: float
    principal: Principal
    policy: Policy
    routes: Mapping[str, Policy]
    keys: ApplicationKeys

    def policies(self) -> PolicyTable:
        """Return the policies as a table."""
        return PolicyTable(self.policy, routes=self.routes)


def encode(given: Given) -> bytes:
    """Return it as JSON."""
    keys = {name: b64encode(getattr(given.keys, name)).decode() for name in _KEYS}
    return orjson.dumps(
        {
            "form": _FORM,
            "issued": given.issued,
            "principal": plain(given.principal),
            "policy": plain(given.policy),
            "digest": _digest(given.policy, given.routes),
            "routes": {path: plain(policy) for path, policy in given.routes.items()},
            "keys": keys,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def tag(given: Given) -> str:
    """Return the entity tag of all but the moment."""
    rest = encode(Given(0.0, given.principal, given.policy, given.routes, given.keys))
    return f'"{hashlib.sha256(rest).hexdigest()[:32]}"'


def decode(content: bytes) -> Given:
    """Return what `encode` made JSON of.

    Raises:
        Unreadable: it is anything else, or says what this version does not know.
    """
    try:
        tree = read(content)
    except BadInput:
        raise Unreadable("this is no JSON") from None
    if not isinstance(tree, dict) or tree.keys() != _MEMBERS or tree["form"] != _FORM:
        raise Unreadable("these are no policies that this version can read")
    routes = tree["routes"]
    if not isinstance(routes, dict):
        raise Unreadable("these are no policies of routes")
    given = Given(
        typed(float, tree["issued"]),
        typed(Principal, tree["principal"]),
        typed(Policy, tree["policy"]),
        {path: typed(Policy, policy) for path, policy in routes.items()},
        _keys(tree["keys"]),
    )
    if _digest(given.policy, given.routes) != tree["digest"]:
        raise Unreadable("the policies do not come out as they were meant")
    return given


def _digest(policy: Policy, routes: Mapping[str, Policy]) -> dict[str, str]:
    return {"": policy.digest, **{path: other.digest for path, other in routes.items()}}


def _keys(tree: Any) -> ApplicationKeys:
    if not isinstance(tree, dict) or tree.keys() != {*_KEYS}:
        raise Unreadable("these are no keys")
    try:
        keys = ApplicationKeys(*(b64decode(typed(str, tree[name], 200), validate=True) for name in _KEYS))
    except ValueError:
        raise Unreadable("these are no keys") from None
    if len(keys.application) != 32:
        raise Unreadable("these are no keys")
    return keys


def give(
    excerpt: tuple[Policy, Mapping[str, Policy]], master: bytes, principal: Principal, now: float
) -> Given:
    """Return what an application is given: all its policies, and the keys that they need.

    Args:
        excerpt: its policies, see `PolicyTable.excerpt`.
        master: the key that the core is built with.
        principal: the application.
        now: seconds since the epoch.
    """
    policy, routes = excerpt
    keys = application_keys(master, principal, (policy, *routes.values()))
    return Given(now, principal, policy, routes, keys)
