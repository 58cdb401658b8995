"""The contract of a vault store, on each implementation there is, and wall 7 over all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.pieces import apply
from sluicegate.detection.ports import Place, VaultStore
from sluicegate.detection.restore import Restorer
from sluicegate.detection.testing import FakeClock
from sluicegate.detection.vault import Minted, Vault, placeholder_key
from sluicegate.middleware.memory_vault import MemoryVault, VaultBounds

MASTER = bytes(range(32))
HERE = Place("tenant-1", "app-1", "openai resp_1")
BOUNDS = VaultBounds(seconds=60.0, conversations=3, values=4, characters=50_000)


@dataclass(slots=True)
class Bench:
    store: VaultStore
    clock: FakeClock


def _memory(clock: FakeClock) -> VaultStore:
    return MemoryVault(MASTER, clock, BOUNDS)


@pytest.fixture(params=[pytest.param(_memory, id="memory")])
def bench(request: pytest.FixtureRequest) -> Bench:
    make: Callable[[FakeClock], VaultStore] = request.param
    clock = FakeClock()
    return Bench(make(clock), clock)


def kept(*values: str) -> dict[str, Minted]:
    vault = Vault(placeholder_key(MASTER, "tenant-1", "app-1"))
    for value in values:
        vault.mint(value, "Email", user=True, secret=False)
    return vault.tokens()


def values(bench: Bench, place: Place = HERE) -> list[str]:
    return [minted.value for minted in bench.store.recall(place).values()]


def test_what_was_kept_is_recalled_with_what_may_be_done_with_it(bench: Bench) -> None:
    minted = {
        "SgxA": Minted("a", user=True, secret=False),
        "SgxB": Minted("b\ud800\u00fc", user=False, secret=True),
        "SgxC": Minted("x" * 16_384, user=True, secret=True),
    }
    bench.store.keep(HERE, minted)
    assert dict(bench.store.recall(HERE)) == minted


def test_turns_add_up(bench: Bench) -> None:
    bench.store.keep(HERE, kept("one"))
    bench.store.keep(HERE, kept("two", "one"))
    bench.store.keep(HERE, {})
    assert sorted(values(bench)) == ["one", "two"]


@pytest.mark.parametrize(
    "other",
    [
        Place("tenant-2", "app-1", "openai resp_1"),
        Place("tenant-1", "app-2", "openai resp_1"),
        Place("tenant-1", "app-1", "openai resp_2"),
        Place("tenant-1", "app-1", ""),
        Place("tenant-1app-1", "", "openai resp_1"),
        Place("tenant-1\0app-1", "openai resp_1", ""),
        Place('tenant-1","app-1', "openai resp_1", ""),
    ],
)
def test_another_place_has_none_of_it(bench: Bench, other: Place) -> None:
    bench.store.keep(HERE, kept("one"))
    assert values(bench, other) == []


def test_it_lives_for_a_while_after_the_last_turn(bench: Bench) -> None:
    bench.store.keep(HERE, kept("one"))
    bench.clock.advance(40)
    bench.store.keep(HERE, kept("two"))
    bench.clock.advance(59)
    assert sorted(values(bench)) == ["one", "two"]
    bench.clock.advance(1)
    assert values(bench) == []


def test_reading_does_not_make_it_live_longer(bench: Bench) -> None:
    bench.store.keep(HERE, kept("one"))
    for _ in range(6):
        assert values(bench) == ["one"]
        bench.clock.advance(10)
    assert values(bench) == []


def test_a_conversation_keeps_its_newest_values(bench: Bench) -> None:
    bench.store.keep(HERE, kept("1", "2", "3", "4"))
    bench.store.keep(HERE, kept("1"))
    bench.store.keep(HERE, kept("5", "6"))
    assert sorted(values(bench)) == ["1", "4", "5", "6"]


def test_the_oldest_conversations_go(bench: Bench) -> None:
    places = [HERE._replace(conversation=str(number)) for number in range(4)]
    for place in places[:3]:
        bench.store.keep(place, kept("x"))
    bench.store.keep(places[0], kept("y"))
    bench.store.keep(places[3], kept("x"))
    assert [bool(values(bench, place)) for place in places] == [True, False, True, True]


def test_no_more_characters_are_kept_than_the_bound_says(bench: Bench) -> None:
    there = HERE._replace(conversation="other")
    bench.store.keep(HERE, kept("a" * 20_000))
    bench.store.keep(there, kept("b" * 20_000))
    bench.store.keep(there, kept("c" * 20_000))
    assert values(bench) == []
    assert sorted(value[0] for value in values(bench, there)) == ["b", "c"]
    bench.store.keep(there, kept("d" * 49_000))
    assert [value[0] for value in values(bench, there)] == ["d"]
    bench.store.keep(HERE, kept("e" * 60_000))
    assert values(bench) == []
    bench.store.keep(HERE, kept("f"))
    assert values(bench) == ["f"]


_PLACES = st.builds(Place, *[st.sampled_from(["1", "2"])] * 3)


@settings(max_examples=60, deadline=None)
@given(turns=st.lists(st.tuples(_PLACES, st.integers(0, 3)), max_size=12), reader=_PLACES)
def test_wall_7_no_placeholder_of_another_place_is_ever_restored(
    turns: list[tuple[Place, int]], reader: Place
) -> None:
    """An answer that repeats every placeholder ever made gets back its own conversation's values alone."""
    clock = FakeClock()
    store = MemoryVault(MASTER, clock)
    tokens: set[str] = set()
    own: set[str] = set()
    for place, number in turns:
        vault = Vault(placeholder_key(MASTER, place.tenant_id, place.application_id))
        value = f"value-{number}-of-{'-'.join(place)}"
        vault.mint(value, "Email", user=True, secret=False)
        store.keep(place, vault.tokens())
        tokens |= vault.tokens().keys()
        own |= {value} if place == reader else set()
    vault = Vault(placeholder_key(MASTER, reader.tenant_id, reader.application_id))
    vault.remember(store.recall(reader))
    text = " ".join(sorted(tokens)) + " end"
    restored = apply(text, Restorer(vault.tokens(), lambda _: True).feed(text, final=True))
    assert {word for word in restored.split() if word.startswith("value-")} == own


