"""Methods: what each makes of a value, what none of them does, and what does not load."""

import json
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.errors import SealBroken
from sluicegate.detection.methods import (
    METHODS,
    Drop,
    Fixed,
    Given,
    Hashed,
    Keys,
    Label,
    Method,
    Partial,
    Placeholder,
    Rewrite,
    Sealed,
    Shape,
    read_method,
    seal_key,
    unseal,
    unseal_all,
)

MASTER = bytes(range(32))
KEYS = Keys(b"d" * 32, seal_key(MASTER, "tenant-1"))
OTHER_KEYS = Keys(b"e" * 32, seal_key(MASTER, "tenant-2"))
CARD = "4111 1111 1111 1111"
EVERY = [
    Placeholder(),
    Label(),
    Fixed("({label}, {category})"),
    Hashed(),
    Sealed(),
    Partial(prefix=2, suffix=2),
    Shape(),
    Rewrite(r"(\w)\w*", r"\1."),
    Drop(),
]


def made(method: Method, value: str, keys: Keys = KEYS) -> str:
    return method.replace(Given(value, "Card", "pii.card", keys))


@pytest.mark.parametrize(
    ("method", "value", "expected"),
    [
        (Label(), CARD, "[Card]"),
        (Placeholder(), CARD, "[Card]"),
        (Drop(), CARD, ""),
        (Fixed("gone"), CARD, "gone"),
        (Fixed("<{label}:{category}>"), CARD, "<Card:pii.card>"),
        (Partial(), CARD, "***************1111"),
        (Partial(prefix=4, suffix=4, mark="x"), CARD, "4111xxxxxxxxxxx1111"),
        (Partial(prefix=2, suffix=2), "12345678", "12****78"),
        (Partial(prefix=2, suffix=3), "123456789", "*********"),
        (Partial(prefix=0, suffix=0), "abc", "***"),
        (Rewrite(r"\d{4} ", "#### "), CARD, "#### #### #### 1111"),
        (Rewrite(r"(\d)\d+", r"\1"), CARD, "4 1 1 1"),
        (Rewrite(r"^(?:(x)|4).*", r"\1\\"), CARD, "\\"),
        (Rewrite("[é-ü]+", "?"), "déjà vü", "d?jà v?"),
    ],
)
def test_what_a_method_makes_of_a_value(method: Method, value: str, expected: str) -> None:
    assert made(method, value) == expected


@pytest.mark.parametrize(
    ("method", "value"),
    [
        (Fixed("a secret"), "secret"),
        (Partial(), "****"),
        (Partial(prefix=1, suffix=1), "a***b"),
        (Rewrite("z", "y"), CARD),
        (Rewrite("(.+)", r"<\1>"), CARD),
        (Rewrite("1", "1" * 250), "1" * 40),
        (Rewrite("x", "y"), "\ud800x"),
        (Shape(), "a-1"),
        (Shape(), "---"),
    ],
)
def test_a_value_that_would_be_let_through_becomes_a_label(method: Method, value: str) -> None:
    assert made(method, value) == "[Card]"


@pytest.mark.parametrize("method", EVERY, ids=lambda method: method.name)
@settings(max_examples=60, deadline=None)
@given(value=st.text(min_size=4, max_size=60).filter(lambda text: len(set(text)) > 2))
def test_no_method_returns_the_value_and_equal_values_stay_equal(method: Method, value: str) -> None:
    first = made(method, value)
    assert first != value
    assert first == made(method, value)
    json.loads(json.dumps(first))


@pytest.mark.parametrize("method", [Hashed(), Sealed(), Shape()], ids=lambda method: method.name)
def test_another_key_makes_another_text(method: Method) -> None:
    assert made(method, CARD) != made(method, CARD, OTHER_KEYS)
    assert made(method, CARD) != made(method, CARD.replace("4", "5"))


def test_a_hash_is_as_long_as_it_is_told_and_no_digest_of_a_finding() -> None:
    short, long = made(Hashed(8), CARD), made(Hashed(64), CARD)
    assert len(short) == len("[Card ]") + 8
    assert len(long) == len("[Card ]") + 64
    assert long.startswith(short[:-1])
    assert KEYS.derived(b"hash") != KEYS.derived(b"shape") != KEYS.digest


@given(value=st.text(min_size=1, max_size=200) | st.sampled_from(["\ud800", "x" * 16_384]))
@settings(max_examples=60, deadline=None)
def test_what_is_sealed_opens_with_its_key_alone(value: str) -> None:
    sealed = made(Sealed(), value)
    assert set(sealed) <= {*string.ascii_letters, *string.digits, "-", "_"}
    assert unseal(KEYS.seal, sealed) == value
    with pytest.raises(SealBroken):
        unseal(OTHER_KEYS.seal, sealed)


