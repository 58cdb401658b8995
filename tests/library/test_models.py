"""Small models in a program: asked where the policy says so, loaded only where they are configured."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from sluicegate import Blocked, ascan, configure, guard, scan, scan_conversation, scan_output
from sluicegate.detection.models.missing import ModelMissing
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.shipped_models import Linear, Transformer, shipped_bands
from sluicegate.detection.testing import FakeModel
from sluicegate.detection.tier_rule import FailMode, TierRule, Use
from sluicegate.detection.tiers import ATTACK, Opinion, Score
from sluicegate.detection.types import Action, Tier
from sluicegate.library.default import current
from sluicegate.library.embedded import Embedded
from sluicegate.library.local import SELF
from sluicegate.library.turn import TURN

ODD = "an odd sentence that nobody would take for a bad one"
DOUBT = replace(BALANCED, tiers=(TierRule(Tier.TRANSFORMER, use=Use.DOUBT),))


@dataclass
class Deep:
    """A transformer that is sure of what is odd. Others may scan while it reads."""

    version: str = "deep-1"
    seen: list[str] = field(default_factory=list)

    def opinion(self, text: str) -> Opinion:
        assert not TURN.locked()
        self.seen.append(text)
        return Opinion(self.version, (Score(ATTACK, 0.9999 if "odd" in text else 0.0),), 0.01)


@pytest.fixture
def deep(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deep]:
    """The model, and a library that uses it."""
    model = Deep()
    monkeypatch.setattr(Linear, "load", lambda: FakeModel({"odd": 0.9, "bad": 0.9999}))
    monkeypatch.setattr(Transformer, "load", lambda: model)
    bands = shipped_bands()
    assert all(band.doubt <= 0.9 for band in bands.values())
    configure(models="transformer", policy=DOUBT)
    yield model
    configure(models="none", policy="balanced")


def test_without_models_nothing_is_asked() -> None:
    result = scan(ODD)
    assert (result.action, result.verdict.tier) == (Action.PASS, Tier.PATTERNS)


def test_a_text_in_doubt_is_judged_in_this_process(deep: Deep) -> None:
    result = scan(ODD)
    assert result.blocked
    assert result.verdict.tier is Tier.TRANSFORMER
    assert "transformer" in {finding.scanner for finding in result.findings}
    assert scan("a quiet sentence").verdict.tier is Tier.LINEAR
    assert deep.seen == [ODD]


async def test_every_way_to_scan_asks(deep: Deep) -> None:
    assert (await ascan(ODD)).blocked
    assert scan_conversation([{"role": "user", "content": f"{ODD}!"}]).blocked
    assert not scan_output(ODD).blocked

    @guard
    def answer(text: str) -> str:
        return text

    with pytest.raises(Blocked):
        answer(f"{ODD}?")
    assert len(deep.seen) == 3


def test_what_comes_too_late_is_unjudged(deep: Deep) -> None:
    rule = TierRule(Tier.TRANSFORMER, FailMode.CLOSED, 1e-9, Use.DOUBT)
    result = scan(ODD, policy=replace(BALANCED, tiers=(rule,)))
    assert result.blocked
    assert [part.reason for part in result.unjudged] == ["dead tier transformer: deadline"]
    assert deep.seen == []


@pytest.mark.usefixtures("deep")
def test_a_guard_that_nobody_can_ask_is_told() -> None:
    rule = TierRule(Tier.GUARD_MODEL, use=Use.ALWAYS)
    result = scan("a quiet sentence", policy=replace(BALANCED, tiers=(rule,)))
    assert [part.reason for part in result.unjudged] == ["dead tier guard_model: not installed"]


def test_faces_that_cannot_wait_ask_the_linear_model_alone(deep: Deep) -> None:
    exchange = Embedded().open("openai_chat", DOUBT, SELF)
    decision = exchange.request(b'{"model":"m","messages":[{"role":"user","content":"an odd sentence"}]}')
    assert decision.ask is None
    assert decision.body is not None
    assert [part.reason for part in decision.verdict.receipt.unjudged] == [
        "dead tier transformer: not installed"
    ]
    assert deep.seen == []


def test_what_cannot_be_loaded_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ModelMissing("onnxruntime")

    monkeypatch.setattr(Linear, "load", missing)
    before = current()
    with pytest.raises(ModelMissing, match=r"sluicegate\[models\]"):
        configure(models="linear")
    assert current() is before
    with pytest.raises(ValueError, match="none, linear or transformer"):
        configure(models="large")  # type: ignore[arg-type] # the wrong word is what is tried
