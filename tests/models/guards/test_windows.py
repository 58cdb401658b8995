"""Long texts in windows."""

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.detection.models.guards.windows import windows


@given(st.text(alphabet="abcdef", max_size=400), st.integers(8, 90))
def test_every_stretch_of_a_fifth_stands_undivided_in_a_window(text: str, size: int) -> None:
    found = windows(text, size, 1000)
    assert found.whole
    assert all(len(window) <= size for window in found.texts)
    fifth = size // 5
    assert all(
        any(text[start : start + fifth] in window for window in found.texts) for start in range(len(text))
    )


def test_what_does_not_fit_is_said() -> None:
    assert windows("a" * 100, 40, 3) == (("a" * 40, "a" * 40, "a" * 36), True)
    assert windows("a" * 101, 40, 2) == (("a" * 40, "a" * 40), False)
    assert windows("a" * 40, 40, 1) == (("a" * 40,), True)
    assert windows("", 40, 1) == (("",), True)
