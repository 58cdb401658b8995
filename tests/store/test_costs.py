"""What models cost is part of the record."""

from dataclasses import replace

from sluicegate.admin_ui.store.record import pack, record_of, unpack
from sluicegate.detection.testing import SOMEBODY
from sluicegate.detection.types import Action, Cost, Tier, Verdict
from tests.admin_ui.material import exchange

COSTS = (Cost(Tier.LINEAR, "linear-1", 2, 0.0002), Cost(Tier.TRANSFORMER, "encoder-1", 1, 0.0125))


def test_costs_and_the_deepest_tier_come_back() -> None:
    entry = exchange(0, SOMEBODY, 1_700_000_000.0)
    prompt = Verdict(Action.PASS, tier=Tier.TRANSFORMER, policy="p", costs=COSTS)
    entry.core = replace(entry.core, prompt=prompt)
    assert unpack(pack(entry)).entry().core.prompt.costs == COSTS
    assert record_of(entry).entry().core.prompt.tier is Tier.TRANSFORMER


def test_a_clean_look_of_the_linear_model_stays_short() -> None:
    entry = exchange(0, SOMEBODY, 1_700_000_000.0)
    entry.core = replace(
        entry.core, prompt=Verdict(Action.PASS, tier=Tier.LINEAR, policy="p", costs=COSTS[:1])
    )
    record = record_of(entry)
    assert isinstance(record.prompt, list)
    assert record.entry().core.prompt.tier is Tier.LINEAR
