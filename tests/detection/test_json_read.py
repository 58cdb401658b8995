"""Reading JSON: the cheap proofs that no key is repeated agree with looking at every token."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.errors import BadInput
from sluicegate.detection.json_read import LONGEST_PATH, MAX_DEPTH, parse, read

KEYS = ["a", "b", "A", "k\\", '"', '\\"', "\u00df", "ss", '":', "x:y", "", " ", ":", "properties"]
SCALARS = [
    "1",
    "1.50",
    "1e5",
    "null",
    '""',
    '":"',
    '"a\\":"',
    '"\\\\"',
    '"k :"',
    '"\\\\\\":"',
    '"\\ud800"',
    '"\u00e9"',
]


def _objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    keys = st.sampled_from(KEYS).flatmap(
        lambda key: st.booleans().map(lambda ascii_only: json.dumps(key, ensure_ascii=ascii_only))
    )
    colon = st.sampled_from([":", ":", ": ", " :", "\n:", "\t: ", "\r:"])
    members = st.tuples(keys, colon, values).map("".join)
    return st.tuples(st.lists(members, max_size=4), st.sampled_from([",", ", "])).map(
        lambda pair: "{" + pair[1].join(pair[0]) + "}"
    )


def _lists(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=3).map(lambda items: "[" + ",".join(items) + "]")


SPELLED = st.recursive(st.sampled_from(SCALARS), lambda inner: _objects(inner) | _lists(inner), max_leaves=12)


REFUSED = object()


def slowly(body: str) -> Any:
    """Read a body and every object's members one by one; `REFUSED` when it must be refused."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("repeated")
        return dict(pairs)

    try:
        tree = json.loads(body, object_pairs_hook=members)
    except ValueError:
        return REFUSED
    return REFUSED if _folds(tree, "") else tree


def _folds(tree: Any, name: str) -> bool:
    if isinstance(tree, list):
        return any(_folds(item, "") for item in tree)
    if not isinstance(tree, dict):
        return False
    alike = name != "properties" and len({key.casefold() for key in tree}) != len(tree)
    return alike or any(_folds(item, key) for key, item in tree.items())


@settings(max_examples=600, deadline=None)
@given(body=SPELLED)
def test_a_body_is_refused_exactly_when_an_object_repeats_a_key(body: str) -> None:
    wanted = slowly(body)
    if wanted is REFUSED:
        with pytest.raises(BadInput) as caught:
            read(body.encode())
        assert caught.value.code == "duplicate_key"
    else:
        assert read(body.encode()) == wanted


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"a":1,"a" :2}', id="a blank hides one"),
        pytest.param('{"a":1,"a"\n:":"}', id="a colon in a string makes up for it"),
        pytest.param('{"a\\\\":1,"a\\\\":2}', id="keys that end in a backslash"),
        pytest.param(
            '{"a\\\\":":","a\\\\":2}', id="keys that end in a backslash, and a colon makes up for one"
        ),
        pytest.param('{"a":"\\":","a":2}', id="an escaped quote before a colon"),
        pytest.param('{"a":1,"\\u0061":2}', id="another spelling"),
        pytest.param('{"a":":","a":":"}', id="strings that begin with a colon"),
        pytest.param('{"":1,"":2}', id="empty keys"),
        pytest.param('{"x":[{"q":{"a":1,"a":1}}]}', id="deep inside"),
    ],
)
def test_a_repeated_key_is_found_whatever_hides_it(body: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(body.encode())
    assert caught.value.code == "duplicate_key"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"a":1,"b" :2}', id="a blank"),
        pytest.param('{"a":":","b":"::"}', id="strings that begin with a colon"),
        pytest.param('{"a\\\\":"\\":"}', id="backslashes"),
        pytest.param('{"1":1,"2":2,"A":3,"b":4}', id="keys of other kinds"),
        pytest.param('{"properties":{"a":1,"A":2}}', id="two properties of a schema"),
    ],
)
def test_a_body_without_repeated_keys_is_read(body: str) -> None:
    assert read(body.encode()) == json.loads(body)


@settings(max_examples=300, deadline=None)
@given(body=SPELLED)
def test_a_compact_body_is_what_its_tree_is_written_as(body: str) -> None:
    try:
        parsed = parse(body.encode())
    except BadInput:
        return
    if parsed.compact:
        assert json.dumps(parsed.tree, ensure_ascii=False, separators=(",", ":")) == body


def test_a_compact_body_is_known_as_such() -> None:
    assert parse(b'{"a":[1,0.5,"\xc3\xa9"]}').compact
    assert not parse(b'{"a": [1]}').compact
    assert not parse(b'{"a":1.50}').compact
    assert not parse(b'{"a":"\\u00e9"}').compact


def test_depth_and_paths_are_bounded_on_the_character() -> None:
    deep = "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)
    assert read(deep.encode()) == json.loads(deep)
    with pytest.raises(BadInput, match="deeper"):
        read(f"[{deep}]".encode())
    key = "k" * (LONGEST_PATH - 1)
    assert read(f'{{"{key}":[1]}}'.encode()) == {key: [1]}
    with pytest.raises(BadInput, match="characters"):
        read(f'{{"{key}k":[1]}}'.encode())
    half = "~" * (LONGEST_PATH // 4)
    with pytest.raises(BadInput, match="characters"):
        read(f'{{"{half}":{{"{half}":[1]}}}}'.encode())
