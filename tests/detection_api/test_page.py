"""What a page shows and what it hides; and that reading one takes linear time."""

import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.gateway.detection_api.html_tokens import Tag, Words, tokens
from sluicegate.gateway.detection_api.page import MOST_PIECES, is_hiding, read_page

HIDDEN = [
    '<p style="display: none">secret</p>',
    '<p style="DISPLAY:NONE !important">secret</p>',
    "<p style=visibility:hidden>secret</p>",
    '<div style="font-size:0"><b>secret</b></div>',
    '<span style="opacity:0.0;">secret</span>',
    '<span style="position:absolute;left:-9999px">secret</span>',
    '<span style="color:#fff;background-color:#fff">secret</span>',
    '<span style="color: transparent">secret</span>',
    "<p hidden>secret</p>",
    '<p aria-hidden="true">secret</p>',
    "<template>secret</template>",
    "<noscript>secret</noscript>",
    "<!-- secret -->",
    "<!-- secret",
    "<!doctype secret>",
    '<img alt="secret">',
    '<input type="hidden" value="secret">',
    '<meta name="description" content="secret">',
    '<style>.x, #y { display:none }</style><p class="a x">secret</p>',
    '<style>#y{font-size:1px}</style><p id="y">secret</p>',
    '<p title="sec&#114;et">a</p>',
    "<head><title>secret</title></head>",
]


@pytest.mark.parametrize("source", HIDDEN)
def test_what_no_reader_sees_is_found(source: str) -> None:
    page = read_page(f"<p>before</p>{source}")
    assert any("secret" in text for text in page.hidden), page
    assert "secret" not in page.seen
    assert "before" in page.seen


SEEN = [
    "<p>secret</p>",
    '<p style="display:block">secret</p>',
    '<p style="opacity:0.8">secret</p>',
    '<p style="color:#000;background-color:#fff">secret</p>',
    '<p hidden>x</p><p aria-hidden="false">secret</p>',
    '<style>.x{display:none}</style><p class="y">secret</p>',
    "<b><i>secret</b></i>",
    "<br>secret",
    "<p hidden><br></p>secret",
    "a < b secret",
    "sec&#114;et <b>",
    "<p>secret",
]


@pytest.mark.parametrize("source", SEEN)
def test_what_a_reader_sees_is_not_called_hidden(source: str) -> None:
    page = read_page(source)
    assert "secret" in page.seen
    assert not any("secret" in text for text in page.hidden)


@pytest.mark.parametrize(
    ("style", "hides"), [("opacity:0", True), ("opacity:.5", False), ("left:-20px", False)]
)
def test_declarations(style: str, hides: bool) -> None:
    assert is_hiding(style) is hides


def test_scripts_are_no_text_and_end_where_they_end() -> None:
    page = read_page("<SCRIPT>if (a < b) x = '<p>'</ScRiPt><p>seen</p>")
    assert (page.seen, page.hidden) == ("seen", ())


def test_links_keep_where_they_lead_and_what_they_say() -> None:
    page = read_page("<a href='https://a.example/x?a=1&amp;b=2'>b.<b>example</b></a> <a href=c>d")
    assert [tuple(link) for link in page.links] == [
        ("https://a.example/x?a=1&b=2", "b. example"),
        ("c", "d"),
    ]


def test_a_text_without_markup_stays_what_it_is() -> None:
    assert read_page("1 < 2 &amp; 3").seen == "1 < 2 &amp; 3"


def test_many_hidden_texts_lose_nothing() -> None:
    page = read_page("".join(f"<!--{number}-->" for number in range(2 * MOST_PIECES)))
    assert len(page.hidden) == MOST_PIECES + 1
    assert page.hidden[-1].splitlines()[-1] == str(2 * MOST_PIECES - 1)


def test_a_number_that_is_no_character_is_replaced() -> None:
    assert read_page("<p>&#" + "9" * 10_000 + ";x</p>").seen.endswith("x")


@settings(max_examples=200)
@given(st.text(alphabet="<>/!-='\" aA&#;\n", max_size=60))
def test_anything_can_be_read(source: str) -> None:
    for token in tokens(source):
        assert isinstance(token, Tag | Words)
    read_page(source)


GROWING = [
    "<!--",
    "<a ",
    "<a '",
    '<a b="',
    "<",
    "</",
    "<p>",
    "<script>",
    "&#",
    "<p hidden>x",
    "<a href=x>y",
    "<style>}",
]


def _steps(source: str) -> int:
    """Lines of our code that run."""
    count = 0

    def trace(*_: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    sys.settrace(trace)
    try:
        read_page(source)
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("piece", GROWING)
def test_the_work_grows_with_the_length_alone(piece: str) -> None:
    assert _steps(piece * 2_000) <= 2.2 * _steps(piece * 1_000) + 200


@pytest.mark.parametrize("piece", GROWING)
def test_a_long_page_is_read(piece: str) -> None:
    read_page(piece * (400_000 // len(piece)))
