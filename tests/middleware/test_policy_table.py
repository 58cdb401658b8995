"""The table of policies: the most specific one wins."""

from dataclasses import replace

import pytest

from sluicegate.detection.policy import Policy
from sluicegate.detection.ports import PolicySource
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.types import Principal
from sluicegate.middleware.policy_table import PolicyTable

CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"


def named(name: str) -> Policy:
    return replace(BALANCED, name=name)


TABLE = PolicyTable(
    named("all"),
    {"acme": named("acme")},
    {"bot": named("bot"), "two words": named("words")},
    {EMBEDDINGS: named("embeddings"), f"bot {EMBEDDINGS}": named("bot-embeddings")},
)


@pytest.mark.parametrize(
    ("tenant", "application", "route", "wanted"),
    [
        ("other", "shop", CHAT, "all"),
        ("other", "shop", "", "all"),
        ("acme", "shop", CHAT, "acme"),
        ("acme", "bot", CHAT, "bot"),
        ("other", "bot", "", "bot"),
        ("acme", "two words", CHAT, "words"),
        ("acme", "shop", EMBEDDINGS, "embeddings"),
        ("acme", "two words", EMBEDDINGS, "embeddings"),
        ("other", "bot", EMBEDDINGS, "bot-embeddings"),
        ("acme", "Bot", CHAT, "acme"),
        ("Acme", "shop", CHAT, "all"),
    ],
)
def test_the_most_specific_policy_wins(tenant: str, application: str, route: str, wanted: str) -> None:
    source: PolicySource = TABLE
    principal = Principal(tenant, "a-1", application, "k-1")
    for _ in range(2):
        assert source.policy(principal, route).name == wanted


def test_one_policy_for_everybody() -> None:
    table = PolicyTable(BALANCED)
    assert table.policy(Principal("t", "a", "bot", "k"), CHAT) is BALANCED
    assert table.policies == (BALANCED,)


def test_every_policy_is_listed_once() -> None:
    both = PolicyTable(named("all"), {"acme": named("x")}, {"bot": named("x")}, {CHAT: named("all")})
    assert [policy.name for policy in both.policies] == ["all", "x"]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluicegate.middleware.policy_table._MOST", 3)
    table = PolicyTable(named("all"), applications={"bot": named("bot")})
    for number in range(10):
        assert table.policy(Principal("t", "a", f"app-{number}", "k")).name == "all"
        assert table.policy(Principal("t", "a", "bot", "k")).name == "bot"
    assert len(table._known) <= 3
