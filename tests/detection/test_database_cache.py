"""Compiled rules on disk: loaded when they are ours, compiled anew when anything is off."""

from collections.abc import Sequence
from pathlib import Path

import hyperscan
import pytest

from sluicegate.detection import database_cache
from sluicegate.detection.database_cache import (
    DatabaseCache,
    Expression,
    SharedDatabases,
    compile_database,
)
from sluicegate.detection.encoded import Encoded
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.ruleset import Ruleset
from tests.detection.support import RULES

EXPRESSIONS = [Expression(b"AKIA", 0), Expression(b"ghp_", 0)]


def hits(database: hyperscan.Database, data: bytes) -> list[int]:
    found: list[int] = []
    database.scan(data, match_event_handler=lambda index, *_: found.append(index))
    return found


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts compilations."""
    count: list[int] = []
    original = database_cache.compile_database

    def counted(expressions: list[Expression]) -> hyperscan.Database:
        count.append(len(expressions))
        return original(expressions)

    monkeypatch.setattr(database_cache, "compile_database", counted)
    return count


def test_the_second_time_nothing_is_compiled(tmp_path: Path, compiled: list[int]) -> None:
    for _ in range(2):
        database = DatabaseCache(tmp_path / "c", b"k").database(EXPRESSIONS)
        assert hits(database, b"x ghp_ AKIA") == [1, 0]
    assert compiled == [2]
    assert (tmp_path / "c").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "c").iterdir())


@pytest.mark.parametrize("place", [0, 40, -1])
def test_a_file_that_was_changed_is_not_loaded(tmp_path: Path, compiled: list[int], place: int) -> None:
    DatabaseCache(tmp_path, b"k").database(EXPRESSIONS)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert hits(DatabaseCache(tmp_path, b"k").database(EXPRESSIONS), b"AKIA") == [0]
    assert len(compiled) == 2


def test_a_file_of_another_key_or_other_rules_is_not_loaded(tmp_path: Path, compiled: list[int]) -> None:
    DatabaseCache(tmp_path, b"k").database(EXPRESSIONS)
    DatabaseCache(tmp_path, b"other").database(EXPRESSIONS)
    (path,) = tmp_path.iterdir()
    changed = [Expression(b"AKIB", 0), EXPRESSIONS[1]]
    path.rename(tmp_path / f"{database_cache._name(changed)}.hs")
    assert hits(DatabaseCache(tmp_path, b"other").database(changed), b"AKIB") == [0]
    assert len(compiled) == 3


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert hits(DatabaseCache(tmp_path / "file", b"k").database(EXPRESSIONS), b"AKIA") == [0]


class Counting:
    """Databases that are compiled, and counted."""

    def __init__(self) -> None:
        self.asked: list[Sequence[Expression]] = []
        self.prepared: list[Sequence[Expression]] = []

    def database(self, expressions: Sequence[Expression]) -> hyperscan.Database:
        self.asked.append(expressions)
        return compile_database(expressions)

    def prepare(self, expressions: Sequence[Expression]) -> None:
        self.prepared.append(expressions)


def test_rule_sets_that_ask_for_the_same_get_one_database() -> None:
    counting = Counting()
    shared = SharedDatabases(counting)
    one, two = [Expression(b"one", 0)], [Expression(b"one", 0), Expression(b"two", 0)]
    first = shared.database(one)
    assert shared.database(two) is not first
    assert shared.database([Expression(b"one", 0)]) is first
    assert shared.database([Expression(b"one", int(hyperscan.HS_FLAG_CASELESS))]) is not first
    assert len(counting.asked) == 3


def test_what_is_prepared_is_written_and_not_kept(tmp_path: Path) -> None:
    def refuse(_: Sequence[Expression]) -> hyperscan.Database:
        raise AssertionError("compiled again")

    SharedDatabases(DatabaseCache(tmp_path, b"k")).prepare(EXPRESSIONS)
    assert hits(DatabaseCache(tmp_path, b"k", refuse).database(EXPRESSIONS), b"AKIA") == [0]
    counting = Counting()
    shared = SharedDatabases(counting)
    shared.prepare(EXPRESSIONS)
    assert counting.prepared == [EXPRESSIONS]
    assert not counting.asked
    shared.database(EXPRESSIONS)
    shared.prepare(EXPRESSIONS)
    assert len(counting.prepared) == 1


def test_what_loud_texts_need_is_loaded_with_the_first_of_them() -> None:
    counting = Counting()
    ruleset = Ruleset([Pattern(rule) for rule in RULES if rule.id == "aws_access_key"], counting)
    (prepared,) = counting.prepared
    assert prepared not in counting.asked
    ruleset.hits(Encoded("\n" + "AKIA5XGQ7R2MZN4CTYLB " * 5_000))
    assert prepared in counting.asked
