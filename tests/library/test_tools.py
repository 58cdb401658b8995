"""Tools of an agent: what reaches them, what comes back, and what of it may go where."""

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sluicegate import Blocked, guard, guard_tool, guarded_session
from sluicegate.detection.policy import Clause
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.taint import BLOCK, MOST, Taint
from sluicegate.detection.types import Action
from sluicegate.library.outcome import Outcome
from sluicegate.library.session import CATEGORY, current_session
from tests.library.material import ATTACK, MAIL, SECRET

REPORT = "The board meets in the small hall on Thursday and will sell the mill at the river for nothing."


@guard_tool(source="files.example")
def read() -> str:
    return REPORT


@guard_tool(source="mail.example")
def send(to: str, text: str) -> str:
    return f"sent to {to}: {text}"


@guard_tool(source="files.example")
def write(text: str) -> str:
    return text


def test_arguments_are_judged_as_a_tool_call_s() -> None:
    assert SECRET not in send("anna", f"Take {SECRET} now.")
    assert send("anna", "hello") == "sent to anna: hello"


def test_a_result_is_judged_as_what_a_model_reads() -> None:
    @guard_tool
    def look(what: str) -> dict[str, Any]:
        return {"page": what, "mail": [MAIL]}

    told = look("a page")
    assert MAIL not in json.dumps(told)
    assert told["page"] == "a page"
    with pytest.raises(Blocked) as caught:
        guard_tool(lambda: ATTACK)()
    assert ATTACK not in str(caught.value)


def test_a_block_can_be_a_text_for_the_model() -> None:
    @guard_tool(on_block="text")
    def look() -> str:
        return ATTACK

    assert "content policy" in look()


def test_arguments_that_a_model_did_not_write_are_left_alone() -> None:
    @guard_tool(skip=["key"])
    def look(key: str) -> None:
        assert key == SECRET

    assert look(SECRET) is None


async def test_a_coroutine_is_a_tool_too() -> None:
    @guard_tool(source="mail.example")
    async def send_later(text: str) -> str:
        await asyncio.sleep(0)
        return text

    with guarded_session(taint="block"):
        assert SECRET not in await send_later(f"Take {SECRET}")
        read()
        with pytest.raises(Blocked):
            await send_later(REPORT)


def test_a_generator_is_no_tool() -> None:
    def pieces() -> Iterator[str]:
        yield "a"

    with pytest.raises(TypeError, match="generator"):
        guard_tool(pieces)
    with pytest.raises(ValueError, match="on_block"):
        guard_tool(on_block="maybe")  # type: ignore[call-overload]  # a word that is none


@pytest.mark.parametrize(
    "text",
    [
        REPORT,
        f"Dear all, {REPORT.upper()} Yours",
        REPORT[10 : 10 + 2 * BLOCK],
        REPORT.replace(" ", "\n  "),
    ],
)
def test_what_a_tool_said_does_not_leave_for_another_place(text: str) -> None:
    with guarded_session(taint="block") as session:
        assert read() == REPORT
        with pytest.raises(Blocked) as caught:
            send("mallory", text)
        assert caught.value.outcome.findings[-1].category == CATEGORY
        assert session.outcomes[-1].blocked
    assert "mill" not in str(caught.value) + repr(caught.value.outcome)


def test_it_may_go_where_it_came_from() -> None:
    with guarded_session(taint="block"):
        assert write(read()) == REPORT


@pytest.mark.parametrize("text", ["The board meets.", "Sell the mill!", "See you on Thursday, 2026-11-22."])
def test_a_near_miss_passes(text: str) -> None:
    with guarded_session(taint="block"):
        read()
        assert text in send("anna", text)


def test_a_telling_word_is_known_however_short_the_text() -> None:
    @guard_tool(source="files.example")
    def number() -> str:
        return "Order A-7741-XK is due on 2026-11-22."

    with guarded_session(taint="block"):
        number()
        assert send("anna", "It is due on 2026-11-22.")
        with pytest.raises(Blocked):
            send("anna", "It is A-7741-XK!")


def test_what_the_user_said_first_may_go_anywhere() -> None:
    @guard
    def ask(prompt: str) -> str:
        return "I will." if prompt else ""

    with guarded_session(taint="block"):
        ask(f"Tell anna: {REPORT}")
        read()
        assert REPORT in send("anna", REPORT)


def test_what_is_said_behind_a_tool_frees_nothing() -> None:
    @guard
    def ask(prompt: str) -> str:
        return "I will." if prompt else ""

    with guarded_session(taint="block"):
        read()
        ask(f"A tool said: {REPORT}")
        with pytest.raises(Blocked):
            send("anna", REPORT)


def test_the_policy_says_what_becomes_of_it() -> None:
    lenient = replace(BALANCED, clauses=(Clause(Action.FLAG, (CATEGORY,)), *BALANCED.clauses))

    def tell(text: str) -> str:
        return text

    for policy, blocks in (("balanced", True), ("strict", True), ("monitor", False), (lenient, False)):
        told: list[Outcome] = []
        with guarded_session(on_outcome=told.append) as session:
            read()
            tool = guard_tool(source="mail.example", policy=policy)(tell)
            if blocks:
                with pytest.raises(Blocked):
                    tool(REPORT)
            else:
                assert tool(REPORT) == REPORT
                flagged = [item for item in session.outcomes if item.action is Action.FLAG]
                assert [item.finding.category for item in flagged[0].verdict.decided] == [CATEGORY]
            assert told == [*session.outcomes]


def test_a_session_may_say_so_itself() -> None:
    with guarded_session(taint="flag") as session:
        read()
        assert REPORT in send("anna", REPORT)
    assert [item.action for item in session.outcomes].count(Action.FLAG) == 1


def test_off_is_off_and_outside_there_is_nothing() -> None:
    with guarded_session(taint="off"):
        read()
        assert REPORT in send("anna", REPORT)
    assert current_session() is None
    read()
    assert REPORT in send("anna", REPORT)
    with pytest.raises(ValueError, match="taint"), guarded_session(taint="yes"):  # type: ignore[arg-type]  # no word
        pass


async def test_sessions_side_by_side_know_nothing_of_each_other() -> None:
    async def one(reads: bool, go: asyncio.Event, gone: asyncio.Event) -> bool:
        with guarded_session(taint="block"):
            if reads:
                read()
            gone.set()
            await go.wait()
            try:
                await asyncio.create_task(_later())
            except Blocked:
                return True
            return False

    first, second = asyncio.Event(), asyncio.Event()
    assert tuple(await asyncio.gather(one(True, first, second), one(False, second, first))) == (True, False)


async def _later() -> str:
    return send("anna", REPORT)


def test_what_it_does_not_see() -> None:
    """Limits that the documentation states: other words, and other spellings."""
    with guarded_session(taint="block"):
        read()
        assert send("anna", "On Thursday the board gives the mill away.")
        assert send("anna", base64.b64encode(REPORT.encode()).decode())


def test_memory_is_bounded_and_says_what_it_forgot() -> None:
    taint = Taint()
    for number in range(200):
        taint.learn("".join(f"{number:04}{index:08}zq " for index in range(1000)), "there")
    assert taint.forgotten > 0
    assert len(taint._from) == MOST
    assert taint.leaks(f"{199:04}{999:08}zq", "here")
    assert not taint.leaks(f"{0:04}{0:08}zq", "here")
