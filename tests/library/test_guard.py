"""The decorator on functions of every kind."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any, NamedTuple

import pytest

from sluicegate import Blocked, configure, guard, preset
from sluicegate.detection.errors import BadInput
from sluicegate.detection.types import Action, Role
from sluicegate.detection.vault import SHAPE
from sluicegate.library import local
from sluicegate.library.outcome import Outcome
from sluicegate.library.tree import DEEPEST
from tests.library.material import ATTACK, MAIL, SECRET

SAFE = preset("balanced").safe_text


def plain(record: list[str], answer: str) -> Callable[[str], str]:
    def ask(prompt: str) -> str:
        record.append(prompt)
        return answer.replace("{}", prompt)

    return ask


def coroutine(record: list[str], answer: str) -> Callable[[str], Awaitable[str]]:
    async def ask(prompt: str) -> str:
        record.append(prompt)
        return answer.replace("{}", prompt)

    return ask


def stream(record: list[str], answer: str) -> Callable[[str], Iterator[str]]:
    def ask(prompt: str) -> Iterator[str]:
        record.append(prompt)
        yield from answer.replace("{}", prompt)

    return ask


def async_stream(record: list[str], answer: str) -> Callable[[str], AsyncIterator[str]]:
    async def ask(prompt: str) -> AsyncIterator[str]:
        record.append(prompt)
        for letter in answer.replace("{}", prompt):
            yield letter

    return ask


def run(value: Any) -> str:
    """Take what a function of any kind gives as one text."""
    if inspect.isasyncgen(value):

        async def gathered() -> str:
            return "".join([str(piece) async for piece in value])

        return asyncio.run(gathered())
    if inspect.iscoroutine(value):
        return str(asyncio.run(value))
    return value if isinstance(value, str) else "".join(value)


type Kind = Callable[[list[str], str], Callable[[str], Any]]
KINDS = pytest.mark.parametrize("kind", [plain, coroutine, stream, async_stream])


@KINDS
def test_arguments_arrive_masked_and_answers_restored(kind: Kind) -> None:
    record: list[str] = []
    ask = guard(kind(record, "I {}."))
    assert run(ask(f"write to {MAIL}")) == f"I write to {MAIL}."
    assert SHAPE.search(record[0])
    assert MAIL not in record[0]


@KINDS
def test_a_blocked_prompt_never_arrives(kind: Kind) -> None:
    record: list[str] = []
    with pytest.raises(Blocked, match="prompt_attack"):
        run(guard(kind(record, "{}"))(ATTACK))
    assert run(guard(on_block="text")(kind(record, "{}"))(ATTACK)) == SAFE
    assert record == []


@KINDS
def test_a_secret_of_the_answer_is_masked(kind: Kind) -> None:
    assert run(guard(kind([], f"The key is {SECRET}."))("hi")) == "The key is [AwsKey]."


@KINDS
def test_a_blocked_answer_ends(kind: Kind) -> None:
    answer = f"The key is {SECRET} and more"
    with pytest.raises(Blocked, match="secret"):
        run(guard(policy="strict")(kind([], answer))("hi"))
    told = run(guard(policy="strict", on_block="text")(kind([], answer))("hi"))
    assert told in (SAFE, f"The key is {SAFE}")


@KINDS
def test_long_texts_are_judged_too(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "AT_ONCE", 4)
    record: list[str] = []
    assert run(guard(kind(record, "I {}."))(f"write to {MAIL}")) == f"I write to {MAIL}."
    with pytest.raises(Blocked):
        run(guard(kind(record, "{}"))(ATTACK))


@pytest.mark.parametrize(
    ("kind", "same"),
    [
        (coroutine, inspect.iscoroutinefunction),
        (stream, inspect.isgeneratorfunction),
        (async_stream, inspect.isasyncgenfunction),
    ],
)
def test_a_function_stays_of_its_kind(kind: Kind, same: Callable[[object], bool]) -> None:
    ask = kind([], "")
    assert same(guard(ask))
    assert guard(ask).__name__ == "ask"
    assert inspect.signature(guard(ask)) == inspect.signature(ask)


def test_other_errors_pass_through() -> None:
    @guard
    def ask(prompt: str) -> str:
        raise LookupError(prompt)

    with pytest.raises(LookupError):
        ask("hi")


def test_texts_inside_lists_and_dicts_are_judged() -> None:
    seen: list[object] = []

    class Pair(NamedTuple):
        first: str
        second: int

    @guard
    def ask(*parts: object, **named: object) -> object:
        seen.extend((parts, named))
        return {"answer": [parts, named]}

    given = ([f"a {MAIL}", 1], Pair(MAIL, 2)), {"messages": [{"role": "user", "content": MAIL}]}
    assert ask(*given[0], **given[1]) == {"answer": [given[0], given[1]]}
    assert MAIL not in str(seen)
    assert isinstance(seen[0][1], Pair)  # type: ignore[index]  # a tuple


def test_whose_words_an_argument_holds_can_be_said() -> None:
    outcomes: list[Outcome] = []

    @guard(roles={"system": Role.SYSTEM}, skip=["name"], on_outcome=outcomes.append)
    def ask(system: str, name: str) -> str:
        return f"{name}{system[:0]}"

    assert ask(ATTACK, name=MAIL) == MAIL
    asked, answered = outcomes
    assert {finding.role for finding in asked.findings} == {Role.SYSTEM}
    assert asked.verdict.receipt.segments == 1
    assert answered.action is Action.FLAG


@pytest.mark.parametrize(
    ("role", "blocked"),
    [("system", False), ("developer", False), ("user", True), ("tool", True), (None, True)],
)
def test_a_dict_says_whose_words_it_holds(role: str | None, *, blocked: bool) -> None:
    @guard
    def ask(messages: list[dict[str, object]]) -> int:
        return len(messages)

    messages: list[dict[str, object]] = [{"role": role, "content": [{"type": "text", "text": ATTACK}]}]
    if blocked:
        with pytest.raises(Blocked):
            ask(messages)
    else:
        assert ask(messages) == 1


def test_a_stream_that_is_blocked_is_not_read_on() -> None:
    read: list[str] = []

    @guard(policy="strict", on_block="text")
    def ask() -> Iterator[str]:
        for word in ("the key ", f"{SECRET} ", "and ", "more"):
            read.append(word)
            yield word

    assert "".join(ask()) == f"the key {SAFE}"
    assert read == ["the key ", f"{SECRET} "]


def test_methods_can_be_guarded() -> None:
    class Bot:
        @guard
        def ask(self, prompt: str) -> str:
            return prompt

    assert Bot().ask(MAIL) == MAIL
    with pytest.raises(Blocked):
        Bot().ask(prompt=ATTACK)


def test_arguments_that_do_not_fit_are_refused_as_ever() -> None:
    with pytest.raises(TypeError):
        guard(plain([], ""))()  # type: ignore[call-arg]  # what a caller may do


@pytest.mark.parametrize("value", [object(), b"bytes", [object()], {"a": object()}])
def test_what_cannot_be_read_is_decided_by_the_policy(value: object) -> None:
    outcomes: list[Outcome] = []
    assert guard(on_outcome=outcomes.append)(lambda: value)() is value
    assert outcomes[-1].unjudged[0].reason == type(value).__name__
    with pytest.raises(Blocked):
        guard(policy="strict")(lambda: value)()


@pytest.mark.parametrize("value", [None, 7, 1.5, True, [], [1, None], {"a": 1}])
def test_what_holds_no_text_passes(value: object) -> None:
    assert guard(policy="strict")(lambda: value)() is value


def test_pieces_that_are_no_text_pass_between_those_that_are() -> None:
    outcomes: list[Outcome] = []

    @guard(on_outcome=outcomes.append)
    def ask() -> Generator[object, None, int]:
        yield "one "
        yield None
        yield 7
        yield "two"
        return 3

    made = ask()
    taken: list[object] = []

    def drive() -> Generator[object, None, None]:
        taken.append((yield from made))

    assert [*drive()] == ["one ", None, 7, "two"]
    assert taken == [3]
    assert [item.reason for outcome in outcomes for item in outcome.unjudged] == ["int"]


def test_a_stream_that_is_left_closes_what_it_reads() -> None:
    closed: list[bool] = []

    @guard
    def ask(prompt: str) -> Iterator[str]:
        try:
            yield prompt
            yield "more "
        finally:
            closed.append(True)

    made = ask("one ")
    assert next(made) == "one "
    made.close()  # type: ignore[attr-defined]  # a generator
    assert closed == [True]


def test_values_nested_too_deeply_are_refused() -> None:
    deep: object = "x"
    for _ in range(DEEPEST + 1):
        deep = [deep]

    def ask(value: object) -> object:
        return value

    with pytest.raises(BadInput, match="nested"):
        guard(ask)(deep)


def test_a_guard_follows_what_is_configured_later() -> None:
    ask = guard(plain([], "{}"))
    with pytest.raises(Blocked):
        ask(ATTACK)
    configure(policy="monitor")
    assert ask(ATTACK) == ATTACK


def test_a_guard_inside_a_guard_blocks_once() -> None:
    inner = guard(plain([], "{}"))

    @guard(on_block="text")
    def outer() -> object:
        return inner(ATTACK)

    assert outer() == SAFE


def test_an_unknown_way_to_block_is_refused() -> None:
    with pytest.raises(ValueError, match="on_block"):
        guard(on_block="ignore")  # type: ignore[call-overload]  # what a caller may do
