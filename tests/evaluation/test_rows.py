"""Reading labelled texts, and whose side they are on."""

import gzip
import io
from pathlib import Path

import pytest

from sluicegate.appliance.errors import SettingError
from sluicegate.appliance.evaluation import sources
from sluicegate.appliance.evaluation.heads import Side, side
from sluicegate.appliance.evaluation.rows import BadRow, Marked, Row, read_row
from sluicegate.appliance.evaluation.sources import data_files, pieces
from sluicegate.appliance.numbered_lines import numbered_lines


def test_a_row_is_read() -> None:
    line = b'{"text": "a b", "label": 1, "category": "pii", "spans": [{"start": 2, "end": 3, "type": "T"}]}'
    assert read_row(line, "f:1") == Row("a b", True, "pii", "", (Marked(2, 3, "T"),))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"label": 1}', "text: expected a string"),
        (b'{"text": "x"}', "label: expected 0 or 1"),
        (b'{"text": "x", "label": "1"}', "label: expected 0 or 1"),
        (b'{"text": "x", "label": 1, "category": 3}', "category: expected a string"),
        (b'{"text": "x", "label": 1, "spans": {}}', "spans: expected a list"),
        (b'{"text": "x", "label": 1, "spans": [{"start": 0, "end": 2, "type": "T"}]}', "inside the text"),
        (b'{"text": "x", "label": 1, "spans": [{"start": 1, "end": 1, "type": "T"}]}', "inside the text"),
        (b'{"text": "x", "label": 1, "spans": [{"start": 0, "end": 1}]}', "start, end and type"),
    ],
)
def test_a_bad_line_is_told_by_place_and_fault_and_without_its_text(line: bytes, words: str) -> None:
    with pytest.raises(BadRow, match=rf"^rows\.jsonl:7: .*{words}"):
        read_row(line, "rows.jsonl:7")


@pytest.mark.parametrize(
    ("category", "label", "families", "expected"),
    [
        ("jailbreak", True, {"prompt_attack"}, Side.POSITIVE),
        ("jailbreak", True, {"secret"}, Side.OTHER),
        ("jailbreak", True, set(), Side.POSITIVE),
        ("toxicity", True, {"prompt_attack"}, Side.OTHER),
        ("toxicity", True, set(), Side.OTHER),
        ("toxicity", False, {"prompt_attack"}, Side.NEGATIVE),
        ("benign", False, set(), Side.NEGATIVE),
        ("our own kind", True, {"prompt_attack"}, Side.POSITIVE),
        ("our own kind", True, set(), Side.POSITIVE),
        ("pii", True, {"pii", "secret"}, Side.POSITIVE),
    ],
)
def test_a_positive_of_another_task_is_on_neither_side(
    category: str, label: bool, families: set[str], expected: Side
) -> None:
    assert side(Row("x", label, category, "", ()), families) is expected


def test_a_file_is_read_in_pieces_that_know_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_LINES", 2)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b"one\n\ntwo\nthree", mtime=0))
    (tmp_path / "a.jsonl").write_bytes(b"x\n")
    (tmp_path / "notes.txt").write_text("no data")
    first, second = data_files([tmp_path])
    assert (first.name, second.name) == ("a", "b")
    assert [piece.lines for piece in pieces(second)] == [((1, b"one\n"), (3, b"two\n")), ((4, b"three"),)]


def test_two_data_sets_cannot_have_one_name(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    for path in (tmp_path / "a.jsonl", tmp_path / "one" / "a.jsonl.gz"):
        path.write_bytes(b"")
    with pytest.raises(SettingError, match="another file is named a, too"):
        data_files([tmp_path / "a.jsonl", tmp_path / "one"])
    assert len(data_files([tmp_path / "a.jsonl", tmp_path])) == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jsonl.gz", gzip.compress(b"x" * 1000, mtime=0)[:-10], "the compressed data is damaged"),
        ("a.jsonl.gz", b"not compressed", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    (file,) = data_files([tmp_path / name])
    with pytest.raises(SettingError, match=words):
        list(pieces(file))


def test_a_line_that_is_too_long_is_refused() -> None:
    with pytest.raises(SettingError, match=r"^rows:2: the line is longer than 20 bytes$"):
        list(numbered_lines(io.BytesIO(b"x" * 19 + b"\n" + b"x" * 20 + b"\n"), "rows", longest=20))


@pytest.mark.parametrize("name", ["nothing.jsonl", "empty"])
def test_what_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingError, match=r"cannot be read: No such file|holds no \.jsonl"):
        data_files([tmp_path / name])
