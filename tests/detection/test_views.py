"""The Unicode view and its map back, held against the table one character at a time."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.detection.origins import Origins
from sluicegate.detection.views import unicode as views
from sluicegate.detection.views.leet import LEET
from sluicegate.detection.views.unicode import differs, reading, unicode_view

_TEXTS = st.text(
    st.one_of(
        st.sampled_from("ab \n\u2019\u2026\u00bd\ufb01\u200b\ufe0f\u0430\u00e4\uff0c\u4e2d\U000e0061\ud800"),
        st.characters(exclude_categories=()),
    ),
    max_size=40,
)


def slowly(text: str, offset: int = 0) -> tuple[str, list[int]]:
    readings = [views._TABLE[ord(character)] for character in text]
    origins = [offset + index for index, one in enumerate(readings) for _ in one]
    return "".join(readings), origins


@given(text=_TEXTS, offset=st.integers(0, 50))
def test_a_view_is_what_its_characters_read_as(text: str, offset: int) -> None:
    expected, origins = slowly(text, offset)
    view, found = unicode_view(text, offset)
    assert view == reading(text) == expected
    assert [found[index] for index in range(len(view))] == origins
    assert differs(text) == (expected != text)


@pytest.mark.parametrize(
    ("low", "high"), [(0x80, 0x3000), (0xA0, 0x600), (0x1D400, 0x1D800), (0x20, 0xE0200)]
)
def test_a_long_text_of_many_different_characters_reads_as_each_of_them(low: int, high: int) -> None:
    random = Random(low)
    text = "".join(chr(random.randrange(low, high)) for _ in range(20_000))
    for each in (text, text + "a" * 30_000):
        expected, origins = slowly(each)
        view, found = unicode_view(each)
        assert view == reading(each) == expected
        assert [found[index] for index in range(0, len(view), 7)] == origins[::7]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p@ss!ng", "passing"),
        ("!@a @!a !@ @!", "!aa @ia !@ @!"),
        ("@! \0 !@a", "@! \0 !aa"),
        ("@1 !0", "ai io"),
    ],
)
def test_signs_that_a_letter_follows_read_as_letters(text: str, expected: str) -> None:
    found = LEET.read(text)
    assert (text if found is None else found.text) == expected


@given(first=_TEXTS, second=_TEXTS, drop=st.integers(0, 40), origin=st.integers(0, 90))
def test_maps_are_joined_cut_and_searched(first: str, second: str, drop: int, origin: int) -> None:
    (left, left_map), (right, right_map) = unicode_view(first), unicode_view(second, len(first))
    both, length = left_map.then(len(left), right_map), len(left) + len(right)
    origins = slowly(first)[1] + slowly(second, len(first))[1]
    assert [both[index] for index in range(length)] == origins
    assert both.first(origin, length) == sum(1 for one in origins if one < origin)
    if drop < length:
        rest = both.since(drop)
        assert [rest[index] for index in range(length - drop)] == origins[drop:]


def test_a_map_without_anything_uneven_counts() -> None:
    assert [Origins.of(7)[index] for index in range(3)] == [7, 8, 9]


@pytest.mark.parametrize(
    ("low", "high"), [("\u4e00", "\u9fff"), ("\u3041", "\u3096"), ("\u30a1", "\u30fa"), ("\uac00", "\ud7a3")]
)
def test_scripts_of_east_asia_read_as_themselves(low: str, high: str) -> None:
    text = "".join(map(chr, range(ord(low), ord(high) + 1)))
    assert "".join(map(views._reading, text)) == text
    assert not differs(text)