@pytest.mark.parametrize(
    "text", ["", "sgenc1_", "sgenc1_AAAA", "sgenc1_" + "A" * 40, "x" * 60, "sgenc1_" + "A" * 39 + "!"]
)
def test_what_was_not_sealed_does_not_open(text: str) -> None:
    with pytest.raises(SealBroken):
        unseal(KEYS.seal, text)


def test_a_changed_or_renamed_value_does_not_open() -> None:
    sealed = made(Sealed(), CARD)
    at = len(sealed) // 2
    changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
    for text in (changed, sealed.removeprefix("sgenc1_"), sealed[:-4]):
        with pytest.raises(SealBroken):
            unseal(KEYS.seal, text)


def test_every_value_of_a_text_is_opened_and_the_others_counted() -> None:
    ours, theirs = made(Sealed(), CARD), made(Sealed(), CARD, OTHER_KEYS)
    missed: list[None] = []
    opened = unseal_all(KEYS.seal, f"{ours} and {theirs}, {ours}.", missed=lambda: missed.append(None))
    assert opened == f"{CARD} and {theirs}, {CARD}."
    assert len(missed) == 1


@given(value=st.from_regex(r"[A-Za-z]{3,9}@[a-z]{3,9}\.[a-z]{2,3}", fullmatch=True))
@settings(max_examples=40, deadline=None)
def test_a_made_up_value_has_the_shape_of_the_one_it_stands_for(value: str) -> None:
    shape = made(Shape(), value)
    assert len(shape) == len(value)
    for old, new in zip(value, shape, strict=True):
        assert old.islower() == new.islower()
        assert old.isupper() == new.isupper()
        assert old.isalpha() or old == new


def test_letters_of_other_scripts_do_not_shine_through_a_shape() -> None:
    assert not set(made(Shape(), "Łódź-1234 Мария")) & set("ŁóźМария")


@pytest.mark.parametrize("kind", METHODS.values(), ids=METHODS)
def test_every_method_is_read_by_its_name(kind: Any) -> None:
    needed = {"text": {"text": "x"}, "regex": {"pattern": "x", "to": "y"}}.get(kind.name, {})
    assert read_method({"name": kind.name, **needed}) == kind(**needed)
    if not needed:
        assert read_method(kind.name) == kind()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (7, "a name or a table"),
        ({}, "name must be one of"),
        ("masc", "name must be one of placeholder, label"),
        ({"name": "drop", "x": 1}, "drop has no option x"),
        ({"name": "partial", "prefix": "2"}, "prefix must be a whole number"),
        ({"name": "partial", "prefix": True}, "prefix must be a whole number"),
        ({"name": "partial", "prefix": -1}, "must be 0 to 32"),
        ({"name": "partial", "suffix": 33}, "must be 0 to 32"),
        ({"name": "partial", "mark": "xx"}, "mark must be one visible character"),
        ({"name": "partial", "mark": "\n"}, "mark must be one visible character"),
        ({"name": "hash", "length": 7}, "length must be 8 to 64"),
        ({"name": "hash", "length": 65}, "length must be 8 to 64"),
        ({"name": "text"}, "text needs text"),
        ({"name": "text", "text": ""}, "1 to 256 characters"),
        ({"name": "text", "text": "x" * 257}, "1 to 256 characters"),
        ({"name": "regex", "pattern": "x"}, "regex needs to"),
        ({"name": "regex", "pattern": "(", "to": ""}, "no expression of RE2"),
        ({"name": "regex", "pattern": r"(a)\1", "to": ""}, "no expression of RE2"),
        ({"name": "regex", "pattern": "(?=a)", "to": ""}, "no expression of RE2"),
        ({"name": "regex", "pattern": "", "to": ""}, "pattern must have"),
        ({"name": "regex", "pattern": "x" * 257, "to": ""}, "pattern must have"),
        ({"name": "regex", "pattern": "x*", "to": "-"}, "matches the empty text"),
        ({"name": "regex", "pattern": "(?:a{1000}){1000}", "to": ""}, "no expression of RE2"),
        ({"name": "regex", "pattern": "(a)", "to": r"\2"}, "group 2"),
        ({"name": "regex", "pattern": "a", "to": r"\n"}, "neither a digit"),
        ({"name": "regex", "pattern": "a", "to": "\\"}, "neither a digit"),
    ],
)
def test_what_does_not_load_says_why(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("\\", r"\\")):
        read_method(value)


def test_no_method_shows_its_keys_or_its_value() -> None:
    shown = repr(KEYS) + repr(Given(CARD, "Card", "pii.card", KEYS))
    assert "ddd" not in shown
    assert CARD not in shown
