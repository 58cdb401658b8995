"""Who answers for a model: patterns, priorities, weights, aliases, fallbacks, what is on premise."""

from collections import Counter

import pytest

from sluicegate.detection.errors import BadInput
from sluicegate.gateway.model_names import closeness, is_pattern
from sluicegate.gateway.plan import Plan, planned
from sluicegate.gateway.router import Router
from sluicegate.gateway.upstream_spec import UpstreamSpec


def spec(name: str, *models: str, provider: str = "openai", **more: object) -> UpstreamSpec:
    values: dict[str, object] = {"provider": provider, "base_url": "https://h/v1", "models": models} | more
    return UpstreamSpec(name, **values)  # type: ignore[arg-type]  # a table of fields


def names(plan: Plan | None, draw: int = 0) -> list[str]:
    assert plan is not None
    return [choice.spec.name for choice in plan.order(draw)]


@pytest.mark.parametrize(
    ("pattern", "model", "fits"),
    [
        ("gpt-5", "gpt-5", True), ("gpt-5", "gpt-5-mini", False), ("gpt-*", "gpt-", True),
        ("gpt-*", "xgpt-5", False), ("*-mini", "gpt-5-mini", True), ("*-mini", "gpt-5-mini-2", False),
        ("*", "", True), ("gpt-?", "gpt-5", True), ("gpt-?", "gpt-", False), ("gpt-?", "gpt-55", False),
        ("a*b*c", "a-b-c", True), ("a*b*c", "a-c-b", False), ("a.c*d", "abcd", False), ("*x", "y\nx", True),
        ("*x", "y" * 600 + "x", False),
    ],
)  # fmt: skip
def test_patterns(pattern: str, model: str, fits: bool) -> None:
    assert bool(closeness(pattern, model)) is fits


def test_a_name_is_closer_than_a_longer_pattern_and_more_fixed_characters_than_fewer() -> None:
    patterns = ["*", "g*", "*-mini", "gpt-*-mini", "gpt-5-*", "gpt-5-mini"]
    found = [closeness(pattern, "gpt-5-mini") for pattern in patterns]
    assert found[0] < found[1] < found[2] < found[4] < found[3] < found[5]


@pytest.mark.parametrize("text", ["", "**", "a**b", "*a*b*c*d*"])
def test_what_is_no_pattern(text: str) -> None:
    assert not is_pattern(text)


def test_of_equals_the_higher_priority_then_the_first_is_asked_alone() -> None:
    specs = [spec("a", "gpt-*"), spec("b", "gpt-*", priority=1), spec("c", "gpt-*", priority=1)]
    plan = planned(specs, "gpt-5", certain=False)
    assert names(plan) == ["b"]
    assert plan is not None
    assert plan.alone
    assert names(planned([*specs, spec("d", "gpt-5")], "gpt-5", certain=False)) == ["d"]


def test_weights_share_and_stand_in_for_each_other() -> None:
    specs = [spec("a", weight=3), spec("idle"), spec("b", weight=1)]
    plan = planned(specs, "m", certain=False)
    first = Counter(names(plan, draw)[0] for draw in range(400))
    assert first == {"a": 300, "b": 100}
    assert names(plan, 0) == ["a", "b"]
    assert names(plan, 3) == ["b", "a"]


def test_fallbacks_are_asked_in_their_order_where_they_speak_the_format() -> None:
    specs = [
        spec("a", "gpt-*", fallback=("c", "other", "b")),
        spec("b", "never"),
        spec("c", "*"),
        spec("other", "*", provider="anthropic"),
    ]
    plan = Router(specs).plan("gpt-5")
    assert names(plan) == ["a", "c", "b"]
    assert [choice.certain for choice in plan.order(0)] == [False, False, False]
    assert names(Router(specs).plan("gpt-5", named="a")) == ["a"]


def test_a_fallback_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="fallback"):
        Router([spec("a", fallback=("b",))])


@pytest.mark.parametrize(
    ("model", "name", "alias"),
    [
        ("fast", "b", "llama-3"),
        ("gpt-5", "a", ""),
        ("claude-x", "b", "qwen"),
        ("llama-3", "b", ""),
        ("mistral", "a", ""),
    ],
)
def test_aliases(model: str, name: str, alias: str) -> None:
    specs = [
        spec("a", "*"),
        spec("b", "llama-3", aliases=(("fast", "llama-3"), ("claude-*", "qwen"))),
    ]
    first = Router(specs).plan(model).first
    assert (first.spec.name, first.alias) == (name, alias)


def test_only_what_is_on_premise_serves_a_private_request() -> None:
    specs = [spec("cloud", "gpt-*"), spec("house", "local", private=True, aliases=(("gpt-*", "local"),))]
    router = Router(specs)
    assert router.plan("gpt-5").first.spec.name == "cloud"
    first = router.plan("gpt-5", private=True).first
    assert (first.spec.name, first.alias, first.certain) == ("house", "local", False)
    for model, named in (("o3", ""), ("gpt-5", "cloud")):
        with pytest.raises(BadInput) as refused:
            router.plan(model, named, private=True)
        assert (refused.value.status, refused.value.code) == (403, "no_private_upstream")


def test_a_format_is_its_own_providers_before_another_one_that_speaks_it() -> None:
    gemini, vertex = spec("g", provider="gemini"), spec("v", provider="vertex")
    assert Router([gemini, vertex]).plan("m", provider="vertex").first.spec is vertex
    assert Router([gemini]).plan("m", provider="vertex").first.spec is gemini
    assert Router([vertex, gemini]).plan("m", provider="gemini").first.spec is gemini
    mistral, openai = spec("m", "mistral-*", provider="mistral"), spec("o", "gpt-*")
    assert Router([openai, mistral]).plan("mistral-small").first.spec is mistral


def test_an_upstream_of_another_format_is_never_asked() -> None:
    router = Router([spec("a", "*"), spec("b", "*", provider="anthropic")])
    assert router.plan("m", provider="anthropic").first.spec.name == "b"
    assert router.plan("m", provider="anthropic").first.certain
    assert router.plan("m").first.spec.name == "a"
    with pytest.raises(BadInput):
        router.plan("m", "a", "anthropic")
    with pytest.raises(BadInput):
        router.plan("m", provider="gemini")
