"""Both laws and the records hold whatever a policy puts in the place of values."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.methods import (
    Drop,
    Fixed,
    Hashed,
    Label,
    Method,
    Partial,
    Placeholder,
    Rewrite,
    Sealed,
    Shape,
    seal_key,
    unseal,
)
from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.rules import load_pack, load_packs
from sluicegate.detection.types import Action
from tests.detection.support import (
    ALICE,
    MASTER,
    arguments_of,
    begin,
    call_stream,
    chat,
    cut,
    inspector_of,
    run,
    text_of,
    text_stream,
)
from tests.detection.test_law_split import timeless

FEW = inspector_of(rule for rule in load_packs() if rule.id in ("card", "email", "iban"))
CARD, MAIL = "4111 1111 1111 1111", "maria.keller@example.org"
METHODS: list[Method] = [
    Label(), Fixed('"{label}"\\\n'), Hashed(), Sealed(), Partial(prefix=2, suffix=2), Shape(),
    Rewrite(r"(\w)\w", '\\1\\\\"'), Drop(),
]  # fmt: skip


def with_method(method: Method | None) -> Policy:
    return Policy(f"with-{method}", (Clause(Action.REPLACE, method=method),), restore=False)


EACH = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
TEXTS = st.lists(
    st.sampled_from(
        [CARD, MAIL, "4111 1111", "@", ".org", " ", "DE89 3704 0044 0532 0130 00", "ü\u200b", "word"]
    ),
    min_size=1,
    max_size=6,
).map(" ".join)


@EACH
@settings(max_examples=20, deadline=None)
@given(text=TEXTS, data=st.data())
def test_law_1_any_cuts(method: Method, text: str, data: st.DataObject) -> None:
    def streamed(parts: list[str]) -> tuple[object, ...]:
        inspection, _ = begin(policy=with_method(method), inspector=FEW)
        out = run(inspection, [text_stream(parts)])
        return text_of(out), timeless(inspection.core())

    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=5))
    fold = streamed(list(text))
    assert streamed([text]) == fold
    assert streamed(cut(text, cuts)) == fold
    assert CARD not in str(fold[0])
    assert MAIL not in str(fold[0])


@EACH
def test_json_in_a_string_stays_json_of_the_same_form(method: Method) -> None:
    inner = json.dumps({"to": MAIL, "list": [CARD, f"{MAIL} {CARD}"]})
    arguments = json.dumps({"inner": inner, "note": f"pay {CARD}"})
    inspection, _ = begin(policy=with_method(method), inspector=FEW)
    read = json.loads(arguments_of(run(inspection, [call_stream(list(arguments))])))
    assert set(read) == {"inner", "note"}
    again = json.loads(read["inner"])
    assert [type(value) for value in again.values()] == [str, list]
    assert CARD not in json.dumps([read, again])
    whole, _ = begin(policy=with_method(method), inspector=FEW)
    call = {"id": "1", "type": "function", "function": {"name": "send", "arguments": arguments}}
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "tool_calls": [call]}}]}
    body = whole.response(json.dumps(answer).encode(), "application/json").body
    assert body is not None
    assert (
        json.loads(json.loads(body)["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"])
        == read
    )


@EACH
def test_a_prompt_is_edited_where_the_value_stood_and_nowhere_else(method: Method) -> None:
    text = f"From {MAIL}, card {CARD}; end"
    inspection, sent = begin(chat(text), policy=with_method(method), inspector=FEW)
    content = sent["messages"][0]["content"]
    assert content.startswith("From ")
    assert content.endswith("; end")
    assert ", card " in content
    assert MAIL not in content
    assert CARD not in content
    edits = inspection.core().prompt.edits
    assert [(edit.span.start, edit.span.end) for edit in edits] == [(5, 29), (36, 55)]
    assert all(edit.text in content for edit in edits)


def test_what_was_encrypted_opens_with_the_key_of_its_tenant() -> None:
    _, sent = begin(chat(f"to {MAIL}"), policy=with_method(Sealed()), inspector=FEW)
    sealed = sent["messages"][0]["content"].removeprefix("to ")
    assert unseal(seal_key(MASTER, ALICE.tenant_id), sealed) == MAIL
    other = replace(ALICE, application_id="app-9")
    _, again = begin(chat(f"to {MAIL}"), policy=with_method(Sealed()), inspector=FEW, principal=other)
    assert again == sent


@pytest.mark.parametrize("around", ["{}", "password = {}", 'api_key: "{}"', "{} or {}"])
def test_what_was_encrypted_is_not_found_again(around: str) -> None:
    """A client resends the conversation; what a policy put there is no secret of its own."""
    text = around.replace("{}", MAIL)
    policy = replace(
        with_method(Sealed()), clauses=(Clause(Action.MASK, ("secret", "pii"), method=Sealed()),)
    )
    _, sent = begin(chat(text), policy=policy)
    masked = sent["messages"][0]["content"]
    assert "sgenc1_" in masked
    inspection, again = begin(chat(masked), policy=policy)
    assert again["messages"][0]["content"] == masked
    assert inspection.core().prompt.decided == ()
    made_up = masked.replace("sgenc1_", "sgenc1_A")
    _, other = begin(chat(made_up + " " + MAIL), policy=policy)
    assert MAIL not in other["messages"][0]["content"]


def test_only_the_placeholder_comes_back() -> None:
    for method in (*METHODS, Placeholder()):
        policy = Policy(f"mask-{method.name}", (Clause(Action.MASK, method=method),))
        inspection, sent = begin(chat(f"to {MAIL}"), policy=policy, inspector=FEW)
        replaced = sent["messages"][0]["content"].removeprefix("to ")
        back = text_of(run(inspection, [text_stream([f"Dear {replaced}."])]))
        assert (MAIL in back) is (method == Placeholder()), method


OVERLAPPING = """
[defaults]
category = "secret.made_up"
level = "high"
label = "Key"
source = "made up"
near_misses = ["x"]
[[rule]]
id = "long_key"
pattern = "key-[a-z]{12}"
anchor = "key-"
examples = ["key-abcdefghijkl"]
[[rule]]
id = "short_key"
pattern = "[a-z]{6}-[0-9]{4}"
anchor = "-[0-9]{4}"
examples = ["ghijkl-1234"]
"""


def test_where_overlapping_matches_disagree_a_label_stands() -> None:
    inspector = inspector_of(load_pack(OVERLAPPING, "overlapping"))
    agreed = Policy("agreed", (Clause(Action.MASK, method=Partial(prefix=4, suffix=0)),))
    torn = Policy("torn", (Clause(Action.MASK, rule=("short_key",), method=Drop()), *agreed.clauses))
    said = []
    for policy in (agreed, torn):
        _, sent = begin(chat("it is key-abcdefghijkl-1234."), policy=policy, inspector=inspector)
        said.append(sent["messages"][0]["content"])
    assert said == ["it is key-*****************.", "it is [Key]."]
