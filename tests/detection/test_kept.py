"""What is kept while rules are made ready."""

from sluicegate.detection.kept import forget, kept
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.rules import load_packs


def test_what_was_kept_is_computed_again_once_it_was_forgotten() -> None:
    asked: list[int] = []

    @kept(2)
    def double(value: int) -> int:
        asked.append(value)
        return 2 * value

    assert [double(value) for value in (1, 1, 2, 3, 1)] == [2, 2, 4, 6, 2]
    assert asked == [1, 2, 3, 1]  # the last two are kept
    forget()
    assert double(1) == 2
    assert asked[-1] == 1
    assert len(asked) == 5


def test_rules_are_the_same_when_all_was_forgotten() -> None:
    for rule in load_packs()[::40]:
        before = Pattern(rule)
        node = before.node
        forget()
        assert before.node == node
        assert before.surrounded() == Pattern(rule).surrounded()
