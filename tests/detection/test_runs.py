"""The run at the end of a growing text: where it begins, and what finding that takes."""

from typing import SupportsIndex

import pytest

from sluicegate.detection.views import runs

LINE = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w"


class Sliced(str):
    """Counts the characters that are cut out of it."""

    __slots__ = ("taken",)
    taken: int

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        part = super().__getitem__(key)
        self.taken += len(part)
        return part


@pytest.mark.parametrize(
    ("before", "run"),
    [
        ("some ", "word"),
        ("", "word"),
        ("word\n", LINE),
        ("a short line\n", "word"),
        ("", f"{LINE}\nword"),
        ("", f"{LINE}\r\n{LINE}\n"),
        (f"{LINE} \n", "word"),
        (f"{LINE}\n\n", "word"),
        ("a sentence. ", ""),
    ],
)
def test_a_run_goes_back_over_whole_lines_of_its_characters(before: str, run: str) -> None:
    assert runs.open_run(before + run, 0) == len(before)


def test_a_run_of_many_lines_is_read_once() -> None:
    text = Sliced("word\n" + f"{LINE}\r\n" * 400)
    text.taken = 0
    assert runs.open_run(text, 0) == len("word\n")
    assert text.taken < 4 * len(text)
