"""A frame that fits the layout of one before it is read as when it is read place by place."""

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sluicegate.detection.channels import Channels
from sluicegate.detection.dialects import Slot
from sluicegate.detection.frame_form import FrameForm
from sluicegate.detection.growing import Growing
from sluicegate.detection.json_text import spans
from sluicegate.detection.judge import Ledger, Scope
from sluicegate.detection.loose_form import LooseForm, loose_form_of
from sluicegate.detection.pointer import step
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.types import Direction, Kind, Role, Segment
from sluicegate.detection.vault import Vault
from tests.strategies import JSON, Json

SHAPES = [
    '{{"n":{n},"t":"{t}","b":2}}\n',
    '{{"at":"{a}","v":"x-2.5","t":"{t}"}}\n',
    '{{"t":"{t}","index":0,"m":{m},"n":{n},"k":{k},"v":"x-2.5"}}\n',
    '{{"m":{m},"n":{n},"t":"{t}","at":"{a}","k":{k}}}\n',
    '{{"n":{n},"t":"{t}","c":[],"o":"{o}"}}\n',
    '{{"t":"{t}","n":{n},"o":"{o}"}}\n',
    '{{"o":"{o}","t":"{t}"}}\n',
    'data: {{"t":"{t}"}}\n\n',
]
LOOSE = ("/n", "/m", "/k", "/at", "/o", "/none")
NUMBERS = st.sampled_from(
    ["4", "4", "7", "0", "12", "45", "99", "100", "07", "00", "1234567", "-1", "1.5", ""]
)
TEXTS = st.sampled_from(
    ["a", "word ", "", '\\"', "\\u00e9", "\u4f60", '","n":1', "x\\", "12", '","o":"x', "\n"]
)
TIMES = st.sampled_from(
    [
        "2026-01-01T00:00:00.123456Z",
        "2026-01-01T00:00:09.654321Z",
        "2026-01-01T00:00:09.65432Z",
        "2026-01-01T00:00:00Z",
        "2026-01-01 00:00:00.123456Z",
        "2026-01-01T00:00:00.12345xZ",
    ]
)
LETTERS = st.sampled_from(["aB1", "x", "abcdefgh", "", "a-b", 'a","q":"b'])
VALUES = st.fixed_dictionaries(
    {"n": NUMBERS, "m": NUMBERS, "k": NUMBERS, "t": TEXTS, "a": TIMES, "o": LETTERS}
)
FIRST = {"n": "4", "m": "4", "k": "7", "t": "old", "a": "2026-01-01T00:00:00.123456Z", "o": "aB1"}


def form_of(raw: bytes) -> FrameForm:
    scope = Scope(BALANCED, Vault(bytes(32)), bytes(32), set())
    slot = Slot(0, "/a", "/t", "old", Kind.TEXT)
    segment = Segment("", "/a", Role.ASSISTANT, Kind.TEXT, Direction.ANSWER)
    growing = Growing(slot, Channels(Ruleset(()), scope, Ledger(), whole=False).open(segment))
    data = raw[raw.index(b"{") : raw.rindex(b"}") + 1]
    return loose_form_of(raw, data, json.loads(data), slot, growing, LOOSE)


@settings(max_examples=200, deadline=None)
@given(
    shape=st.sampled_from(SHAPES),
    values=st.lists(VALUES, min_size=2, max_size=9),
    cut=st.none() | st.integers(1, 60),
    end=st.sampled_from([b"", b"", b"x", b"]\n"]),
)
@example(shape=SHAPES[2], values=[FIRST, FIRST | {"n": "5"}, FIRST | {"m": "05"}], cut=None, end=b"")
@example(shape=SHAPES[4], values=[FIRST, FIRST | {"o": "x"}], cut=None, end=b"x")
@example(
    shape=SHAPES[2], values=[FIRST | {"n": "55"}, FIRST | {"n": "56"}, FIRST | {"n": "06"}], cut=None, end=b""
)
@example(shape=SHAPES[4], values=[FIRST | {"n": "5"}, FIRST | {"n": "6", "o": "x"}], cut=None, end=b"")
def test_a_layout_lets_nothing_else_through(
    shape: str, values: list[dict[str, str]], cut: int | None, end: bytes
) -> None:
    first = shape.format(**FIRST).encode()
    form = form_of(first)
    for value in values:
        event = shape.format(**value).encode()
        odd = event if cut is None else event[:cut] + event[cut + 1 :]
        for seen in (event, odd[: len(odd) - len(end)] + end):
            slow = form_of(first)
            text = slow.read(seen)
            assert form.read(seen) == text
            if text is not None:
                assert form.event("other", seen) == slow.event("other", seen)


def test_frames_of_a_layout_are_not_read_by_place() -> None:
    form = form_of(SHAPES[2].format(**FIRST).encode())
    texts = []
    for number in range(40):
        value = FIRST | {"n": f"{number}", "m": "4", "t": f"word {number % 3}"}
        texts.append(form.read(SHAPES[2].format(**value).encode()))
    assert isinstance(form, LooseForm)
    layout = form._layout
    assert texts == [f"word {number % 3}" for number in range(40)]
    assert [spot.zeros for spot in layout.spots] == [b"00"]
    form.read(SHAPES[2].format(**FIRST | {"n": "77", "t": "longer than all before"}).encode())
    assert form._layout is layout


@settings(max_examples=120, deadline=None)
@given(tree=JSON, indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
@example(
    tree={"a": [[], {}, [1, {"b/c~#": "x"}]], '"\\': ":", "": [None, True]}, indent=None, ascii_only=True
)
def test_every_value_is_found_where_it_stands(tree: Json, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    known = dict(_pointers(tree, ""))
    found = spans(text, known)
    assert found.keys() == known.keys()
    for pointer, (start, end) in found.items():
        value = known[pointer]
        spelled = text[start - 1 : end + 1] if isinstance(value, str) else text[start:end]
        assert json.loads(spelled) == value


def _pointers(tree: Json, pointer: str) -> list[tuple[str, Json]]:
    items: list[tuple[str | int, Json]] = []
    if isinstance(tree, dict):
        items = [*tree.items()]
    elif isinstance(tree, list):
        items = [*enumerate(tree)]
    return [(pointer, tree), *(found for key, item in items for found in _pointers(item, step(pointer, key)))]
