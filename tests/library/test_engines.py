"""Scanners of one's own: under the same policy, on every reading, and never silently out."""

import re
import threading
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate import guard, register_engine, scan, scan_conversation, scan_output
from sluicegate.detection.errors import BadRule
from sluicegate.detection.function_rules import MOST_FOUND
from sluicegate.detection.function_scanners import Find, Found
from sluicegate.detection.text_scan import WIDEST
from sluicegate.detection.texts import Text
from sluicegate.detection.types import Action, Direction, Kind, Level, Role
from sluicegate.library.default import current, forget_engine
from tests.library.material import ATTACK, MAIL


def bluebird(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer("Bluebird", text)]


def broken(text: str) -> list[tuple[int, int]]:
    raise LookupError(text)


@pytest.mark.parametrize(
    ("category", "level", "action", "expected"),
    [
        ("", Level.HIGH, None, Action.BLOCK),
        ("", Level.MEDIUM, None, Action.FLAG),
        ("secret.project", Level.HIGH, None, Action.MASK),
        ("prompt_attack.own", Level.HIGH, None, Action.BLOCK),
        ("prompt_attack.own", Level.MEDIUM, None, Action.FLAG),
        ("", Level.HIGH, Action.BLOCK, Action.BLOCK),
        ("", Level.HIGH, Action.MASK, Action.MASK),
        ("", Level.HIGH, Action.PASS, Action.PASS),
    ],
)
def test_the_policy_decides_by_category_and_level(
    category: str, level: Level, action: Action | None, expected: Action
) -> None:
    register_engine("project", bluebird, category=category, level=level, action=action)
    result = scan("about Bluebird")
    assert result.action is expected
    (finding,) = result.findings
    assert (finding.rule, finding.span) == ("project", (6, 14))
    assert finding.category == (category or "custom.project")


def test_built_in_rules_go_on() -> None:
    register_engine("project", bluebird, action=Action.MASK, label="Project")
    result = scan(f"Bluebird {MAIL} Bluebird")
    assert [item.rule for item in result.findings] == ["project", "email", "project"]
    assert re.fullmatch(r"SgxProject\w{17} SgxEmail\w{17} SgxProject\w{17}", result.text)
    assert scan_output(result.text, prompt=result).text == f"Bluebird {MAIL} Bluebird"
    assert scan(ATTACK).blocked


def test_what_overlaps_is_masked_together() -> None:
    register_engine("wide", lambda text: [(0, len(text))], action=Action.MASK)
    result = scan(f"to {MAIL}")
    assert {item.rule for item in result.findings} == {"wide", "email"}
    assert re.fullmatch(r"Sgx[A-Za-z]+?\w{17}", result.text)


def test_what_a_function_says_of_a_span_counts() -> None:
    def find(_: str) -> Iterable[Found]:
        yield Found(0, 1, "secret.one", Level.LOW, 0.5)
        yield Found(1, 2, level=Level.MEDIUM)

    register_engine("graded", find)
    first, second = scan("ab").findings
    assert (first.category, first.level, first.score) == ("secret.one", Level.LOW, 0.5)
    assert (second.category, second.level, second.score) == ("custom.graded", Level.MEDIUM, 0.75)


def test_conversations_are_read_value_by_value() -> None:
    register_engine("project", bluebird, action=Action.MASK)
    call = {
        "id": "c",
        "type": "function",
        "function": {"name": "f", "arguments": '{"about": "Blue\\u0062ird"}'},
    }
    messages = [{"role": "assistant", "content": None, "tool_calls": [call]}]
    result = scan_conversation(messages)
    assert [item.kind for item in result.findings] == [Kind.ARGUMENTS]
    assert "bird" not in str(result.messages)


def test_the_name_of_an_argument_is_seen_and_never_found() -> None:
    seen: list[str] = []

    def find(text: str) -> list[tuple[int, int]]:
        seen.append(text)
        return [(0, len(text))]

    register_engine("own", find)
    argument = Text("quay", Role.ASSISTANT, Kind.ARGUMENTS, name="place")
    outcome, _ = current().begin("monitor").answer([argument])
    assert seen[0] == "place: quay"
    assert [item.span for item in outcome.findings] == [(0, 4)]


def test_a_function_sees_what_a_view_reads() -> None:
    register_engine("project", bluebird, action=Action.MASK)
    assert "bird" not in scan("about Blue\u200bbird.").text


def test_one_direction_can_be_left_out() -> None:
    register_engine("project", bluebird, action=Action.BLOCK, directions=[Direction.ANSWER])
    assert not scan("Bluebird").blocked
    assert scan_output("Bluebird").blocked