def test_an_exchange_of_its_own_is_preferred_to_what_is_recalled() -> None:
    vault = Vault(bytes(32))
    token = vault.mint("now", "Email", user=True, secret=False)
    vault.remember(
        {token: Minted("then", user=True, secret=False), "SgxOld": Minted("old", user=True, secret=False)}
    )
    assert vault.tokens()[token].value == "now"
    assert vault.tokens()["SgxOld"].value == "old"


def _everything(value: Any, seen: set[int]) -> str:
    if id(value) in seen:
        return ""
    seen.add(id(value))
    inner = getattr(value, "__dict__", {}) or {
        name: getattr(value, name) for name in getattr(value, "__slots__", ()) if hasattr(value, name)
    }
    parts = [*inner.values()] + ([*value.keys(), *value.values()] if isinstance(value, dict) else [])
    parts += value if isinstance(value, tuple | list) else []
    return repr(value) + "".join(_everything(part, seen) for part in parts)


def test_memory_holds_neither_values_nor_names_of_conversations() -> None:
    store = MemoryVault(MASTER, FakeClock())
    store.keep(HERE, kept("maria.keller@example.org"))
    held = _everything(store, set())
    assert "Sgx" in held
    for word in ("maria", "resp_1", "tenant-1", "app-1"):
        assert word not in held


def test_an_entry_that_came_to_lie_elsewhere_opens_as_nothing() -> None:
    store = MemoryVault(MASTER, FakeClock())
    there = HERE._replace(conversation="other")
    store.keep(HERE, kept("one"))
    store.keep(there, kept("two"))
    first, second = store._conversations.values()
    first.kept, second.kept = second.kept, first.kept
    assert store.recall(HERE) == store.recall(there) == {}
    first.kept, second.kept = second.kept, first.kept
    token, entry = next(iter(first.kept.items()))
    first.kept[token] = entry._replace(secret=True)
    assert store.recall(HERE) == {}
