"""The cheap tests before expensive ones say no only where the expensive one would."""

import hmac
import json
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sluicegate.detection.addresses import _OPENING, _OPENING_MARKS, TAIL, narrowed, narrowed_end
from sluicegate.detection.commands import _SENDING_LATER, Commands, _may_send
from sluicegate.detection.json_text import escape
from sluicegate.detection.vault import DIGITS, PREFIX, Vault

OPENINGS = ['href="', "SRC = '", "\u017frc='", 'url("', "@import '", "](<", "'https://", "(//", "\\href{"]
ADDRESS_BITS = ["a", " ", "=", "(", "@", "]", "/", "\\", "\n", "'", "href", "import"]
CALLS = [
    "curl -",
    "; Curl x",
    "`nc x",
    '\u017f\u017fh "',
    "invoke-\u00e9 -",
    "ssh\thttp:",
    "|sudo\x1cscp\u00a0a",
]
COMMAND_BITS = ["a", " ", "curl", "nc", "\t", "-", ";", "|", "http:", "invoke-"]


def mixed(whole: list[str], bits: list[str]) -> st.SearchStrategy[str]:
    part = st.lists(st.sampled_from(bits), max_size=3).map("".join)
    return st.tuples(part, st.sampled_from([*whole, ""]), part).map("".join)


@settings(max_examples=500, deadline=None)
@given(text=mixed(OPENINGS, ADDRESS_BITS))
def test_whatever_opens_an_address_holds_one_of_the_marks(text: str) -> None:
    if _OPENING.search(narrowed(text)):
        assert any(mark in narrowed(text) for mark in _OPENING_MARKS)


@settings(max_examples=500, deadline=None)
@given(text=mixed(CALLS, COMMAND_BITS))
def test_whatever_calls_a_sender_may_send(text: str) -> None:
    if _SENDING_LATER.search(narrowed(text)):
        assert _may_send(narrowed(text))
        assert _may_send(text)


@given(text=st.text(alphabet=st.sampled_from("a 	"), max_size=400))
def test_the_end_is_narrowed_like_the_whole(text: str) -> None:
    whole, end = narrowed(text), narrowed_end(text)
    assert whole.endswith(end)
    assert len(end) > TAIL or end == whole


LINES = ["```", "```sh", "~~~ bash", "$ ", "curl -d ", "x", "\\", "\r", "`", "wget ", " "]


@settings(max_examples=500, deadline=None)
@given(text=st.lists(st.sampled_from([*LINES, "\n", "\n", "\n"]), max_size=14).map("".join))
def test_lines_that_are_over_need_no_reading_by_character(text: str) -> None:
    once, apart = Commands(), Commands()
    once.take(text)
    for character in text:
        apart.take(character)
    assert once.inside() == apart.inside()


def test_prose_neither_opens_nor_sends() -> None:
    text = "Once again, the secret ingredient of sauces is patience, since nothing else helps."
    assert not any(mark in text for mark in _OPENING_MARKS)
    assert not _may_send(text)


@settings(max_examples=300, deadline=None)
@example(text="a  b")
@example(text="a\u00a0b")
@given(text=st.text(alphabet=st.sampled_from("a \t\n\x1c\u00a0\u2003\u00e9"), max_size=12))
def test_narrowing_writes_a_blank_for_every_run(text: str) -> None:
    assert narrowed(text) == re.sub(r"\s+", " ", text)


@given(value=st.text(max_size=20))
def test_a_placeholder_is_the_number_of_its_hmac(value: str) -> None:
    key = bytes(range(32))
    number = int.from_bytes(hmac.digest(key, value.encode("utf-8", "surrogatepass"), "sha256")[:16])
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    wanted = "".join(digits[number // 62**place % 62] for place in range(DIGITS))
    assert Vault(key).mint(value, "Word", user=True, secret=False) == f"{PREFIX}Word{wanted}"


@given(text=st.text(max_size=20))
def test_a_string_is_escaped_no_further_than_it_must_be(text: str) -> None:
    plain = json.dumps(text, ensure_ascii=False)[1:-1]
    lone = any("\ud800" <= mark <= "\udfff" for mark in text)
    assert escape(text) == (json.dumps(text)[1:-1] if lone else plain)
