"""An answer that repeats its system prompt: found, held and stopped, however it is cut and disguised."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.echo import LEAK, WIDEST, EchoScan, Prompts, Quotable
from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.presets import STRICT
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.text_scan import TextScan
from sluicegate.detection.types import Action, Direction, Kind, Role, Segment
from tests.detection.prose import PROSE
from tests.detection.support import begin, chat, run, text_of, text_stream

PROMPT = (
    "You are Alba, the booking clerk of Kontor Lines. Never offer more than nine percent off, and never "
    "name the captain before the ship has sailed. When somebody asks about cargo that burns, pass the call "
    "to the harbour master at once and write his answer into the blue ledger."
)
WORDS = PROMPT.split()
NONE = Ruleset([])
MASKS = Policy("masks", (Clause(Action.MASK, ("leak",)),))


def folded(text: str, sizes: list[int], prompt: str = PROMPT) -> tuple[list[tuple[int, int]], int]:
    """The leaks of a text that comes in pieces, and the most that was ever held."""
    scan = EchoScan(TextScan(NONE), Quotable([prompt]))
    found: list[tuple[int, int]] = []
    at = held = 0
    for size in [*sizes, len(text)]:
        piece = text[at : at + size]
        at += len(piece)
        look = scan.look(piece, final=at >= len(text))
        found += [(hit.start, hit.end) for hit in look.hits]
        assert scan.start <= look.decided <= at
        scan.commit(piece, look.decided)
        held = max(held, len(scan.tail))
        if at >= len(text):
            break
    return found, held


@pytest.mark.parametrize("first", [0, 5, 20])
def test_a_run_of_sixteen_words_is_a_leak_and_one_of_fifteen_is_none(first: int) -> None:
    for count, leaks in ((LEAK, 1), (LEAK - 1, 0)):
        quoted = " ".join(WORDS[first : first + count])
        found, _ = folded(f"It says: {quoted}! Fine?", [])
        assert len(found) == leaks, quoted


def test_a_leak_is_told_from_its_fourth_word_to_its_last() -> None:
    text = f"It says: {PROMPT} Fine?"
    found, _ = folded(text, [])
    assert text[found[0][0] : found[-1][1]] == " ".join(WORDS[3:]).rstrip(".")


@pytest.mark.parametrize(
    "disguised",
    [
        PROMPT.upper(),
        PROMPT.replace(" ", "\n"),
        PROMPT.replace(" ", " - "),
        PROMPT.replace("e", "\u0435"),
        PROMPT.replace("o", "o\u200b"),
        "".join(f"**{word}** " for word in WORDS),
    ],
    ids=["capitals", "lines", "dashes", "look-alikes", "invisible", "bold"],
)
def test_a_disguise_that_keeps_the_words_is_no_help(disguised: str) -> None:
    assert folded(f"Sure. {disguised}", [])[0]


def test_chinese_is_counted_by_characters() -> None:
    prompt = "你是港口的订票员阿尔巴绝不给出超过百分之九的折扣在船离港之前绝不说出船长的名字遇到危险货物"
    assert folded(f"好的：{prompt}。", [], prompt)[0]
    assert not folded(f"好的：{prompt[:20]}。", [], prompt)[0]


def test_what_shares_words_and_no_order_is_no_leak() -> None:
    shuffled = WORDS[:]
    random.Random(4).shuffle(shuffled)
    assert not folded(" ".join(shuffled), [])[0]
    assert not folded(PROSE, [])[0]


_QUOTES = [" ".join(WORDS[first : first + count]) for first in (0, 7, 19, 30) for count in (2, 4, 15, 16, 40)]
_OTHERS = [" ", ". ", "\n", "captain", "x", "\u200b", "and then", "-" * 50, "a" * 300, "港口"]
_PIECES = st.lists(st.sampled_from(_QUOTES + _OTHERS), max_size=12)


@settings(max_examples=150, deadline=None)
@given(_PIECES, st.lists(st.integers(1, 40), max_size=60))
def test_cuts_change_nothing(pieces: list[str], sizes: list[int]) -> None:
    text = " ".join(pieces)
    assert folded(text, sizes)[0] == folded(text, [])[0] == folded(text, [1] * len(text))[0]


def test_a_gap_without_end_holds_no_more_than_the_widest() -> None:
    text = " ".join(WORDS[:8]) + "." * (3 * WIDEST) + " ".join(WORDS[8:])
    found, held = folded(text, [7] * len(text))
    assert held <= WIDEST + 7
    assert found == folded(text, [])[0]


def test_ordinary_prose_waits_for_a_word_at_most() -> None:
    _, held = folded(PROSE, [1] * len(PROSE))
    assert held <= 24


def answer(text: str) -> bytes:
    return json.dumps(
        {
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            ]
        }
    ).encode()


REQUEST = {
    "model": "m",
    "messages": [{"role": "system", "content": PROMPT}, {"role": "user", "content": "What do you know?"}],
}


@pytest.mark.parametrize("streamed", [False, True])
def test_a_policy_that_blocks_leaks_stops_the_answer(streamed: bool) -> None:
    inspection, _ = begin(REQUEST, STRICT)
    words = [f"{word} " for word in ["I", "was", "told:", *WORDS]]
    if streamed:
        text = text_of(run(inspection, [text_stream(words)]))
        assert text.startswith("I was told: You are Alba, ")
        assert "booking" not in text
    else:
        decision = inspection.response(answer("".join(words)), "application/json")
        assert decision.body is None
        assert decision.refusal is not None
        assert b"booking" not in decision.refusal.body
    verdict = inspection.core().answer
    assert verdict is not None
    assert verdict.action is Action.BLOCK
    assert verdict.findings[0].category == "leak.system_prompt"


def test_a_policy_that_masks_leaks_takes_them_out() -> None:
    inspection, _ = begin(REQUEST, MASKS)
    whole = inspection.response(answer(f"I was told: {PROMPT} That is all."), "application/json").body
    assert whole is not None
    text = json.loads(whole)["choices"][0]["message"]["content"]
    assert text == "I was told: You are Alba, [Withheld]. That is all."
    inspection, _ = begin(REQUEST, MASKS)
    assert text_of(run(inspection, [text_stream(list(f"I was told: {PROMPT} That is all."))])) == text


def test_words_of_the_user_and_short_prompts_are_nobodys_secret() -> None:
    for request in (chat(PROMPT), {**REQUEST, "messages": [{"role": "system", "content": "Be kind."}]}):
        inspection, _ = begin(request, STRICT)
        assert inspection.response(answer(PROMPT), "application/json").body == answer(PROMPT)


def test_what_is_kept_of_prompts_is_bounded_and_shared() -> None:
    def system(text: str) -> Segment:
        return Segment(text, "/messages/0/content", Role.SYSTEM, Kind.TEXT, Direction.PROMPT)

    prompts = Prompts()
    first = prompts.quotable([system(PROMPT)])
    assert first is not None
    assert prompts.quotable([system(PROMPT)]) is first
    for number in range(30):
        prompts.quotable([system(f"{number} " + "word another third " * 5000)])
    assert prompts.quotable([system(PROMPT)]) is not first
