"""Values travel as JSON and come out as they were, or not at all."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from sluicegate.detection.policy import Policy
from sluicegate.detection.policy_file import load_policy
from sluicegate.detection.presets import PRESETS
from sluicegate.detection.types import AuditEntry, Principal
from sluicegate.detection.wire import MOST_ITEMS, Unreadable, plain, typed
from tests.remote.entries import entry

RICH = """
extends = "strict"
restore = false
explain = "category"
private = ["pii"]
link_hours = 5
[sensitivity]
default = "low"
pii = 0.5
[unscannable]
media = "block"
[tiers.transformer]
use = "always"
deadline_ms = 1000
always = ["tool"]
[responses]
pii = "Not this: {category}."
[[deny]]
name = "rivals"
words = ["acme"]
[canaries]
words = ["canary-8f14e45f"]
[[allow]]
digest = "0123456789abcdef0123456789abcdef"
role = "user"
until = 2030-01-01T00:00:00Z
[[clause]]
category = "pii.iban"
action = "mask"
method = { name = "partial", suffix = 4 }
[[clause]]
category = "pii.card"
action = "replace"
method = "hash"
[[scanner]]
name = "order"
way = "regex"
pattern = "ORD-[0-9]{8}"
"""


def _rich() -> Policy:
    return load_policy(RICH, "rich", PRESETS)


def _sent(value: object) -> Any:
    return orjson.loads(orjson.dumps(plain(value)))


@pytest.mark.parametrize("make", [*[lambda policy=policy: policy for policy in PRESETS.values()], _rich])
def test_a_policy_comes_out_as_it_was(make: Callable[[], Policy]) -> None:
    policy = make()
    read = typed(Policy, _sent(policy))
    assert read == policy
    assert read.digest == policy.digest


def test_a_record_comes_out_as_it_was() -> None:
    assert typed(AuditEntry, _sent(entry())) == entry()


SOMEBODY = {"tenant_id": "t", "application_id": "a", "application": "shop", "key_id": "k"}


@pytest.mark.parametrize(
    ("kind", "tree"),
    [
        (Principal, {**SOMEBODY, "more": "x"}),
        (Principal, {name: value for name, value in SOMEBODY.items() if name != "key_id"}),
        (Principal, {**SOMEBODY, "key_id": 7}),
        (Principal, {**SOMEBODY, "key_id": "k" * 70_000}),
        (Principal, [*SOMEBODY.values()]),
        (Principal, None),
        (float, True),
        (float, float("nan")),
        (float, float("inf")),
        (int, 1.0),
        (int, 2**60),
        (bool, 1),
        (str, None),
        (Policy, {"name": "x", "clauses": [{"action": 9}]}),
        (Policy, {"name": "x", "clauses": [{"action": True}]}),
        (Policy, {"name": "x", "clauses": [{"action": 2, "method": {"name": "nonsense"}}]}),
        (Policy, {"name": "x", "clauses": [{"action": 2, "direction": "sideways"}]}),
        (Policy, {"name": "x", "clauses": [], "unjudged": 2}),
        (Policy, {"name": "x", "clauses": [], "block_style": "shrug"}),
        (Policy, {"name": "x", "clauses": [], "safe_text": " "}),
        (Policy, {"name": "x", "clauses": [{"action": 0}] * (MOST_ITEMS + 1)}),
    ],
)
def test_what_is_no_such_value_is_refused(kind: type[Any], tree: Any) -> None:
    with pytest.raises(Unreadable) as refused:
        typed(kind, tree)
    assert "kkk" not in str(refused.value)