def test_streams_wait_for_their_end() -> None:
    register_engine("project", bluebird, action=Action.BLOCK)

    @guard
    def ask(answer: list[str]) -> Iterable[str]:
        yield from answer

    assert [*ask(["one ", "two"])] == ["one two"]
    stream = scan("hi").answer_stream()
    assert [stream.feed(piece) for piece in ("Blue", "bird", " flew")] == ["", "", ""]
    assert stream.close() == ""
    assert stream.blocked


def test_streams_flow_where_the_policy_changes_nothing() -> None:
    register_engine("project", bluebird)
    stream = scan("hi", policy="monitor").answer_stream()
    assert stream.feed("Blue") == "Blue"
    assert stream.feed("bird") == "bird"
    assert stream.close() == ""
    assert stream.outcome().action is Action.FLAG
    assert stream.close() == ""


@pytest.mark.parametrize(
    ("policy", "fail", "action"),
    [
        ("balanced", "open", Action.FLAG),
        ("strict", "open", Action.BLOCK),
        ("balanced", "closed", Action.BLOCK),
        ("monitor", "closed", Action.BLOCK),
    ],
)
@pytest.mark.parametrize(
    "find",
    [
        broken,
        lambda text: [(0, len(text) + 1)],
        lambda _: [(2, 1)],
        lambda _: [(-1, 1)],
        lambda _: [(0, 1, "Bad Category")],
        lambda _: [(0, 1, "a.b", Level.LOW, 2.0)],
        lambda _: ["ab"],
        lambda _: None,
        lambda _: [(0, 1)] * (MOST_FOUND + 1),
    ],
)
def test_a_function_that_fails_is_never_silent(find: Find, policy: str, fail: str, action: Action) -> None:
    register_engine("own", find, fail=fail)  # type: ignore[arg-type]  # one of the two words
    result = scan("secret words", policy=policy)
    assert result.action is action
    (unjudged,) = result.unjudged
    assert unjudged.reason.startswith("scanner own failed: ")
    assert "secret words" not in result.explain()


def test_a_failure_is_told_where_it_happened_alone() -> None:
    def find(text: str) -> list[tuple[int, int]]:
        return broken(text) if "one" in text else []

    register_engine("own", find)
    prompt = scan("one")
    assert len(prompt.unjudged) == 1
    assert scan_output("two", prompt=prompt).unjudged == ()
    assert len(scan_output("one", prompt=prompt).unjudged) == 1
    forget_engine("own")
    assert scan("one").unjudged == ()


def test_a_wide_finding_is_whole() -> None:
    register_engine("all", lambda text: [(0, len(text))], action=Action.MASK)
    size = 2 * WIDEST + 7
    result = scan("x" * size)
    assert [item.span for item in result.findings] == [
        (0, WIDEST),
        (WIDEST, 2 * WIDEST),
        (2 * WIDEST, size),
    ]
    assert "x" * 100 not in result.text


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), max_size=6))
def test_any_spans_are_masked_exactly(spans: list[tuple[int, int]]) -> None:
    text = "".join(chr(ord("a") + index % 26) for index in range(60))
    wanted = [(start, start + length) for start, length in spans]
    register_engine("own", lambda _: wanted, category="secret.own", directions=[Direction.ANSWER])
    kept = [letter for index, letter in enumerate(text) if not any(a <= index < b for a, b in wanted)]
    assert scan_output(text).text.replace("[Custom]", "") == "".join(kept)


def test_a_function_may_scan_itself_and_others_scan_meanwhile() -> None:
    inside, go_on = threading.Event(), threading.Event()

    def find(text: str) -> list[tuple[int, int]]:
        if text != "slow":
            return []
        inside.set()
        assert go_on.wait(30)
        assert scan(f"inner {MAIL}").changed
        return [(0, 4)]

    register_engine("own", find, action=Action.BLOCK)
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(scan("slow").blocked))
    thread.start()
    assert inside.wait(30)
    assert scan(f"outer {MAIL}").changed, "another thread's function holds nobody up"
    go_on.set()
    thread.join(30)
    assert results == [True]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Own", {}),
        ("", {}),
        ("own", {"category": "Own"}),
        ("own", {"label": "own label"}),
        ("own", {"fail": "maybe"}),
    ],
)
def test_an_engine_of_no_usable_form_is_refused(name: str, options: dict[str, str]) -> None:
    register: Callable[..., object] = register_engine
    with pytest.raises(BadRule, match="scanner"):
        register(name, bluebird, **options)


def test_an_engine_of_the_same_name_is_replaced_and_can_be_forgotten() -> None:
    register_engine("own", bluebird, action=Action.BLOCK)
    register_engine("own", lambda _: [], action=Action.BLOCK)
    assert not scan("Bluebird").findings
    forget_engine("own")
    with pytest.raises(BadRule, match="own"):
        forget_engine("own")
